import { Readable } from 'node:stream';
import { request } from 'undici';
import { oneLine } from './oneLine.ts';

/** The server takes no files, or not this one. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
}

/** The server is there, and could not keep a file. */
export class FileFailed extends Error {
  override readonly name = 'FileFailed';
}

/** What became of sending a file where nothing was answered. */
export class FileStuck extends Error {
  override readonly name = 'FileStuck';
}

export interface SentFile {
  readonly content: AsyncIterable<Uint8Array>;
  readonly bytes: number;
}

/** Of a server that takes nothing more of a file that is sent. */
const STALLED_MS = 60_000;
/** It may have to send the whole file on to a store of its own before it answers. */
const KEPT_MS = 600_000;

/**
 * Sends a file to an artifact proxy, however long it takes as long as it goes on.
 * @throws FileRefused, FileFailed or FileStuck; what reading the content throws
 */
export async function sendFile(
  address: string,
  { content, bytes }: SentFile,
  { authorization, signal }: { authorization: string | undefined; signal: AbortSignal },
): Promise<void> {
  const late = new AbortController();
  let timer = setTimeout(() => late.abort(), STALLED_MS);
  let unread: Error | undefined;
  const within = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => late.abort(), ms);
  };
  async function* watched() {
    try {
      for await (const chunk of content) {
        within(STALLED_MS);
        yield chunk;
      }
      within(KEPT_MS);
    } catch (error) {
      unread = error as Error;
      throw error;
    }
  }
  try {
    const answer = await request(address, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(bytes), ...(authorization && { authorization }) },
      body: Readable.from(watched(), { objectMode: false }),
      headersTimeout: 0, // `late` bounds it
      signal: AbortSignal.any([signal, late.signal]),
    });
    await answer.body.dump();
    judge(answer.statusCode);
  } catch (error) {
    signal.throwIfAborted();
    if (unread) throw unread;
    if (error instanceof FileRefused || error instanceof FileFailed) throw error;
    throw new FileStuck(late.signal.aborted ? 'it has stalled' : oneLine(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function judge(status: number): void {
  if (status === 200) return;
  const said = `it was answered with status ${status}`;
  throw status < 500 || status === 501 ? new FileRefused(said) : new FileFailed(said);
}
