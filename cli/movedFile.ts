import { createHash } from 'node:crypto';
import { Unusable } from './failure.ts';

export interface MovedFile {
  /** Below where they come to lie */
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal */
  readonly sha256: string;
}

/** Counts what goes through it, and takes its SHA-256. */
export function createMeasure() {
  const hash = createHash('sha256');
  let bytes = 0;
  const through = async function* (content: AsyncIterable<Uint8Array>) {
    for await (const chunk of content) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      yield chunk;
    }
  };
  return { through, result: () => ({ bytes, sha256: hash.digest('hex') }) };
}

/** Errors of the file system as a wrong use of the command, in words that name the file. @throws Unusable for those */
export const inFiles = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch((error: NodeJS.ErrnoException) => {
    throw error.syscall !== undefined && error.path !== undefined ? new Unusable(error.message) : error;
  });
