import { BACKUP_ANSWERS, type BackupAnswer, type BackupRequest, type BackupTask } from '../../../contracts/backupJob.ts';
import type { Config } from '../../../platform/config.ts';
import { withEnginesAlone } from './enginesAlone.ts';
import { runJob } from './runJob.ts';

type Say = (line: string) => void;
type Asked = Omit<BackupRequest, 'task'>;

const run = <Task extends BackupTask>(task: Task, asked: Asked, onLine: Say): Promise<BackupAnswer<Task>> =>
  runJob({ script: 'backups.js', request: { task, ...asked }, answer: BACKUP_ANSWERS[task], what: 'the backup', onLine }) as Promise<
    BackupAnswer<Task>
  >;

export const takeBackup = (asked: Asked, onLine: Say): Promise<BackupAnswer<'take'>> => run('take', asked, onLine);
export const listBackups = (asked: Asked): Promise<BackupAnswer<'list'>> => run('list', asked, () => undefined);
export const verifyBackup = (asked: Asked, onLine: Say): Promise<BackupAnswer<'verify'>> => run('verify', asked, onLine);

/** Brings back the files of a backup that the blob store lacks; the stack may run. */
export const restoreFiles = (asked: Asked, onLine: Say): Promise<BackupAnswer<'files'>> => run('files', asked, onLine);

/**
 * Restores a backup with the engines alone: those of this machine are started for it and ended.
 * @throws StartError where the stack runs, and with what is wrong with the backup or the engines
 */
export const restoreBackup = (config: Config, asked: Asked, onLine: Say): Promise<BackupAnswer<'restore'>> =>
  withEnginesAlone(config, onLine, () => run('restore', asked, onLine));
