import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errors, request, type Agent, type Dispatcher } from 'undici';
import { permanent } from '../../../contracts/failures.ts';
import { makeFolder } from '../../../platform/makeFolder.ts';
import { AddressRefused, createPublicAgent } from '../../../platform/publicAgent.ts';

export interface TransferOptions {
  /** What is downloaded may be so large, and what is unpacked of it too. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number, total: number | null) => void;
}

export interface DownloadOptions extends TransferOptions {
  /** Names, addresses and ranges that are no public addresses and may be asked all the same. */
  readonly allowedHosts: readonly string[];
  /** A server that sends nothing for so long is given up. */
  readonly silenceMs?: number;
}

const MAX_REDIRECTS = 5;
const SILENCE_MS = 30_000;
const REDIRECTS = [301, 302, 303, 307, 308];
const HTTP_PORTS = ['', '80', '443'];

/**
 * Streams what lies at an address of the internet into a file. @returns the file
 * @throws Failure `SourceUnavailable` where the address is refused for good (4xx but 408 and 429), may not be asked, or has more than
 *   `maxBytes`; anything else, such as a connection that breaks off, is worth another try
 */
export async function downloadFile(address: string, file: string, options: DownloadOptions): Promise<string> {
  const { allowedHosts, silenceMs = SILENCE_MS } = options;
  const agent = createPublicAgent(allowedHosts, silenceMs);
  try {
    const { url, answer } = await follow(new URL(address), agent, options.signal);
    await makeFolder(path.dirname(file));
    await save(url, answer, file, options);
    return file;
  } catch (error) {
    await rm(file, { force: true });
    throw inWords(error, silenceMs);
  } finally {
    await agent.destroy();
  }
}

/** Each address on the way is held to the same rules. */
async function follow(first: URL, agent: Agent, signal: AbortSignal): Promise<{ url: URL; answer: Dispatcher.ResponseData }> {
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    refuseUnfit(url);
    const answer = await request(url, { dispatcher: agent, signal });
    const { location } = answer.headers;
    if (!REDIRECTS.includes(answer.statusCode) || typeof location !== 'string') return { url, answer };
    await answer.body.dump({ limit: 16_384 });
    if (!URL.canParse(location, url.href)) throw notFetched(`${shown(url)} leads to "${location}", which is no address`);
    url = new URL(location, url);
  }
  throw notFetched(`${shown(first)} leads on and on: more than ${MAX_REDIRECTS} redirects`);
}

function refuseUnfit(url: URL): void {
  const refuse = (reason: string) => notFetched(`${shown(url)} is not fetched: ${reason}`);
  if (!['http:', 'https:'].includes(url.protocol)) throw refuse('only http and https are');
  if (url.username || url.password) throw refuse('an address may carry no credentials');
  if (!HTTP_PORTS.includes(url.port) && Number(url.port) < 1024) throw refuse(`port ${url.port} is another service's than the web's`);
}

async function save(url: URL, { statusCode, headers, body }: Dispatcher.ResponseData, file: string, options: DownloadOptions) {
  const { maxBytes, signal, onBytes } = options;
  if (statusCode !== 200) {
    const message = `${shown(url)} answered ${statusCode}`;
    throw statusCode >= 400 && statusCode < 500 && ![408, 429].includes(statusCode) ? notFetched(message) : new Error(message);
  }
  const total = Number(headers['content-length']) || null;
  if (total !== null && total > maxBytes) throw tooLarge(url, maxBytes);
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) return done(tooLarge(url, maxBytes));
      onBytes(bytes, total);
      done(null, chunk);
    },
  });
  await pipeline(body, count, createWriteStream(file), { signal });
}

function inWords(error: unknown, silenceMs: number): unknown {
  if (error instanceof AddressRefused)
    return notFetched(`${error.message}, and those alone are asked for sets; IMPORT_ALLOWED_HOSTS lists the others that may be`);
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
    return new Error(`the server sent nothing for ${silenceMs / 1000} s`, { cause: error });
  return error;
}

/** Without what may be secret in it. */
const shown = ({ origin, protocol, host, pathname }: URL) => `${origin === 'null' ? `${protocol}//${host}` : origin}${pathname}`;
const notFetched = (message: string) => permanent('SourceUnavailable', message);
const tooLarge = (url: URL, maxBytes: number) =>
  notFetched(`${shown(url)} has more than ${Math.round(maxBytes / 2 ** 20)} MB, which is the most that is taken in (IMPORT_MAX_MB)`);
