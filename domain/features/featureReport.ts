import type { ViewReport } from '../../contracts/featureRegistry.ts';
import type { Database } from '../../platform/postgres.ts';
import { quoteName } from './offlineTable.ts';
import type { Feature, FeatureRule, FeatureView } from './views/view.ts';

interface Figures {
  rows: number;
  computed_to: Date | null;
  newest_event: Date | null;
  newest_row: Date | null;
  [figure: `nulls_${number}` | `outside_${number}`]: number;
  [figure: `min_${number}` | `max_${number}`]: number | Date | null;
}

/** The views that were ever computed, each with when that was last. */
export async function listComputedViews(db: Database): Promise<{ view: string; computed_at: Date }[]> {
  const { rows } = await db.query<{ view: string; computed_at: Date }>('select view, computed_at from feature_view_state');
  return rows;
}

/** What is in a view's offline table, and what of it breaks a rule. Of rows that were made anew the latest counts. */
export async function reportView(db: Database, view: FeatureView): Promise<ViewReport> {
  const parameters: unknown[] = [view.name];
  const columns = view.features.map((feature, at) => figuresOf(feature, at, (value) => `$${parameters.push(value)}`));
  const { rows } = await db.query<Figures>(
    `select count(*) as rows, max(event_timestamp) as newest_event, max(created_at) as newest_row,
       (select computed_to from feature_view_state where view = $1) as computed_to, ${columns.join(', ')}
     from (
       select distinct on (entity_id, event_timestamp) * from ${quoteName(view.offlineTable)}
       order by entity_id, event_timestamp, created_at desc
     ) latest`,
    parameters,
  );
  const figures = rows[0]!;
  return {
    view: view.name,
    rows: figures.rows,
    computed_to: figures.computed_to?.toISOString() ?? null,
    newest_event: figures.newest_event?.toISOString() ?? null,
    newest_row: figures.newest_row?.toISOString() ?? null,
    features: view.features.map(({ name, rule }, at) => ({
      feature: name,
      null_rate: figures.rows === 0 ? null : figures[`nulls_${at}`]! / figures.rows,
      min: boundOf(figures[`min_${at}`]),
      max: boundOf(figures[`max_${at}`]),
      broken: rule ? brokenRules(rule, figures.rows, figures[`nulls_${at}`]!, figures[`outside_${at}`]!) : [],
      severity: rule ? (rule.severity ?? 'warn') : null,
    })),
  };
}

export const reportViews = async (db: Database, views: readonly FeatureView[]): Promise<ViewReport[]> => {
  const reports: ViewReport[] = [];
  // One after the other: each reads a whole table.
  for (const view of views) reports.push(await reportView(db, view));
  return reports;
};

/** Columns `nulls_<at>`, `min_<at>`, `max_<at>` and `outside_<at>`: the last is how many values are not within min and max, or none of `oneOf`. */
function figuresOf({ name, type, rule = {} }: Feature, at: number, bind: (value: unknown) => string): string {
  const column = quoteName(name);
  const isList = type.endsWith('_list');
  const hasBounds = /^(int64|float64|timestamp)/.test(type);
  const bound = (of: 'min' | 'max') => {
    if (!hasBounds) return 'null';
    const extreme = `${of}(${isList ? `(select ${of}(item) from unnest(${column}) item)` : column})`;
    return type === 'timestamp' ? extreme : `${extreme}::float8`;
  };
  const outside = [
    rule.min !== undefined && `item < ${bind(rule.min)}::float8`,
    rule.max !== undefined && `item > ${bind(rule.max)}::float8`,
    rule.oneOf && `not (item = any(${bind(rule.oneOf)}::text[]))`,
  ].filter((condition) => typeof condition === 'string');
  const items = isList ? `unnest(${column})` : `(values (${column}))`;
  const isOutside = outside.length > 0 ? `exists (select from ${items} as value (item) where ${outside.join(' or ')})` : 'false';
  return `count(*) filter (where ${column} is null) as nulls_${at}, ${bound('min')} as min_${at}, ${bound('max')} as max_${at},
    count(*) filter (where ${isOutside}) as outside_${at}`;
}

const boundOf = (value: number | Date | null | undefined) => (value instanceof Date ? value.toISOString() : (value ?? null));

function brokenRules({ min, max, oneOf, maxNullRate }: FeatureRule, rows: number, nulls: number, outside: number): string[] {
  const good = [min !== undefined && `≥ ${min}`, max !== undefined && `≤ ${max}`, oneOf && `one of ${oneOf.join(', ')}`].filter(Boolean);
  const nullRate = rows === 0 ? 0 : nulls / rows;
  return [
    ...(outside > 0 ? [`${outside} of ${rows} values are not ${good.join(' and ')}`] : []),
    ...(maxNullRate !== undefined && nullRate > maxNullRate
      ? [`${nulls} of ${rows} are null, which is more than a share of ${maxNullRate}`]
      : []),
  ];
}
