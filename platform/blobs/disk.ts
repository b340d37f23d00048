import { constants, createWriteStream, type BigIntStats } from 'node:fs';
import { lstat, open, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isAside, removeLeftovers, replaceFile } from '../replaceFile.ts';
import { BlobInTheWay, BlobMissing, keyOf, uriOf, type BlobEntry, type BlobState, type BlobStore, type WalkedBlob } from './store.ts';

/** A blob store in a folder of the local disk. Its URIs stay good when the folder moves. */
export function createDiskStore(root: string): BlobStore {
  const fileOf = (uri: string) => {
    const file = path.resolve(root, keyOf(uri));
    if (file !== root && !file.startsWith(root + path.sep)) throw new Error(`blob ${uri} lies outside the store`);
    return file;
  };

  return {
    uriOf,
    async put(key, content) {
      await replaceFile(fileOf(key), (aside) => writeFile(aside, content));
      return uriOf(key);
    },
    async putStream(key, content) {
      const file = fileOf(key);
      await refuseLinks(root, path.dirname(file), () => new BlobInTheWay(`${key} would lie beyond a symbolic link`));
      const write = async (aside: string) => {
        await pipeline(content, createWriteStream(aside, { flags: 'wx', highWaterMark: WAITING_BYTES }));
        return stateOf(await stat(aside, { bigint: true }));
      };
      return replaceFile(file, write).catch(async (error: NodeJS.ErrnoException) => {
        throw (await isFolder(root)) ? inTheWayOr(error, key) : error;
      });
    },
    get: (uri) => readFile(fileOf(uri)).catch((error: NodeJS.ErrnoException) => Promise.reject(missingOr(error, uri))),
    async open(uri) {
      if (isAside(uri)) throw new BlobMissing(uri);
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
      const file = fileOf(uri);
      await refuseLinks(root, path.dirname(file), () => new BlobMissing(uri));
      const handle = await open(file, flags).catch((error: NodeJS.ErrnoException) => Promise.reject(missingOr(error, uri)));
      const found = await handle.stat({ bigint: true });
      const close = () => handle.close();
      if (!found.isFile()) {
        await close();
        throw new BlobMissing(uri);
      }
      const read = (range?: { start: number; end: number }) =>
        Promise.resolve(handle.createReadStream({ ...range, autoClose: false, highWaterMark: READ_BYTES }));
      return { ...stateOf(found), read, close };
    },
    exists: (uri) =>
      stat(fileOf(uri)).then(
        () => true,
        () => false,
      ),
    async list(folderUri) {
      return (await namesIn(fileOf(folderUri))).filter((name) => !isAside(name)).sort();
    },
    async entries(folderUri) {
      const folder = fileOf(folderUri);
      if (!(await isPlainFolder(root, folder))) return [];
      const names = (await namesIn(folder)).filter((name) => !isAside(name)).sort();
      const found = await Promise.all(names.map(async (name) => ({ name, state: await lstat(path.join(folder, name)).catch(gone) })));
      return found.flatMap(({ name, state }): BlobEntry[] => {
        if (state?.isDirectory()) return [{ name, isFolder: true }];
        return state?.isFile() ? [{ name, isFolder: false, bytes: state.size }] : [];
      });
    },
    walk: (folderUri) => walkFolder(root, fileOf(folderUri)),
    async remove(uri) {
      const file = fileOf(uri);
      if (await isPlainFolder(root, path.dirname(file))) await rm(file, { recursive: true, force: true });
    },
    removeLeftovers: () => removeLeftovers(root),
  };
}

/** What has come may wait for the disk, which then takes it at one go, while more comes: by default each 64 KB waits until those before are written. */
const WAITING_BYTES = 1024 * 1024;
/** Fewer and larger reads than by default: four times as many bytes a second of a file that is in memory. */
const READ_BYTES = 512 * 1024;

const stateOf = ({ size, ino, mtimeNs, mtimeMs }: BigIntStats): BlobState => ({
  bytes: Number(size),
  modifiedAt: new Date(Number(mtimeMs)),
  version: [ino, mtimeNs, size].map((number) => number.toString(36)).join('-'),
});

async function* walkFolder(root: string, folder: string): AsyncGenerator<WalkedBlob> {
  if (!(await isPlainFolder(root, folder))) return;
  for (const name of await namesIn(folder)) {
    const file = path.join(folder, name);
    const found = await lstat(file).catch(gone);
    if (found?.isDirectory()) yield* walkFolder(root, file);
    else if (found?.isFile() && !isAside(name))
      yield { key: path.relative(root, file).split(path.sep).join('/'), bytes: found.size, modifiedAt: found.mtime };
  }
}

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });

/** It may be removed while we look. */
const gone = () => undefined;

/**
 * Those of the store and of what lies directly in it are their owner's, who may have put them on another disk by a link.
 * @returns the folder with all links followed; undefined where there is none
 */
async function followedPath(root: string, folder: string): Promise<{ followed: string | undefined; expected: string }> {
  const [top = '', ...below] = path.relative(root, folder).split(path.sep);
  const owned = path.join(root, top);
  const expected = path.join(await realpath(owned).catch(() => owned), ...below);
  return { followed: await realpath(folder).catch(gone), expected };
}

async function isPlainFolder(root: string, folder: string): Promise<boolean> {
  const { followed, expected } = await followedPath(root, folder);
  return followed !== undefined && followed === expected;
}

/** What others name leads, by no symbolic link below a folder of the store, out of it or elsewhere in it. */
async function refuseLinks(root: string, folder: string, refusal: () => Error): Promise<void> {
  const { followed, expected } = await followedPath(root, folder);
  if (followed !== undefined) {
    if (followed !== expected) throw refusal();
  } else if (folder !== root) await refuseLinks(root, path.dirname(folder), refusal);
}

const isFolder = (file: string): Promise<boolean> =>
  stat(file).then(
    (found) => found.isDirectory(),
    () => false,
  );

const missingOr = (error: NodeJS.ErrnoException, uri: string): Error =>
  ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(error.code ?? '') ? new BlobMissing(uri) : error;

function inTheWayOr(error: NodeJS.ErrnoException, key: string): Error {
  const { code = '', syscall } = error;
  if (['EISDIR', 'ENOTEMPTY'].includes(code) && syscall === 'rename') return new BlobInTheWay(`${key} is a folder`);
  if (['ENOTDIR', 'EEXIST'].includes(code) && syscall === 'mkdir') return new BlobInTheWay(`${key} would lie below what is no folder`);
  return error;
}
