import type { PoolClient } from 'pg';
import type { FeatureDefinitions } from './definitions.ts';
import { quoteName, toFeatureValue } from './offlineTable.ts';
import { findFeature, isOnDemand, storedFeatures, type FoundFeature } from './references.ts';
import type { FeatureValue, FeatureView } from './views/view.ts';

export interface PointInTimeRequest {
  /**
   * A query that gives the rows to join to: whatever columns, and among them `event_timestamp` (when the row is of) and the key of each entity
   * that is asked about (`movie_id`, `user_id`) as text.
   */
  readonly labelsSql: string;
  /** Of its parameters */
  readonly parameters?: readonly unknown[];
  /** Features asked for, `view:feature` */
  readonly references: readonly string[];
}

export interface JoinedRow<Label> {
  readonly label: Label;
  /** By reference; null where there was no value at the time */
  readonly features: Readonly<Record<string, FeatureValue>>;
}

const ROWS_AT_A_TIME = 5_000;

/**
 * Gives each row the values that its features had at its own time, and nothing later: of the rows with event_timestamp ≤ the row's time, and
 * not older than the view's ttl by then (exactly as old counts), the latest; of those at one time the one made last. A row is given once,
 * also where nothing is known of it. One statement, read through a cursor inside the caller's transaction: memory is one batch.
 * @throws Failure `invalid` for a reference that names none
 */
export async function* joinAtTheirTime<Label extends object>(
  connection: PoolClient,
  definitions: FeatureDefinitions,
  request: PointInTimeRequest,
): AsyncGenerator<JoinedRow<Label>> {
  const stored = storedFeatures(definitions, request.references);
  const featuresOf = createFeatureReader(definitions, request.references, stored);
  await connection.query(`declare joined no scroll cursor for ${pointInTimeSql(request.labelsSql, stored)}`, [
    ...(request.parameters ?? []),
  ]);
  for (;;) {
    const { rows } = await connection.query<Label & Record<string, unknown>>(`fetch ${ROWS_AT_A_TIME} from joined`);
    if (rows.length === 0) break;
    for (const row of rows) yield { label: row, features: featuresOf(row) };
  }
  await connection.query('close joined');
}

const columnOf = (position: number) => `feature_${position}`;

/** For each view one seek per row in the index (entity_id, event_timestamp, created_at); bench/pit.ts holds it against a merge by sorting. */
function pointInTimeSql(labelsSql: string, stored: readonly FoundFeature[]): string {
  const views = [...new Set(stored.map(({ view }) => view as FeatureView))];
  const aliasOf = (view: FeatureView) => `view_${views.indexOf(view)}`;
  const columns = stored.map(
    ({ view, feature }, position) => `, ${aliasOf(view as FeatureView)}.${quoteName(feature.name)} as ${columnOf(position)}`,
  );
  return `select labels.*${columns.join('')} from (${labelsSql}) labels ${views.map((view) => seekLatest(view, aliasOf(view))).join(' ')}`;
}

function seekLatest({ offlineTable, entity, ttlSeconds }: FeatureView, alias: string): string {
  // Seconds, not days: a day of a session's time zone may have 23 hours.
  const withinTtl = ttlSeconds === null ? '' : `and o.event_timestamp >= labels.event_timestamp - interval '${ttlSeconds} seconds'`;
  return `left join lateral (
    select * from ${quoteName(offlineTable)} o
    where o.entity_id = labels.${quoteName(entity.joinKey)} and o.event_timestamp <= labels.event_timestamp ${withinTtl}
    order by o.event_timestamp desc, o.created_at desc limit 1
  ) ${alias} on true`;
}

/** @returns what turns a row's columns into the features asked for, computing the on-demand ones */
function createFeatureReader(definitions: FeatureDefinitions, references: readonly string[], stored: readonly FoundFeature[]) {
  const asked = references.map((reference) => findFeature(definitions, reference));
  return (row: Record<string, unknown>): Record<string, FeatureValue> => {
    const values = Object.fromEntries(stored.map(({ reference }, position) => [reference, toFeatureValue(row[columnOf(position)])]));
    return Object.fromEntries(
      asked.map(({ reference, view, feature }) => [
        reference,
        (isOnDemand(view) ? view.compute(values)[feature.name] : values[reference]) ?? null,
      ]),
    );
  };
}
