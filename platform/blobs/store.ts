import type { Readable } from 'node:stream';

/** Where snapshots, models and run artifacts lie. A blob is named by a key such as `trained/neural_cf/ab12/weights.bin`; its URI is `blob:<key>`. */
export interface BlobStore {
  /** Writes a blob whole or not at all. @returns its URI */
  put(key: string, content: Uint8Array): Promise<string>;
  /** Writes a blob of any size as it comes, whole or not at all: where the content throws, what was there before stays. */
  putStream(key: string, content: AsyncIterable<Uint8Array>): Promise<BlobState>;
  /** @throws BlobMissing when there is none */
  get(uri: string): Promise<Buffer>;
  /** A blob to be read in parts; close it. @throws BlobMissing when there is none */
  open(uri: string): Promise<OpenBlob>;
  exists(uri: string): Promise<boolean>;
  /** Keys' last parts of the blobs directly under a folder, sorted. An absent folder is empty. */
  list(folderUri: string): Promise<string[]>;
  /** What lies directly under a folder, sorted by name. An absent folder is empty. */
  entries(folderUri: string): Promise<BlobEntry[]>;
  /** Every blob below a folder, in no order. */
  walk(folderUri: string): AsyncIterable<WalkedBlob>;
  /** Removes a blob or a folder with all below it; what is absent is no error. */
  remove(uri: string): Promise<void>;
  /** Removes what killed writers left. @returns how many files that were */
  removeLeftovers(): Promise<number>;
  /** URI of a key, whether it exists or not. */
  uriOf(key: string): string;
}

export interface BlobState {
  readonly bytes: number;
  readonly modifiedAt: Date;
  /** Another for each content that was written */
  readonly version: string;
}

export interface OpenBlob extends BlobState {
  /** The content, or its bytes from `start` to `end`, both included; of the state that was told, whoever writes meanwhile. */
  read(range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  close(): Promise<void>;
}

export type BlobEntry =
  { readonly name: string; readonly isFolder: true } | { readonly name: string; readonly isFolder: false; readonly bytes: number };

export interface WalkedBlob {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export const uriOf = (key: string): string => `blob:${key}`;
export const keyOf = (uri: string): string => uri.replace(/^blob:/, '');

export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';
  constructor(uri: string) {
    super(`there is no blob at ${uri}`);
  }
}

/** Something is in a blob's way: it would lie below another, or where a folder is. */
export class BlobInTheWay extends Error {
  override readonly name = 'BlobInTheWay';
}
