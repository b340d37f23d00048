import type { PoolClient } from 'pg';
import type { FieldError } from '../../../contracts/bounded.ts';
import { COLUMN_TYPES } from '../offlineTable.ts';
import type { FeatureView } from '../views/view.ts';

const ROW = { entity_id: 'text', event_timestamp: 'timestamp with time zone' };

/** What Postgres calls a type, where it is not the name by which we make columns. */
const FULL_NAMES: Readonly<Record<string, string>> = { timestamptz: 'timestamp with time zone' };

/**
 * Has the database plan a view's SQL, without running it, and looks at what it would give.
 * @returns what is wrong, each with its place
 */
export async function validateSql(connection: PoolClient, view: FeatureView): Promise<FieldError[]> {
  const features = Object.fromEntries(view.features.map(({ name, type }) => [name, FULL_NAMES[COLUMN_TYPES[type]] ?? COLUMN_TYPES[type]]));
  const fingerprint = { entity_id: 'text', before: 'bigint', upto: 'bigint' };
  return [
    ...(await checkColumns(connection, `views.${view.name}.source_sql`, view.sourceSql, { ...ROW, ...features })),
    ...(await checkColumns(connection, `views.${view.name}.fingerprint_sql`, view.fingerprintSql, fingerprint)),
    ...(await checkTable(connection, view, features)),
  ];
}

async function checkColumns(
  connection: PoolClient,
  field: string,
  sql: string | null,
  wanted: Readonly<Record<string, string>>,
): Promise<FieldError[]> {
  if (sql === null) return [];
  await connection.query('savepoint try_sql');
  try {
    const { fields } = await connection.query(`select * from (${sql}) s limit 0`, ['-infinity', 'infinity']);
    const types = await connection.query<{ type: string }>(
      'select format_type(oid, null) as type from unnest($1::oid[]) with ordinality as t (oid, nth) order by nth',
      [fields.map(({ dataTypeID }) => dataTypeID)],
    );
    const given = Object.fromEntries(fields.map(({ name }, at) => [name, types.rows[at]!.type]));
    return differences(field, wanted, given, 'the SQL gives');
  } catch (error) {
    await connection.query('rollback to savepoint try_sql');
    return [{ field, message: error instanceof Error ? error.message : String(error) }];
  }
}

/** A column keeps its type: what is there cannot be read as another. */
async function checkTable(connection: PoolClient, { name, offlineTable }: FeatureView, wanted: Readonly<Record<string, string>>) {
  const { rows } = await connection.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, null) as type from pg_attribute
     where attrelid = to_regclass(quote_ident($1)) and attnum > 0 and not attisdropped`,
    [offlineTable],
  );
  const given = Object.fromEntries(rows.map((row) => [row.name, row.type]));
  const there = Object.fromEntries(Object.entries(wanted).filter(([column]) => column in given));
  return differences(`views.${name}.features`, there, given, 'there are values of');
}

const differences = (
  field: string,
  wanted: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
  who: string,
): FieldError[] =>
  Object.entries(wanted)
    .filter(([column, type]) => given[column] !== type)
    .map(([column, type]) => ({ field, message: `${column} should be ${type}, and ${who} ${given[column] ?? 'none'}` }));
