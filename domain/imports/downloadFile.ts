import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PermanentFailure } from '../../contracts/failures.ts';

export interface TransferOptions {
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number, total: number | null) => void;
}

/**
 * Streams what lies at an address into a file. @returns the file
 * @throws PermanentFailure `SourceUnavailable` where the address is refused for good (4xx but 408 and 429); anything else, such as a connection
 *   that breaks off, is worth another try
 */
export async function downloadFile(address: string, file: string, { signal, onBytes }: TransferOptions): Promise<string> {
  const response = await fetch(address, { signal });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    const message = `${address} answered ${response.status}`;
    if (response.status >= 400 && response.status < 500 && ![408, 429].includes(response.status)) {
      throw new PermanentFailure('SourceUnavailable', message);
    }
    throw new Error(message);
  }
  await mkdir(path.dirname(file), { recursive: true });
  const total = Number(response.headers.get('content-length')) || null;
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      onBytes(bytes, total);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), count, createWriteStream(file), { signal });
  return file;
}
