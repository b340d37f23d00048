import type { SetRef, StagedKind } from '../../../contracts/dataImport.ts';
import type { RuleReport } from '../../../contracts/quality.ts';
import type { Database } from '../../../platform/postgres.ts';
import { percent } from './checkRows.ts';
import type { QualityBounds } from '../../../contracts/settings/quality.ts';

/** What earlier published runs of the same data brought, since it is here. */
export interface PublishedBefore {
  /** Middle of the last runs' rows, by kind; none where nothing was published yet. */
  readonly medians: Readonly<Partial<Record<StagedKind, number>>>;
  /** Newest rating of the last one. */
  readonly newestAt: Date | null;
}

export async function readPublishedBefore(
  db: Database,
  { dataset, source }: Pick<SetRef, 'dataset' | 'source'>,
  runs: number,
): Promise<PublishedBefore> {
  const { rows } = await db.query<{ kind: StagedKind; median: number; newest_at: Date | null }>(
    `with last as (
       select row_counts, newest_at, checked_at from quality_reports
       where dataset = $1 and published_at >= (select added_at from data_sets where name = $3) order by checked_at desc limit $2
     )
     select key as kind, percentile_cont(0.5) within group (order by value::float8) as median,
       (select newest_at from last order by checked_at desc limit 1) as newest_at
     from last, jsonb_each_text(row_counts) group by key`,
    [dataset, runs, source],
  );
  return { medians: Object.fromEntries(rows.map(({ kind, median }) => [kind, median])), newestAt: rows[0]?.newest_at ?? null };
}

/** That there is something to publish, and not far less than there was. */
export function judgeVolume(kind: StagedKind, rows: number, before: PublishedBefore, { maxVolumeDrop }: QualityBounds): RuleReport {
  const median = before.medians[kind];
  const least = median === undefined ? 1 : Math.max(1, Math.ceil(median * (1 - maxVolumeDrop)));
  const than = median === undefined ? '' : `, at most ${percent(maxVolumeDrop)} below the ${median} of the last runs`;
  const detail = `${rows} rows; at least ${least}${than}`;
  return { rule: `${kind}.volume`, check: 'volume', passed: rows >= least, offending: 0, of: rows, detail, sample: [] };
}

const DAY_MS = 86_400_000;
const text = (at: Date) => at.toISOString();

/** That the newest rating is not older than what is published, and not older than wanted. */
export function judgeFreshness(newestAt: Date | null, rows: number, before: PublishedBefore, { maxAgeDays }: QualityBounds): RuleReport {
  const bounds = [before.newestAt, maxAgeDays === undefined ? null : new Date(Date.now() - maxAgeDays * DAY_MS)].filter(
    (at) => at !== null,
  );
  const least = bounds.length === 0 ? null : new Date(Math.max(...bounds.map(Number)));
  const passed = least === null || (newestAt !== null && newestAt >= least);
  const detail = `the newest rating is of ${newestAt ? text(newestAt) : 'no time'}${least ? `, and may not be older than ${text(least)}` : ''}`;
  return { rule: 'ratings.fresh', check: 'freshness', passed, offending: 0, of: rows, detail, sample: [] };
}
