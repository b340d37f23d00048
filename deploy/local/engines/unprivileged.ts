import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, lchown, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { entriesBelow } from '../../../platform/entriesBelow.ts';
import { makeFolder } from '../../../platform/makeFolder.ts';
import { identify, isAlive } from '../supervision/processIdentity.ts';

/** What a program runs as that refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Where every account can walk; root's home, and what is in it, is closed on most machines. */
const OPEN_FOLDER = '/var/lib/movie-mlops';

/** @returns undefined unless this is root; then the account of Postgres where the machine has one, else nobody */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const account = ['postgres', 'nobody'].map((name) => accounts.find(([candidate]) => candidate === name)).find(Boolean);
  if (!account) throw new Error('Postgres does not run as root, and there is no account named postgres or nobody; give DATABASE_URL');
  return { uid: Number(account[2]), gid: Number(account[3]) };
}

/**
 * A folder that belongs to the account: the wanted one where the account can walk to it, else one under /var/lib, with a link to it in the
 * wanted place. One that no link names belonged to a state that is gone, and is emptied.
 */
export async function ownedFolder(wanted: string, account: Account): Promise<string> {
  const parent = path.dirname(wanted);
  await makeFolder(parent);
  await chmod(parent, ((await stat(parent)).mode & 0o777) | 0o011);
  const here = await canWalk(parent, account);
  const folder = here ? wanted : path.join(OPEN_FOLDER, `state-${createHash('sha256').update(wanted).digest('hex').slice(0, 16)}`);
  if (!here && !existsSync(wanted)) {
    await Promise.all([wanted, folder].map((stale) => rm(stale, { recursive: true, force: true })));
    await symlink(folder, wanted);
  }
  await makeFolder(folder, { mode: 0o755 });
  await give(folder, account);
  return folder;
}

/** Removes a folder that `ownedFolder` gave. */
export async function removeOwnedFolder(wanted: string): Promise<void> {
  const target = await readlink(wanted).catch(() => undefined);
  if (target?.startsWith(OPEN_FOLDER)) await rm(target, { recursive: true, force: true });
  await rm(wanted, { recursive: true, force: true });
}

/** A copy of a folder of programs that every account may run, made once under its name. */
export async function openCopy(folder: string, name: string): Promise<string> {
  const copy = path.join(OPEN_FOLDER, name);
  if (existsSync(copy)) return copy;
  await makeFolder(OPEN_FOLDER, { mode: 0o755 });
  await removeAbandoned(copy);
  const aside = `${copy}.${process.pid}`;
  try {
    await cp(folder, aside, { recursive: true, verbatimSymlinks: true });
    for (const entry of await entriesBelow(aside)) {
      if (!entry.isSymbolicLink()) await openToAll(path.join(entry.parentPath, entry.name));
    }
    await openToAll(aside);
    // Where another start was faster, its copy is as good.
    await rename(aside, copy).catch((error: unknown) => (existsSync(copy) ? undefined : Promise.reject(error as Error)));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return copy;
}

/** Copies that starts which were killed left half made. */
async function removeAbandoned(copy: string): Promise<void> {
  const aside = `${path.basename(copy)}.`;
  const abandoned = (await readdir(OPEN_FOLDER)).filter(
    (name) => name.startsWith(aside) && !isAlive(identify(Number(name.slice(aside.length)))),
  );
  await Promise.all(abandoned.map((name) => rm(path.join(OPEN_FOLDER, name), { recursive: true, force: true })));
}

/** Whoever may do something for the owner's sake may do it for anyone's, but for writing. */
async function openToAll(file: string): Promise<void> {
  const owner = ((await stat(file)).mode & 0o500) >> 6;
  await chmod(file, (owner << 6) | (owner << 3) | owner | 0o200);
}

async function canWalk(folder: string, { uid, gid }: Account): Promise<boolean> {
  const owner = await stat(folder);
  const bit = owner.uid === uid ? 0o100 : owner.gid === gid ? 0o010 : 0o001;
  if ((owner.mode & bit) === 0) return false;
  return folder === path.dirname(folder) || canWalk(path.dirname(folder), { uid, gid });
}

async function give(folder: string, { uid, gid }: Account): Promise<void> {
  if ((await stat(folder)).uid === uid) return;
  for (const { parentPath, name } of await entriesBelow(folder)) await lchown(path.join(parentPath, name), uid, gid);
  await lchown(folder, uid, gid);
}
