import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isAside, removeLeftovers, replaceFile } from './replaceFile.ts';

/** Where snapshots, models and run artifacts lie. A blob is named by a key such as `trained/neural_cf/ab12/weights.bin`. */
export interface BlobStore {
  /** Writes a blob whole or not at all. @returns its URI */
  put(key: string, content: Uint8Array): Promise<string>;
  /** @throws BlobMissing when there is none */
  get(uri: string): Promise<Buffer>;
  exists(uri: string): Promise<boolean>;
  /** Keys' last parts of the blobs directly under a folder, sorted. An absent folder is empty. */
  list(folderUri: string): Promise<string[]>;
  /** Removes a blob or a folder with all below it; what is absent is no error. */
  remove(uri: string): Promise<void>;
  /** Removes what killed writers left. @returns how many files that were */
  removeLeftovers(): Promise<number>;
  /** URI of a key, whether it exists or not. */
  uriOf(key: string): string;
}

export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';
  constructor(uri: string) {
    super(`there is no blob at ${uri}`);
  }
}

/**
 * A blob store on the local disk. URIs are `blob:<key>`, relative to the store, so that they stay good when the folder moves.
 * @param url `file:<absolute folder>`
 */
export function createBlobStore(url: string): BlobStore {
  if (!url.startsWith('file:')) throw new Error(`BLOB_URL ${url}: only file:<folder> is supported`);
  const root = url.slice('file:'.length);
  const fileOf = (uri: string) => {
    const file = path.resolve(root, uri.replace(/^blob:/, ''));
    if (file !== root && !file.startsWith(root + path.sep)) throw new Error(`blob ${uri} lies outside the store`);
    return file;
  };
  const uriOf = (key: string) => `blob:${key}`;

  return {
    uriOf,
    async put(key, content) {
      await replaceFile(fileOf(key), (aside) => writeFile(aside, content));
      return uriOf(key);
    },
    get: (uri) => readFile(fileOf(uri)).catch((error: NodeJS.ErrnoException) => Promise.reject(missingOr(error, uri))),
    exists: (uri) =>
      stat(fileOf(uri)).then(
        () => true,
        () => false,
      ),
    async list(folderUri) {
      const names = await readdir(fileOf(folderUri)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      });
      return names.filter((name) => !isAside(name)).sort();
    },
    remove: (uri) => rm(fileOf(uri), { recursive: true, force: true }),
    removeLeftovers: () => removeLeftovers(root),
  };
}

const missingOr = (error: NodeJS.ErrnoException, uri: string): Error => (error.code === 'ENOENT' ? new BlobMissing(uri) : error);
