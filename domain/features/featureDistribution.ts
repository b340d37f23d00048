import type { FeatureDistribution } from '../../contracts/featureRegistry.ts';
import type { Database } from '../../platform/postgres.ts';
import { quoteName } from './offlineTable.ts';
import type { Feature, FeatureView } from './views/view.ts';

const SPANS = 12;
const DAY_MS = 86_400_000;
/** Of 8 kB each, some 100 rows: of a table of any size as many are read. */
const PAGES_AT_MOST = 1_000;
const PAGE_BYTES = 8_192;

interface Row {
  readonly span: number;
  readonly newest: Date;
  readonly rows: number;
  readonly [figure: `nulls_${number}` | `distinct_${number}`]: number;
  readonly [quantiles: `quantiles_${number}`]: readonly [low: number, middle: number, high: number] | null;
}
type Span = FeatureDistribution['spans'][number];

/**
 * How the values of a view went over the last days, up to its newest row. Whole pages of the table are drawn by lot, the same each time, so that a table of any
 * size costs the same. Of rows in the sample that were made anew the latest counts.
 * @returns no span at all where the view has no row
 */
export async function readDistribution(db: Database, view: FeatureView, days: number): Promise<FeatureDistribution> {
  const table = quoteName(view.offlineTable);
  const { rows: sizes } = await db.query<{ bytes: number | null }>('select pg_relation_size(to_regclass($1)) as bytes', [table]);
  const bytes = sizes[0]?.bytes ?? null;
  if (bytes === null) return { view: view.name, sampled: 1, spans: [] }; // its definition is not applied yet
  const sampled = Math.min(1, (PAGES_AT_MOST * PAGE_BYTES) / Math.max(1, bytes));
  const { rows } = await db.query<Row>(
    `with sample as (
       select distinct on (entity_id, event_timestamp) * from ${table} tablesample system ($1) repeatable (1)
       order by entity_id, event_timestamp, created_at desc
     ), placed as (
       select *, $2 - extract(epoch from newest - event_timestamp)::float8 as elapsed
       from (select *, max(event_timestamp) over () as newest from sample) dated
     )
     select least(${SPANS - 1}, floor(elapsed * ${SPANS} / $2))::int as span, newest, count(*) as rows, ${view.features.map(figuresOf).join(', ')}
     from placed where elapsed >= 0 group by 1, 2`,
    [100 * sampled, (days * DAY_MS) / 1_000],
  );
  const newest = rows[0]?.newest.getTime();
  const stepMs = (days * DAY_MS) / SPANS;
  const spans = Array.from({ length: newest === undefined ? 0 : SPANS }, (_, at): Span => {
    const until = newest! - (SPANS - 1 - at) * stepMs;
    const row = rows.find(({ span }) => span === at);
    return {
      from: new Date(until - stepMs).toISOString(),
      until: new Date(until).toISOString(),
      rows: row?.rows ?? 0,
      features: view.features.map(({ name }, nth) => toFigures(name, nth, row)),
    };
  });
  return { view: view.name, sampled, spans };
}

function figuresOf({ name, type }: Feature, at: number): string {
  const column = quoteName(name);
  const isNumber = type === 'int64' || type === 'float64';
  const quantiles = isNumber ? `percentile_cont(array[0.1, 0.5, 0.9]) within group (order by ${column}::float8)` : 'null::float8[]';
  return `count(*) filter (where ${column} is null) as nulls_${at}, count(distinct ${column}) as distinct_${at}, ${quantiles} as quantiles_${at}`;
}

function toFigures(feature: string, at: number, row: Row | undefined): Span['features'][number] {
  const [low, middle, high] = row?.[`quantiles_${at}`] ?? [null, null, null];
  return { feature, null_rate: row ? row[`nulls_${at}`]! / row.rows : null, low, middle, high, distinct: row?.[`distinct_${at}`] ?? 0 };
}
