import type { Kept } from '../../contracts/retention.ts';
import { UNUSED_AFTER_HOURS } from '../../contracts/blobCleanup.ts';
import type { Database } from '../../platform/postgres.ts';

/** Days by the setting that says so. */
export interface KeptDays {
  readonly served: number;
  readonly health: number;
  readonly outcomes: number;
  readonly runLogs: number;
  readonly rejects: number;
  readonly backups: number;
  readonly audit: number;
}

/** A table that is kept by a time, of which there is an index. */
type Timed = Omit<Kept, 'oldest' | 'until'> & { readonly table: string; readonly column: string };
type Other = Omit<Kept, 'oldest' | 'days'> & { readonly days?: number };

const LOOP = 'a loop of worker-control';

const timed = (days: KeptDays): Timed[] => [
  {
    ...{ name: 'served_answers', holds: 'What users were recommended, and what made it', days: days.served, setting: 'SERVED_KEPT_DAYS' },
    ...{ removed_by: LOOP, table: 'served_answers', column: 'served_at' },
  },
  {
    ...{ name: 'outcomes', holds: 'What became of answers, by the hour', days: days.outcomes, setting: 'OUTCOMES_KEPT_DAYS' },
    ...{ removed_by: LOOP, table: 'outcome_sums', column: 'hour' },
  },
  {
    ...{ name: 'system_health', holds: 'What services said of their health', days: days.health, setting: 'HEALTH_KEPT_DAYS' },
    ...{ removed_by: LOOP, table: 'system_health', column: 'received_at' },
  },
  {
    ...{ name: 'run_logs', holds: 'Log lines of steps of runs', days: days.runLogs, setting: 'RUN_LOGS_KEPT_DAYS' },
    ...{ removed_by: 'dataRetention', table: 'run_step_logs', column: 'logged_at' },
  },
  {
    ...{ name: 'audit_log', holds: 'Who changed what', days: days.audit, setting: 'AUDIT_KEPT_DAYS' },
    ...{ removed_by: 'dataRetention', table: 'audit_log', column: 'happened_at' },
  },
  {
    ...{ name: 'idempotency_keys', holds: 'Hashes of requests that are not done twice', days: 1, setting: null },
    ...{ removed_by: LOOP, table: 'idempotency_keys', column: 'created_at' },
  },
  {
    ...{ name: 'trends', holds: 'What was chosen within a day, of which trends are counted', days: 25 / 24, setting: null },
    ...{ removed_by: LOOP, table: 'trend_latest', column: 'bucket' },
  },
  {
    ...{ name: 'webhook_deliveries', holds: 'What receivers of webhooks were told', days: 30, setting: null },
    ...{ removed_by: LOOP, table: 'webhook_deliveries', column: 'occurred_at' },
  },
];

const others = (days: KeptDays): Other[] => [
  {
    ...{ name: 'rejects', holds: 'Rows that imports set aside: processed/rejects/', days: days.rejects, setting: 'REJECTS_KEPT_DAYS' },
    ...{ until: null, removed_by: 'dataRetention' },
  },
  {
    ...{ name: 'raw_tmdb', holds: 'Answers of TMDB and what is made of them: raw/tmdb/ and tables', days: 180, setting: null },
    ...{ until: null, removed_by: 'tmdbRetention' },
  },
  {
    ...{ name: 'backups', holds: 'Backups, but for the newest, which stays', days: days.backups, setting: 'BACKUP_KEPT_DAYS' },
    ...{ until: null, removed_by: 'backup' },
  },
  {
    ...{ name: 'raw_imports', holds: 'Sets that imports downloaded: raw/imports/', setting: null },
    ...{ until: 'the import is over', removed_by: 'dataImport' },
  },
  {
    ...{ name: 'blobs', holds: 'Snapshots, models, files of runs and of clients', setting: null, removed_by: 'blobCleanup' },
    until: `nothing refers to them, and ${UNUSED_AFTER_HOURS} hours have passed since they were written`,
  },
  {
    ...{ name: 'api_keys', holds: 'Digests of keys, also of those that are over', setting: null, removed_by: null },
    until: 'the user whose key it is is erased',
  },
  {
    ...{ name: 'runs', holds: 'The ledger: every run, its steps and results', setting: null, removed_by: null },
    until: 'somebody deletes the run',
  },
  {
    ...{ name: 'interactions', holds: 'What users did, rated and searched for', setting: null, removed_by: null },
    until: 'the user is erased, or the set removed',
  },
  {
    ...{ name: 'topics', holds: "Messages on Kafka's topics", setting: null, removed_by: 'Kafka' },
    until: "the topic's retention.ms is over",
  },
  {
    ...{ name: 'histories', holds: "Temporal's histories of runs that are over", setting: null, removed_by: 'Temporal' },
    until: "the namespace's retention is over",
  },
  {
    ...{ name: 'logs', holds: 'Log files of the processes and engines of this machine: logs/ of the state folder', setting: null },
    ...{ until: 'the file is full, and the one before it goes', removed_by: 'the supervisor' },
  },
];

/** What is kept for how long, and how old the oldest of it is. */
export async function listKept(db: Database, days: KeptDays): Promise<Kept[]> {
  const tables = timed(days);
  const each = tables.map(({ table, column }) => `(select min(${column}) from ${table})`);
  const { rows } = await db.query<{ oldest: (Date | null)[] }>(`select array[${each.join(', ')}]::timestamptz[] as oldest`);
  const known = tables.map(({ name, holds, days: kept, setting, removed_by }, at): Kept => {
    const oldest = rows[0]!.oldest[at]?.toISOString() ?? null;
    return { name, holds, days: kept, until: null, setting, removed_by, oldest };
  });
  return [...known, ...others(days).map((kept): Kept => ({ days: null, ...kept, oldest: null }))];
}
