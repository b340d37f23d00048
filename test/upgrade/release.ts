import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_ROOT } from '../../platform/config.ts';

const git = async (...args: string[]) => (await promisify(execFile)('git', args, { cwd: PROJECT_ROOT })).stdout.trim();

/** The release before this code: the last commit that is named so. */
export async function findRelease(): Promise<{ commit: string; subject: string }> {
  const found = await git('log', '-1', '--format=%H %s', '--grep=^release: ');
  if (found === '') throw new Error('no commit is named release:');
  const at = found.indexOf(' ');
  return { commit: found.slice(0, at), subject: found.slice(at + 1) };
}

/** Lays the files of a commit into a folder, with its dependencies: this checkout's where they are the same, else its own. */
export async function layOut(commit: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const archive = spawn('git', ['archive', commit], { cwd: PROJECT_ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const unpack = spawn('tar', ['-x', '-C', folder], { stdio: [archive.stdout, 'inherit', 'inherit'] });
  const [code] = (await once(unpack, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the files of ${commit} cannot be unpacked`);
  if (await hasSameDependencies(folder)) return linkDependencies(folder);
  const install = spawn('npm', ['ci', '--no-progress'], { cwd: folder, stdio: 'inherit' });
  if (((await once(install, 'exit')) as [number | null])[0] !== 0) throw new Error(`the dependencies of ${commit} cannot be installed`);
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly optional?: boolean; readonly devOptional?: boolean }>>;
}

async function hasSameDependencies(folder: string): Promise<boolean> {
  const read = async (file: string) => JSON.parse(await readFile(file, 'utf8')) as Lock;
  const wanted = await read(path.join(folder, 'package-lock.json'));
  const { packages: here } = await read(path.join(PROJECT_ROOT, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted.packages).every(([name, { integrity, optional, devOptional }]) => {
    const present = here[name];
    return name === '' || (present ? present.integrity === integrity : optional === true || devOptional === true);
  });
}

/** Each package by itself: what the build of a release leaves beside them is its own. */
async function linkDependencies(folder: string): Promise<void> {
  const own = path.join(folder, 'node_modules');
  const ours = path.join(PROJECT_ROOT, 'node_modules');
  await mkdir(own);
  const names = (await readdir(ours)).filter((name) => name !== '.cache');
  for (const name of names) await symlink(path.join(ours, name), path.join(own, name));
}

/** The newest migration that a release has. */
export async function schemaOf(folder: string): Promise<number> {
  const names = await readdir(path.join(folder, 'data', 'migrations'));
  return Math.max(...names.map((name) => Number.parseInt(name, 10)).filter((number) => !Number.isNaN(number)));
}
