import { prepare, type Database } from '../../platform/postgres.ts';
import type { LoggedMetric } from './wholeRuns.ts';
import { columnsSql, msSql, rowsOf, type Columns } from './columns.ts';

/** A point with the run that it is of. */
export interface RunMetric extends LoggedMetric {
  readonly run_id: string;
}

/** Where a page of a history ended. */
export interface HistoryPlace {
  readonly timestamp: number;
  readonly step: number;
  readonly value: number | 'NaN';
}

type Point = Omit<LoggedMetric, 'key'>;
const POINTS = { value: 'value', step: 'step', timestamp: msSql('recorded_at') } satisfies Readonly<Record<keyof Point, string>>;
const ORDER = 'recorded_at, step, value';

/** @param after SQL of the place behind which the page begins, so that it begins there in the index, whatever plan Postgres keeps */
const pageSql = (after: string) => `
  select ${columnsSql(POINTS, ORDER)} as points from (
    select value, step, recorded_at from registry_run_metrics m where registry_run_id = $1 and key = $2 ${after}
    order by recorded_at, step, m.value limit $3
  ) as page`;
const FIRST_PAGE = prepare(pageSql(''));
const NEXT_PAGE = prepare(
  pageSql(`and (recorded_at, step, m.value) > (to_timestamp(0) + $4::bigint * interval '1 ms', $5::bigint, $6::float8)`),
);

/** Points of one metric of one run in the order of their times, then steps and values. */
export async function readMetricHistory(
  db: Database,
  { runId, key, limit, after }: { runId: string; key: string; limit: number | null; after: HistoryPlace | null },
): Promise<LoggedMetric[]> {
  const page = after ? NEXT_PAGE([runId, key, limit, after.timestamp, after.step, after.value]) : FIRST_PAGE([runId, key, limit]);
  const { rows } = await db.query<{ points: Columns<Point> }>(page);
  return rowsOf(rows[0]!.points, ({ value, step, timestamp }, nth) => ({
    key,
    value: value[nth]!,
    step: step[nth]!,
    timestamp: timestamp[nth]!,
  }));
}

const HISTORIES = prepare(`
  select ${columnsSql({ run_id: 'registry_run_id', ...POINTS }, `registry_run_id, ${ORDER}`)} as points from (
    select registry_run_id, value, step, recorded_at from registry_run_metrics m where registry_run_id = any($1::text[]) and key = $2
    order by registry_run_id, recorded_at, step, m.value limit $3
  ) as page`);

/** Points of one metric of several runs, run after run. */
export async function readMetricHistories(
  db: Database,
  { runIds, key, limit }: { runIds: readonly string[]; key: string; limit: number },
): Promise<RunMetric[]> {
  const { rows } = await db.query<{ points: Columns<Omit<RunMetric, 'key'>> }>(HISTORIES([runIds, key, limit]));
  return rowsOf(rows[0]!.points, ({ run_id, value, step, timestamp }, nth) => ({
    run_id: run_id[nth]!,
    key,
    value: value[nth]!,
    step: step[nth]!,
    timestamp: timestamp[nth]!,
  }));
}

const SAMPLES = prepare(`
  select id as run_id, points from unnest($1::text[]) with ordinality as asked (id, place), lateral (
    select count(*) as total,
      ${['value', 'step', 'recorded_at'].map((column) => `array_agg(${column} order by step, recorded_at, value) as ${column}`).join(', ')}
    from registry_run_metrics where registry_run_id = id and key = $2 and ($4::bigint is null or step between $4 and $5)
  ) as history, lateral (
    select ${columnsSql({ value: 'value[nth]', step: 'step[nth]', timestamp: msSql('recorded_at[nth]') }, 'nth')} as points from (
      select 1 + case when total <= $3 then j when $3 = 1 then total - 1 else j * (total - 1) / ($3 - 1) end as nth
      from generate_series(0, least(total, $3::bigint) - 1) as j
    ) as spread
  ) as sample
  order by place`);

/**
 * So many points a run at most, evenly spread over its history by step; the first and the last are always among them, of one alone the last.
 * @param steps the first and the last step to look at; null for all
 */
export async function sampleMetricHistories(
  db: Database,
  { runIds, key, points, steps }: { runIds: readonly string[]; key: string; points: number; steps: readonly [number, number] | null },
): Promise<RunMetric[]> {
  const { rows } = await db.query<{ run_id: string; points: Columns<Point> }>(
    SAMPLES([[...new Set(runIds)], key, points, steps?.[0] ?? null, steps?.[1] ?? null]),
  );
  return rows.flatMap(({ run_id, points: found }) =>
    rowsOf(found, ({ value, step, timestamp }, nth) => ({ run_id, key, value: value[nth]!, step: step[nth]!, timestamp: timestamp[nth]! })),
  );
}
