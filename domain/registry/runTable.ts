import type { ListedRun, RunColumn } from '../../contracts/experiments.ts';
import { prepare, type Database } from '../../platform/postgres.ts';
import { RUN_SEARCH } from './clientRuns.ts';
import { columnsSql, groupsOf, msSql, rowAt, rowsOf, type Columns } from './columns.ts';
import { METRICS_SHOWN_FIRST } from './compare.ts';
import { countFound, findPage, type Search, type Subject } from './search.ts';

/** As clients search runs, in an order that an index has: by the time itself, not by its milliseconds. */
export const RUN_TABLE: Subject = {
  ...RUN_SEARCH,
  attributes: {
    ...RUN_SEARCH.attributes,
    started_at: { sql: 'r.started_at', kind: 'timestamptz', indexed: true },
    run_id: { sql: 'r.registry_run_id', kind: 'text', indexed: true },
  },
  natural: [
    { on: 'attribute', key: 'started_at', ascending: false },
    { on: 'attribute', key: 'run_id', ascending: true },
  ],
};

/** More are not counted. */
const COUNTED = 100_000;

export interface RunTableSearch extends Omit<Search, 'where'> {
  /** Of every experiment when null */
  readonly experimentId: string | null;
  /** Those that say most of the first runs when null */
  readonly columns: readonly RunColumn[] | null;
}

interface RunTablePage {
  readonly columns: readonly RunColumn[];
  readonly runs: readonly ListedRun[];
  /** Null but on the first page */
  readonly total: number | null;
  readonly next: readonly string[] | null;
}

/** A page of runs that nobody deleted, with what each has in some columns. */
export async function listRunTable(db: Database, { experimentId, columns: asked, ...search }: RunTableSearch): Promise<RunTablePage> {
  const where: Search['where'] = (bind) => [
    `r.lifecycle_stage = 'active'`,
    ...(experimentId === null ? [] : [`r.experiment_id = ${bind(experimentId)}`]),
  ];
  const [{ found, next }, total] = await Promise.all([
    findPage<{ id: string }>(db, RUN_TABLE, { ...search, where }),
    search.after ? null : countFound(db, RUN_TABLE, { ...search, where }, COUNTED),
  ]);
  const ids = found.map(({ id }) => id);
  const columns = asked ?? (await usualColumns(db, ids.slice(0, LOOKED_AT)));
  return { columns, runs: await readRows(db, ids, columns), total, next };
}

const ASKED = 'unnest($1::text[]) with ordinality as asked (id, place)';
/** `offset 0`: one look into the index a run, as wholeRuns.ts has it. */
const namedValues = (table: string, names: string) => `(
  select ${columnsSql({ place: 'place', key: 'key', value: 'value' })}
  from ${ASKED}, lateral (select key, value from ${table} where registry_run_id = asked.id and key = any(${names}::text[]) offset 0) as found)`;

const ROWS = prepare(`select
  (select ${columnsSql(
    {
      ...Object.fromEntries(['registry_run_id', 'name', 'user_id', 'status'].map((name) => [name, name])),
      experiment_id: 'experiment_id::text',
      ...{ start_ms: msSql('started_at'), end_ms: msSql('ended_at') },
    },
    'place',
  )} from ${ASKED} join registry_runs on registry_run_id = asked.id) as runs,
  ${namedValues('registry_run_latest_metrics', '$2')} as metrics,
  ${namedValues('registry_run_params', '$3')} as params,
  ${namedValues('registry_run_shown_tags', '$4')} as tags`);

interface Row {
  readonly registry_run_id: string;
  readonly name: string;
  readonly user_id: string;
  readonly status: ListedRun['status'];
  readonly experiment_id: string;
  readonly start_ms: number;
  readonly end_ms: number | null;
}
interface Named {
  readonly key: string;
  readonly value: NonNullable<ListedRun['values'][number]>;
}
type OfRun = Columns<Named & { readonly place: number }>;

