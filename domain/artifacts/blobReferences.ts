import type { Database } from '../../platform/postgres.ts';

/** All that the ledger and the registry say of blobs. What was deleted but may come back says it too. */
export interface BlobReferences {
  /** Names of snapshots and models: the sha256 of their content */
  readonly digests: ReadonlySet<string>;
  /** Ids of runs, of parts of runs and of trials, which have blob folders of their own */
  readonly workRuns: readonly string[];
  /** Keys below `runs/` that are named as they are, of folders or of files in them */
  readonly runKeys: readonly string[];
  /** Ids of the registry's runs, and of logged models without their `m-` */
  readonly owners: ReadonlySet<string>;
}

export async function readBlobReferences(db: Database): Promise<BlobReferences> {
  const read = async (sql: string) => (await db.query<{ name: string }>(sql)).rows.map(({ name }) => name);
  return {
    digests: new Set(await read(named('[0-9a-f]{64}'))),
    workRuns: await read(WORK_RUNS),
    runKeys: await read(named(String.raw`blob:(runs/[^"\\\s]+)`)),
    owners: new Set(await read(OWNERS)),
  };
}

/** When the oldest run began that is not over: it may go on with whatever was written since. */
export async function findOldestOpenRun(db: Database): Promise<Date | null> {
  const { rows } = await db.query<{ began: Date | null }>(`select min(created_at) as began from runs where state in ('queued', 'running')`);
  return rows[0]!.began;
}

const OF_VERSIONS = `select concat_ws(' ', source, artifact_uri, run_link, registry_run_id, model_id) as said from model_versions`;

/** Whatever may name a blob. */
const SAID = `
  ${OF_VERSIONS}
  union all select value from model_version_tags
  union all select value from registered_model_tags
  union all select value from registry_run_tags
  union all select value from registry_run_params
  union all select value from experiment_tags
  union all select value from logged_model_tags
  union all select value from logged_model_params
  union all select concat_ws(' ', digest, source) from registry_datasets
  union all select concat_ws(' ', input::text, result::text) from runs
  union all select result::text from run_steps`;

const named = (pattern: string) => `select distinct found[1] as name from (${SAID}) t, regexp_matches(said, '${pattern}', 'g') found`;

const WORK_RUNS = `
  select run_id as name from runs
  union select earlier_of from runs where earlier_of is not null
  union select workflow_id from run_steps
  union select origin from registry_runs where origin is not null
  union select origin from model_versions where origin is not null`;

/** A version of another registry's run, or of one that is gone, keeps the files that it was made of. */
const OWNERS = `
  select registry_run_id as name from registry_runs
  union select regexp_replace(model_id, '^m-', '') from logged_models
  union select found[1] from (${OF_VERSIONS}) t, regexp_matches(said, '[0-9a-f]{32}', 'g') found`;
