import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { PROJECT_ROOT, type Config } from '../../../platform/config.ts';
import { ENGINE_NAMES } from '../engines/engine.ts';
import { MONITOR_NAMES } from '../monitoring/programs.ts';
import { removeOwnedFolder } from '../engines/unprivileged.ts';
import { StartError } from '../supervision/startError.ts';

/** What `--fresh` removes: the data of the embedded engines, what Prometheus measured, the logs, and the models when they lie in the project. */
export function foldersToWipe(config: Config): string[] {
  const models = config.blobUrl.startsWith('file:') ? path.resolve(config.blobUrl.slice('file:'.length)) : undefined;
  const isOurs = models?.startsWith(PROJECT_ROOT + path.sep) || models?.startsWith(config.stateDir + path.sep);
  return [
    ...[...ENGINE_NAMES, ...MONITOR_NAMES, 'logs'].map((name) => path.join(config.stateDir, name)),
    ...(models && isOurs ? [models] : []),
  ];
}

/** @throws StartError without a terminal to ask on, or when the answer is not yes */
export async function confirmWipe(folders: readonly string[]): Promise<void> {
  const list = folders.map((folder) => `  ${folder}`).join('\n');
  if (!process.stdin.isTTY)
    throw new StartError(`--fresh removes these folders; without a terminal to ask on, say --yes as well:\n${list}`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`This removes all data of the platform:\n${list}\nType yes to go on: `);
  terminal.close();
  if (answer.trim().toLowerCase() !== 'yes') throw new StartError('Nothing was removed.');
}

export const wipe = async (folders: readonly string[]): Promise<void> => {
  await Promise.all(
    folders.map((folder) =>
      folder.endsWith(`${path.sep}postgres`) ? removeOwnedFolder(folder) : rm(folder, { recursive: true, force: true }),
    ),
  );
};