async function readRows(db: Database, ids: readonly string[], columns: readonly RunColumn[]): Promise<ListedRun[]> {
  if (ids.length === 0) return [];
  const namesOf = (kind: RunColumn['kind']) => columns.flatMap((column) => (column.kind === kind ? [column.name] : []));
  const { rows } = await db.query<{ runs: Columns<Row>; metrics: OfRun; params: OfRun; tags: OfRun }>(
    ROWS([ids, namesOf('metric'), namesOf('param'), namesOf('tag')]),
  );
  const { runs, metrics, params, tags } = rows[0]!;
  const byRun = (of: OfRun) => groupsOf(of, ids.length, rowAt<Named>).map((pairs) => new Map(pairs.map(({ key, value }) => [key, value])));
  const values = { metric: byRun(metrics), param: byRun(params), tag: byRun(tags) };
  return rowsOf(runs, (of, nth) => ({
    run_id: of.registry_run_id[nth]!,
    experiment_id: of.experiment_id[nth]!,
    name: of.name[nth]!,
    user_id: of.user_id[nth]!,
    status: of.status[nth]!,
    started_at: isoOf(of.start_ms[nth]!),
    ended_at: of.end_ms[nth] === null ? null : isoOf(of.end_ms[nth]!),
    values: columns.map(({ kind, name }) => values[kind][nth]!.get(name) ?? null),
  }));
}

export const isoOf = (ms: number): string => new Date(ms).toISOString();

/** Runs whose names say which columns are of use. */
const LOOKED_AT = 20;
const USUAL = { metrics: 5, params: 3 } as const;

const COMMON_NAMES = prepare(`
  select 'metric' as kind, key as name, count(*)::int as runs, 2 as texts from registry_run_latest_metrics where registry_run_id = any($1::text[]) group by key
  union all
  select 'param', key, count(*)::int, count(distinct value)::int from registry_run_params where registry_run_id = any($1::text[]) group by key`);

/** Metrics by which models are judged, then those that most runs have; parameters that tell the runs apart. */
async function usualColumns(db: Database, ids: readonly string[]): Promise<RunColumn[]> {
  const { rows } = await db.query<RunColumn & { runs: number; texts: number }>(COMMON_NAMES([ids]));
  const judged = (name: string) => (METRICS_SHOWN_FIRST.includes(name) ? METRICS_SHOWN_FIRST.indexOf(name) : METRICS_SHOWN_FIRST.length);
  const best = rows.toSorted((a, b) => judged(a.name) - judged(b.name) || b.runs - a.runs || (a.name < b.name ? -1 : 1));
  const first = (kind: RunColumn['kind'], most: number) =>
    best
      .filter((row) => row.kind === kind && row.texts > 1)
      .slice(0, most)
      .map(({ name }) => ({ kind, name }));
  return [...first('metric', USUAL.metrics), ...first('param', USUAL.params)];
}

/** Runs whose names are listed. */
const NAMED_RUNS = 500;

const NAMES = prepare(`
  with newest as materialized (
    select registry_run_id from registry_runs where lifecycle_stage = 'active' and ($1::bigint is null or experiment_id = $1)
    order by started_at desc, registry_run_id limit $2
  ) select (select count(*)::int from newest) as looked_at,
    ${['latest_metrics', 'params', 'shown_tags']
      .map(
        (table) => `array(
          select distinct key from newest, lateral (select key from registry_run_${table} k where k.registry_run_id = newest.registry_run_id offset 0) as of_run
          order by key) as ${table}`,
      )
      .join(', ')}`);

/** Names of the metrics, parameters and tags that the newest runs have. */
export async function listLoggedNames(
  db: Database,
  experimentId: string | null,
): Promise<{ looked_at: number; metrics: string[]; params: string[]; tags: string[] }> {
  const { rows } = await db.query<{ looked_at: number; latest_metrics: string[]; params: string[]; shown_tags: string[] }>(
    NAMES([experimentId, NAMED_RUNS]),
  );
  const { looked_at, latest_metrics: metrics, params, shown_tags: tags } = rows[0]!;
  return { looked_at, metrics, params, tags };
}
