import type { BackupActivities } from '../activities/backup.ts';
import { backupInputSchema, type BackupInput, type BackupResult } from '../contracts/backup.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';

const { takeBackup, removeOldBackups } = stepsOf(WORKFLOWS.backup.steps).by<BackupActivities>();

/** Takes a backup, then removes those that are kept long enough. */
export async function backup(given: BackupInput = {}): Promise<BackupResult> {
  parseInput(backupInputSchema, given);
  const taken = await takeBackup();
  return { ...taken, removed: await removeOldBackups() };
}
