import { createHash, type Hash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, constants } from 'node:zlib';
import { permanent } from '../../contracts/failures.ts';
import type { BackupPart } from '../../contracts/backup.ts';
import { BlobMissing, type BlobStore } from '../../platform/blobs/store.ts';
import { createCipher, encryptedBytes, type Cipher } from './cipher.ts';

type Content = AsyncIterable<Uint8Array>;

/**
 * Where backups lie: `<backup>/…` has what is its own, with `manifest.json` written last, and `blobs/` the files of the blob store, each content once however
 * many backups have it.
 */
export interface BackupPlace {
  readonly store: BlobStore;
  readonly cipher: Cipher | undefined;
}

export const openPlace = (store: BlobStore, key: string | undefined): BackupPlace => ({
  store,
  cipher: key === undefined ? undefined : createCipher(key),
});

/**
 * Writes a part as it comes: compressed, encrypted where there is a key.
 * @returns what it is, and what it is as it lies there
 */
export async function writePart({ store, cipher }: BackupPlace, name: string, content: Content, signal: AbortSignal): Promise<BackupPart> {
  const [plain, stored] = [measured(), measured()];
  await pipeline(
    content,
    plain.through,
    createGzip({ level: constants.Z_BEST_SPEED }),
    (chunks: Content) => (cipher ? cipher.encrypt(name, chunks) : chunks),
    stored.through,
    (chunks: Content) => store.putStream(name, chunks).then(() => undefined),
    { signal },
  );
  return { name, bytes: stored.bytes(), sha256: stored.digest(), content_bytes: plain.bytes(), content_sha256: plain.digest() };
}

/**
 * Reads a part and looks at every byte of it.
 * @param sink takes the content
 * @throws Failure `SourceCorrupt` that names the part where it is gone, cut off, damaged or changed
 */
export async function readPart(
  { store, cipher }: BackupPlace,
  part: BackupPart,
  sink: (content: AsyncIterable<Buffer>) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { name } = part;
  const stored = measured();
  try {
    await pipeline(
      contentOf(store, name),
      stored.through,
      (chunks: Content) => (cipher ? cipher.decrypt(name, chunks) : chunks),
      createGunzip(),
      checked(part),
      sink,
      { signal },
    );
  } catch (error) {
    throw isOfFile(error) ? damagedPart(name, error) : error;
  }
  if (stored.digest() !== part.sha256) throw damagedPart(name);
}

/** What gunzip and the store say of a file that is not whole. */
const isOfFile = (error: unknown): boolean =>
  error instanceof BlobMissing || ['Z_DATA_ERROR', 'Z_BUF_ERROR'].includes((error as NodeJS.ErrnoException).code ?? '');

const damagedPart = (name: string, error?: unknown) =>
  permanent('SourceCorrupt', `${name} ${error instanceof BlobMissing ? 'is gone' : 'is not what was written: it was damaged or changed'}`, {
    cause: error,
  });

/** Gives content on, and refuses at its end what is not the part's. */
const checked = ({ name, content_sha256 }: BackupPart) =>
  async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { through, digest } = measured();
    yield* through(chunks);
    if (digest() !== content_sha256) throw damagedPart(name);
  };

/** What a file of a store holds, as it is read. @throws BlobMissing where it is gone */
export async function* contentOf(store: BlobStore, name: string): AsyncGenerator<Uint8Array> {
  const blob = await store.open(store.uriOf(name));
  try {
    yield* (await blob.read()) as AsyncIterable<Buffer>;
  } finally {
    await blob.close();
  }
}

interface Measured {
  readonly through: (chunks: Content) => AsyncGenerator<Buffer>;
  readonly bytes: () => number;
  readonly digest: () => string;
}

/** Counts and hashes what goes through. */
function measured(): Measured {
  const hash: Hash = createHash('sha256');
  let bytes = 0;
  let digest: string | undefined;
  async function* through(chunks: Content): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    }
  }
  return {
    through,
    bytes: () => bytes,
    digest: () => (digest ??= hash.digest('hex')),
  };
}

const POOL = 'blobs';

/** A file of the blob store as it lies among those of all backups: under the name of its content. */
export const pooledName = ({ cipher }: BackupPlace, sha256: string): string => {
  const name = cipher ? cipher.nameOf(sha256) : sha256;
  return `${POOL}/${name.slice(0, 2)}/${name}`;
};

export const pooledBytes = ({ cipher }: BackupPlace, bytes: number): number => (cipher ? encryptedBytes(bytes) : bytes);

/** @param content of that hash */
export async function writePooled({ store, cipher }: BackupPlace, name: string, content: Content): Promise<void> {
  await store.putStream(name, cipher ? cipher.encrypt(name, content) : content);
}

/**
 * @param sink takes the content
 * @throws Failure `SourceCorrupt` where it is not that of the hash; the sink may have been given some of it
 */
export async function readPooled<T>(
  { store, cipher }: BackupPlace,
  { name, sha256 }: { readonly name: string; readonly sha256: string },
  sink: (content: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const { through, digest } = measured();
  async function* content(): AsyncGenerator<Buffer> {
    const stored = contentOf(store, name);
    yield* through(cipher ? cipher.decrypt(name, stored) : stored);
    if (digest() !== sha256) throw damagedPart(name);
  }
  try {
    return await sink(content());
  } catch (error) {
    throw isOfFile(error) ? damagedPart(name, error) : error;
  }
}

/** The files of all backups' blobs that lie there, with their sizes. */
export async function listPool({ store }: BackupPlace): Promise<Map<string, { readonly bytes: number; readonly modifiedAt: Date }>> {
  const found = new Map<string, { bytes: number; modifiedAt: Date }>();
  for await (const { key, bytes, modifiedAt } of store.walk(store.uriOf(POOL))) found.set(key, { bytes, modifiedAt });
  return found;
}

export const isBackupFolder = (name: string): boolean => name !== POOL;
