import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './command.mjs';

/** Unpacks packages of Debian into a folder, which needs no root and changes nothing else of the machine. */
export async function unpackDebian(packages, folder, { step, env }) {
  const fetch = () => runCommand('apt-get', ['download', ...packages], { cwd: folder, env, onLine: step.say });
  await fetch().catch(async () => {
    await runCommand('apt-get', ['update'], { env, onLine: step.say }); // a new machine has no package lists yet
    await fetch();
  });
  const archives = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  for (const name of archives) {
    await runCommand('dpkg-deb', ['-x', path.join(folder, name), folder]);
    await rm(path.join(folder, name));
  }
}
