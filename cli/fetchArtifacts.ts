import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactClient, ArtifactEntry } from '../client/index.ts';
import { makeFolder } from '../platform/makeFolder.ts';
import { Failed, Unusable } from './failure.ts';
import { createMeasure, inFiles, type MovedFile } from './movedFile.ts';

export interface ListedFile {
  /** Below what was asked for */
  readonly path: string;
  readonly is_folder: boolean;
  readonly bytes: number | null;
}

/** What an address names: a folder with what is in it, or a file. */
interface Found {
  readonly place: string;
  readonly isWhole: boolean;
  readonly entries: readonly ArtifactEntry[];
  /** Where it is no folder */
  readonly file: ArtifactEntry | undefined;
}

/** @throws Failed where nothing is at a path; a run without any file is a folder all the same */
async function find(client: ArtifactClient, address: string): Promise<Found> {
  const { place, isWhole } = await client.find(address);
  const entries = await client.list(place);
  if (entries.length > 0) return { place, isWhole, entries, file: undefined };
  const { dir, base } = path.posix.parse(place);
  const file = (await client.list(dir)).find(({ name, isFolder }) => name === base && !isFolder);
  if (!file && !isWhole) throw new Failed(`There is nothing at ${address}.`);
  return { place, isWhole, entries, file };
}

/**
 * What lies at an address: a file, or what is in a folder.
 * @throws Failed where nothing does
 */
export async function listFiles(client: ArtifactClient, address: string, depth: 'folder' | 'all'): Promise<ListedFile[]> {
  const { place, entries, file } = await find(client, address);
  const files: ListedFile[] = [];
  const add = async (found: readonly ArtifactEntry[], folder: string, prefix: string): Promise<void> => {
    for (const { name, isFolder, bytes } of found) {
      files.push({ path: prefix + name, is_folder: isFolder, bytes: bytes ?? null });
      const below = `${folder}/${name}`;
      if (isFolder && depth === 'all') await add(await client.list(below), below, `${prefix}${name}/`);
    }
  };
  await add(file ? [file] : entries, place, '');
  return files;
}

/**
 * Fetches the file or all below the folder at an address into a folder, under its own name; all of a run, a model or a version lies in the folder itself.
 * A file has its name once it is whole.
 * @throws Failed where nothing is there, or a file is not what its digest says; Unusable where something in the folder is in the way
 */
export async function fetchFiles(client: ArtifactClient, address: string, folder: string): Promise<MovedFile[]> {
  const { place, isWhole, entries, file } = await find(client, address);
  if (!file && entries.length === 0) throw new Failed(`There are no files at ${address}.`);
  const moved: MovedFile[] = [];
  const fetchFile = async (from: string, into: string, name: string, shown: string) =>
    void moved.push({ path: shown, ...(await fetchFileTo(client, from, path.join(into, checkName(name)))) });
  const fetchAll = async (found: readonly ArtifactEntry[], from: string, into: string, shown: string): Promise<void> => {
    for (const { name, isFolder } of found) {
      const at = `${from}/${name}`;
      if (isFolder) await fetchAll(await client.list(at), at, await enterFolder(into, name), `${shown}${name}/`);
      else await fetchFile(at, into, name, shown + name);
    }
  };
  await inFiles(async () => {
    await makeFolder(folder);
    const name = path.posix.basename(place);
    if (file) await fetchFile(place, folder, name, name);
    else if (isWhole) await fetchAll(entries, place, folder, '');
    else await fetchAll(entries, place, await enterFolder(folder, name), `${name}/`);
  });
  return moved;
}

/** @throws Unusable for a name that a server gave and that leads out of the folder */
function checkName(name: string): string {
  if (['', '.', '..'].includes(name) || /[/\\\0]/.test(name))
    throw new Unusable(`${JSON.stringify(name)} is no name of a file; nothing more is fetched`);
  return name;
}

/** Made where it is missing. @throws Unusable for a link, which may lead anywhere, and for a file */
async function enterFolder(parent: string, name: string): Promise<string> {
  const folder = path.join(parent, checkName(name));
  await mkdir(folder, { recursive: false }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (!(await lstat(folder)).isDirectory()) throw new Unusable(`${folder} is in the way: it is no folder`);
  return folder;
}

async function fetchFileTo(client: ArtifactClient, place: string, file: string): Promise<Omit<MovedFile, 'path'>> {
  const { content, sha256: told } = await client.open(place);
  const aside = path.join(path.dirname(file), `.${randomUUID()}.part`);
  const measured = createMeasure();
  try {
    await pipeline(measured.through(content), createWriteStream(aside, { flags: 'wx' }));
    const found = measured.result();
    if (told !== undefined && told !== found.sha256) throw new Failed(`${place} came as ${found.sha256}, and is ${told}; it is not kept`);
    await rename(aside, file);
    return found;
  } finally {
    await rm(aside, { force: true });
  }
}
