import { createReadStream, type Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ApiProblem, type ArtifactClient } from '../client/index.ts';
import { Failed, Unusable } from './failure.ts';
import { createMeasure, inFiles, type MovedFile } from './movedFile.ts';

/**
 * Puts a file, or all files below a folder, into a folder of a run.
 * @throws Unusable for a version's address, for what is no file here, and for a link to a folder below the folder, which may lead round in a circle
 */
export async function sendFiles(client: ArtifactClient, local: string, address: string): Promise<MovedFile[]> {
  if (/^models:\/+(?!m-[0-9a-f]{32}(\/|$))/i.test(address)) throw new Unusable("A version's files cannot be changed; put them onto a run.");
  return inFiles(async () => {
    const isFolder = (await stat(local)).isDirectory();
    const files = isFolder ? await filesBelow(local) : [path.basename(local)];
    if (files.length === 0) throw new Unusable(`There are no files in ${local}.`);
    const { place } = await client.find(address);
    const moved: MovedFile[] = [];
    for (const file of files) {
      const digest = await digestOf(isFolder ? path.join(local, file) : local);
      const content = createReadStream(isFolder ? path.join(local, file) : local);
      await client.put([place, file].join('/'), content, digest).catch((error: unknown) => {
        throw error instanceof ApiProblem ? new Failed(`${file}: ${error.detail}`) : error;
      });
      moved.push({ path: file, ...digest });
    }
    return moved;
  });
}

async function filesBelow(folder: string, prefix = ''): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const found = await Promise.all(entries.map((entry) => filesOf(folder, entry, prefix + entry.name)));
  return found.flat();
}

async function filesOf(folder: string, entry: Dirent, shown: string): Promise<string[]> {
  const at = path.join(folder, entry.name);
  if (entry.isDirectory()) return filesBelow(at, `${shown}/`);
  if ((await stat(at)).isFile()) return [shown];
  throw new Unusable(`${at} is neither a file nor a folder; nothing was put`);
}

async function digestOf(file: string): Promise<{ bytes: number; sha256: string }> {
  const measured = createMeasure();
  const content = measured.through(createReadStream(file) as AsyncIterable<Buffer>);
  while (!(await content.next()).done);
  return measured.result();
}
