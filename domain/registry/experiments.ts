import { conflict, missing } from '../../contracts/failures.ts';
import type { Tags } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';
import { searchPage, type Found, type Search, type Subject } from './search.ts';

export type LifecycleStage = 'active' | 'deleted';

export interface Experiment {
  readonly experiment_id: string;
  readonly name: string;
  /** Where its client keeps what its runs make; null where this registry does. */
  readonly artifact_location: string | null;
  readonly lifecycle_stage: LifecycleStage;
  readonly tags: Tags;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/**
 * The experiment of this name, made where it is not there yet.
 * @returns its id
 */
export async function ensureExperiment(db: Database, name: string): Promise<string> {
  const known = await findExperiment(db, name);
  if (known !== undefined) return known;
  await db.query('insert into experiments (name) values ($1) on conflict (name) do nothing', [name]);
  return (await findExperiment(db, name))!;
}

async function findExperiment(db: Database, name: string): Promise<string | undefined> {
  const { rows } = await db.query<{ experiment_id: string }>('select experiment_id::text from experiments where name = $1', [name]);
  return rows[0]?.experiment_id;
}

/** @returns its id @throws Failure `conflict` where the name is taken, also by one that is deleted */
export async function createExperiment(
  db: Database,
  { name, artifactLocation, tags }: { name: string; artifactLocation: string | null; tags: Tags },
): Promise<string> {
  const { rows } = await db.query<{ experiment_id: string }>(
    `with made as (
       insert into experiments (name, artifact_location) values ($1, $2) on conflict (name) do nothing returning experiment_id
     ), tagged as (
       insert into experiment_tags (experiment_id, key, value)
       select experiment_id, key, value from made cross join unnest($3::text[], $4::text[]) as sent (key, value)
     )
     select experiment_id::text from made`,
    [name, artifactLocation, Object.keys(tags), Object.values(tags)],
  );
  if (!rows[0]) throw conflict(`Experiment(name=${name}) already exists.`);
  return rows[0].experiment_id;
}

const COLUMNS = `experiment_id::text, name, artifact_location, lifecycle_stage, created_at, updated_at,
  (select coalesce(json_object_agg(key, value order by key), '{}') from experiment_tags t where t.experiment_id = e.experiment_id) as tags`;

export async function getExperiment(db: Database, id: string): Promise<Experiment | null> {
  const { rows } = await db.query<Experiment>(`select ${COLUMNS} from experiments e where experiment_id = $1`, [id]);
  return rows[0] ?? null;
}

export async function getExperimentByName(db: Database, name: string): Promise<Experiment | null> {
  const { rows } = await db.query<Experiment>(`select ${COLUMNS} from experiments e where name = $1`, [name]);
  return rows[0] ?? null;
}

/** @throws Failure `conflict` where the name is taken */
export async function renameExperiment(db: Database, id: string, name: string): Promise<void> {
  const { rowCount } = await db.query(
    `update experiments set name = $2, updated_at = now()
     where experiment_id = $1 and not exists (select from experiments where name = $2 and experiment_id <> $1)`,
    [id, name],
  );
  if (rowCount === 0) throw conflict(`Experiment(name=${name}) already exists.`);
}

/** Deletes an experiment with its runs, or brings them back. @throws Failure `missing` where no experiment is at the other stage */
export async function moveExperiment(db: Database, id: string, to: LifecycleStage): Promise<void> {
  const { rows } = await db.query<{ moved: number }>(
    `with moved as (
       update experiments set lifecycle_stage = $2, updated_at = now() where experiment_id = $1 and lifecycle_stage <> $2 returning experiment_id
     ), runs as (
       update registry_runs set lifecycle_stage = $2 where experiment_id in (select experiment_id from moved)
     )
     select count(*) as moved from moved`,
    [id, to],
  );
  if (rows[0]!.moved === 0) throw missing(`No Experiment with id=${id} exists`);
}

export async function setExperimentTag(db: Database, id: string, key: string, value: string): Promise<void> {
  await db.query(
    `insert into experiment_tags (experiment_id, key, value) values ($1, $2, $3)
     on conflict (experiment_id, key) do update set value = excluded.value`,
    [id, key, value],
  );
}

/** @returns whether it was there */
export async function deleteExperimentTag(db: Database, id: string, key: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from experiment_tags where experiment_id = $1 and key = $2', [id, key]);
  return rowCount === 1;
}

/** By what experiments are found and ordered. */
export const EXPERIMENT_SEARCH: Subject = {
  from: 'experiments e',
  select: 'e.experiment_id::text as id',
  attributes: {
    name: { sql: 'e.name', kind: 'text' },
    experiment_id: { sql: 'e.experiment_id', kind: 'bigint', comparedAs: 'e.experiment_id::text' },
    creation_time: { sql: `(extract(epoch from e.created_at) * 1000)::bigint`, kind: 'bigint' },
    last_update_time: { sql: `(extract(epoch from e.updated_at) * 1000)::bigint`, kind: 'bigint' },
  },
  keyed: { tag: { table: 'experiment_tags', of: 'k.experiment_id = e.experiment_id', kind: 'text' } },
  natural: [
    { on: 'attribute', key: 'creation_time', ascending: false },
    { on: 'attribute', key: 'experiment_id', ascending: true },
  ],
};

export async function searchExperiments(
  db: Database,
  search: Omit<Search, 'where'> & { stages: readonly LifecycleStage[] },
): Promise<Found<Experiment>> {
  const where: Search['where'] = (bind) => [`e.lifecycle_stage = any(${bind(search.stages)}::text[])`];
  return searchPage(db, EXPERIMENT_SEARCH, { ...search, where }, async (ids) => {
    const { rows } = await db.query<Experiment>(
      `select ${COLUMNS} from experiments e join unnest($1::bigint[]) with ordinality as asked (experiment_id, nth) using (experiment_id) order by nth`,
      [ids],
    );
    return rows;
  });
}
