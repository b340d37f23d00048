import type { Database } from '../../platform/postgres.ts';
import type { LoggedMetric } from './clientRuns.ts';
import { columnsSql, rowsOf, type Columns } from './columns.ts';

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

const POINT = `key, case when value = 'NaN' then to_json('NaN'::text) else to_json(value) end as value, step,
  (extract(epoch from recorded_at) * 1000)::bigint as timestamp`;

const POINT_COLUMNS = ['value', 'step', '(extract(epoch from recorded_at) * 1000)::bigint'];
const pointOf =
  (key: string) =>
  (value: LoggedMetric['value'], step: number, timestamp: number): LoggedMetric => ({ key, value, step, timestamp });

/** Points of one metric of one run in the order of their times, then steps and values. */
export async function readMetricHistory(
  db: Database,
  { runId, key, limit, after }: { runId: string; key: string; limit: number | null; after: HistoryPlace | null },
): Promise<LoggedMetric[]> {
  const { rows } = await db.query<{ points: Columns }>(
    `select ${columnsSql(POINT_COLUMNS, 'recorded_at, step, value')} as points from (
       select * from registry_run_metrics m
       where registry_run_id = $1 and key = $2
         and ($4::bigint is null or (recorded_at, step, m.value) > (to_timestamp(0) + $4 * interval '1 ms', $5::bigint, $6::float8))
       order by recorded_at, step, m.value limit $3
     ) as page`,
    [runId, key, limit, after?.timestamp ?? null, after?.step ?? null, after?.value ?? null],
  );
  return rowsOf(rows[0]!.points, pointOf(key));
}

/** Points of one metric of several runs, run after run. */
export async function readMetricHistories(
  db: Database,
  { runIds, key, limit }: { runIds: readonly string[]; key: string; limit: number },
): Promise<RunMetric[]> {
  const { rows } = await db.query<RunMetric>(
    `select registry_run_id as run_id, ${POINT} from registry_run_metrics m
     where registry_run_id = any($1::text[]) and key = $2
     order by registry_run_id, recorded_at, step, m.value limit $3`,
    [runIds, key, limit],
  );
  return rows;
}

/**
 * So many points a run at most, evenly spread over its history by step; the first and the last are always among them, of one alone the last.
 * @param steps the first and the last step to look at; null for all
 */
export async function sampleMetricHistories(
  db: Database,
  { runIds, key, points, steps }: { runIds: readonly string[]; key: string; points: number; steps: readonly [number, number] | null },
): Promise<RunMetric[]> {
  const { rows } = await db.query<{ run_id: string; points: Columns }>(
    `with numbered as (
       select registry_run_id, key, value, step, recorded_at,
         row_number() over run - 1 as nth, count(*) over (partition by registry_run_id) as total
       from registry_run_metrics m
       where registry_run_id = any($1::text[]) and key = $2 and ($4::bigint is null or step between $4 and $5)
       window run as (partition by registry_run_id order by step, recorded_at, value)
     )
     select registry_run_id as run_id, ${columnsSql(POINT_COLUMNS, 'nth')} as points from numbered
     where total <= $3::bigint or nth = total - 1
       -- evenly spaced: nth is floor(j * (total - 1) / (points - 1)) of some j, and j can only be the one that is rounded up here
       or (nth * ($3 - 1) + total - 2) / nullif(total - 1, 0) * (total - 1) / nullif($3 - 1, 0) = nth
     group by registry_run_id order by array_position($1::text[], registry_run_id)`,
    [runIds, key, points, steps?.[0] ?? null, steps?.[1] ?? null],
  );
  const one = pointOf(key);
  return rows.flatMap(({ run_id, points: found }) => rowsOf(found, one).map((point) => ({ run_id, ...point })));
}
