import type { Command } from 'commander';
import { durationText } from '../client/index.ts';
import type { BackupSummary, RestoreResult, TakenBackup, VerifiedBackup } from '../contracts/backup.ts';
import type { ListedBackup } from '../contracts/backupJob.ts';
import { EXIT } from './failure.ts';
import { timeText, withZone } from './format.ts';
import { given } from './modelSettings.ts';
import type { Outcome, Perform, Session } from './session.ts';
import { startRun, withStartOptions, type StartOptions } from './startRun.ts';
import { heads, table, type Terminal } from './terminal.ts';

interface Place {
  readonly from?: string;
}

/** `backup` and `restore`. What is not the run of a workflow reaches the engines and the backups itself, so that no API is needed. */
export function addBackupCommands(program: Command, perform: Perform): void {
  const backup = program
    .command('backup')
    .description('Take a backup of the database, the blob store, the offsets of consumers and the schedules, and read it again')
    .option(
      '--to <url>',
      'file:<folder> or s3://<bucket>/<prefix>, from this machine; in place of BACKUP_URL, and of a run of the workflow',
    );
  withStartOptions(backup).action(({ to, ...options }: StartOptions & { readonly to?: string }, command: Command) =>
    perform(command, (session) =>
      to === undefined ? startRun(session, options, { workflow: 'backup', input: {} }) : takeHere(session, to),
    ),
  );
  addLooks(backup, perform);
  const drill = backup.command('drill').description('Restore the newest backup into a scratch database, compare every row, and drop it');
  withStartOptions(drill).action((options: StartOptions, command: Command) =>
    perform(command, (session) => startRun(session, options, { workflow: 'restoreDrill', input: {} })),
  );
  program
    .command('restore')
    .description('Restore a backup into an empty stack that does not run; interrupted, run it again')
    .argument('<backup>', 'as `backup list` names it, or `newest`')
    .option('--from <url>', FROM)
    .option('--files', 'bring back the files alone that the blob store lacks, and change nothing else; the stack may run', false)
    .action((name: string, { from, files }: Place & { readonly files: boolean }, command: Command) =>
      perform(command, (session) => (files ? restoreFiles(session, name, from) : restore(session, name, from))),
    );
}

const FROM = 'where it lies, in place of BACKUP_URL';

function addLooks(backup: Command, perform: Perform): void {
  backup
    .command('list')
    .description('List the backups that there are, newest first')
    .option('--from <url>', FROM)
    .action(({ from }: Place, command: Command) =>
      perform(command, async ({ stack, terminal }) => {
        const found = await stack.listBackups(given({ url: from }));
        return { json: found, text: renderList(terminal, found.backups) };
      }),
    );
  backup
    .command('verify')
    .description('Read every part of a backup, and say what is gone, damaged or changed')
    .argument('[backup]', 'as `backup list` names it', 'newest')
    .option('--from <url>', FROM)
    .action((name: string, { from }: Place, command: Command) =>
      perform(command, async (session) => {
        const verified = await session.stack.verifyBackup(given({ url: from, backup: name }), progressOf(session));
        const failed = verified.faults.length > 0;
        return { json: verified, text: renderVerified(verified), ...(failed && { exitCode: EXIT.failed }) };
      }),
    );
}

async function takeHere(session: Session, url: string): Promise<Outcome> {
  const taken = await session.stack.takeBackup({ url }, progressOf(session));
  return { json: taken, text: renderTaken(taken) };
}

async function restoreFiles(session: Session, backup: string, url: string | undefined): Promise<Outcome> {
  const restored = await session.stack.restoreFiles(given({ url, backup }), progressOf(session));
  const text = `${restored.files} files of ${restored.backup_id} are back. Whoever was erased since may be in them: \`mlops users erasures replay\`.`;
  return { json: restored, text };
}

async function restore(session: Session, backup: string, url: string | undefined): Promise<Outcome> {
  const restored = await session.stack.restoreBackup(session.config, given({ url, backup }), progressOf(session));
  return { json: restored, text: renderRestored(session.terminal, restored) };
}

/** What it does now, on one line where a person watches. */
function progressOf({ terminal, json }: Session): (line: string) => void {
  if (json || !terminal.live) return () => undefined;
  return (line) => terminal.err(`\r\u001b[K${line.slice(0, terminal.columns - 1)}`);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
const contents = ({ tables, rows, blobs, bytes, is_encrypted }: BackupSummary) =>
  `${tables} tables with ${rows} rows, ${blobs} blobs, ${megabytes(bytes)}${is_encrypted ? ', encrypted' : ''}`;

const renderTaken = (taken: TakenBackup): string =>
  [
    `Backup ${taken.backup_id} after ${durationText(taken.seconds)}: ${contents(taken)}; ${megabytes(taken.new_bytes)} are new.`,
    ...taken.lacks.map((what) => `It lacks ${what}`),
  ].join('\n');

function renderList(terminal: Terminal, backups: readonly ListedBackup[]): string {
  if (backups.length === 0) return 'There are none.';
  const rows = backups.map((backup) =>
    'unreadable' in backup
      ? [backup.backup_id, '', '', '', '', '', 'cannot be read']
      : [
          backup.backup_id,
          timeText(terminal, backup.taken_at),
          String(backup.schema_version),
          String(backup.rows),
          String(backup.blobs),
          megabytes(backup.bytes),
          backup.is_encrypted ? 'encrypted' : '',
        ],
  );
  return withZone(terminal, table(terminal, heads('BACKUP', 'TAKEN', 'SCHEMA', 'ROWS', 'BLOBS', 'SIZE', ''), rows));
}

const renderVerified = ({ backup_id, parts, blobs, bytes, seconds, faults }: VerifiedBackup): string =>
  faults.length === 0
    ? `${backup_id} is whole: ${parts} parts and ${blobs} blobs, ${megabytes(bytes)}, read in ${durationText(seconds)}.`
    : [`${backup_id} is damaged:`, ...faults.map((fault) => `  ${fault}`)].join('\n');

function renderRestored(terminal: Terminal, restored: RestoreResult): string {
  const { backup_id, taken_at, tables, rows, blobs, offsets, schedules, lost_runs, seconds } = restored;
  return withZone(
    terminal,
    [
      `${backup_id} of ${timeText(terminal, taken_at)} is restored, after ${durationText(seconds)}: ${tables} tables with ${rows} rows, ${blobs} blobs, ${offsets} offsets, ${schedules} schedules.`,
      ...(lost_runs.length > 0 ? [`Under way when it was taken, and not gone on with: ${lost_runs.join(', ')}.`] : []),
      'Start the platform with `npm start`. Its first run erases again whoever was erased since.',
    ].join('\n'),
  );
}
