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
 *
 * A table that lacks nothing is left alone: `alter table` waits until nobody reads or writes it, also where it has nothing to do, and whoever comes
 * after waits behind it.
 */
export async function ensureOfflineTable(db: Database, view: FeatureView): Promise<void> {
  const table = quoteName(view.offlineTable);
  await db.query(`create table if not exists ${table} (
    entity_id text not null,
    event_timestamp timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (entity_id, event_timestamp, created_at)
  )`);
  const { rows } = await db.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
    [table],
  );
  const lacking = view.features.filter(({ name }) => !rows.some((column) => column.name === name));
  if (lacking.length === 0) return;
  await db.query(
    `alter table ${table} ${lacking.map(({ name, type }) => `add column ${quoteName(name)} ${COLUMN_TYPES[type]}`).join(', ')}`,
  );
}

/** A value as the database driver gives it, as features are answered. */
export const toFeatureValue = (value: unknown): FeatureValue => (value instanceof Date ? value.toISOString() : (value as FeatureValue));
