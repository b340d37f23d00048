import pg from 'pg';
import type { Database } from '../../platform/postgres.ts';
import type { FeatureType, FeatureValue, FeatureView } from './views/view.ts';

/** Postgres' type for each type of feature. */
export const COLUMN_TYPES: Readonly<Record<FeatureType, string>> = {
  int64: 'bigint',
  float64: 'double precision',
  string: 'text',
  bool: 'boolean',
  timestamp: 'timestamptz',
  int64_list: 'bigint[]',
  float64_list: 'double precision[]',
  string_list: 'text[]',
};

export const quoteName = (name: string): string => pg.escapeIdentifier(name);

/** The view's features as columns: `"rating", "genres"`. */
export const columnsOf = ({ features }: FeatureView, prefix = ''): string =>
  features.map(({ name }) => `${prefix}${quoteName(name)}`).join(', ');

/**
 * Makes the view's offline table, or adds the columns that it lacks. A column of a feature that is no more stays with what it holds.
 * The key serves the join: the latest row of an entity up to a time, and of one time the latest made.
 */
export async function ensureOfflineTable(db: Database, view: FeatureView): Promise<void> {
  const table = quoteName(view.offlineTable);
  await db.query(`create table if not exists ${table} (
    entity_id text not null,
    event_timestamp timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (entity_id, event_timestamp, created_at)
  )`);
  const columns = view.features.map(({ name, type }) => `add column if not exists ${quoteName(name)} ${COLUMN_TYPES[type]}`);
  await db.query(`alter table ${table} ${columns.join(', ')}`);
}

/** A value as the database driver gives it, as features are answered. */
export const toFeatureValue = (value: unknown): FeatureValue => (value instanceof Date ? value.toISOString() : (value as FeatureValue));
