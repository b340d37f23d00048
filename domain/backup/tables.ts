import type { PoolClient } from 'pg';
import type { BackedUpSequence, BackedUpTable } from '../../contracts/backup.ts';
import { quoteName } from '../features/offlineTable.ts';

/** A table as it is in the database: what of it needs no reading of rows. */
export type FoundTable = Omit<BackedUpTable, 'rows' | 'part'>;

/** Written by migrations themselves. */
export const NOT_LOADED: readonly string[] = ['public.schema_migrations', 'public.schema_contractions'];

/** Of any schema, whoever made it: nobody has to think of the backup who adds a table. */
const OURS = `n.nspname <> 'information_schema' and n.nspname !~ '^pg_'`;

export const nameOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string =>
  `${quoteName(schema)}.${quoteName(name)}`;
export const plainNameOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;
export const columnsOf = ({ columns }: Pick<FoundTable, 'columns'>): string => columns.map(quoteName).join(', ');

/** Every table that has rows of its own, also each partition, with the SQL that makes it. */
export async function listTables(connection: PoolClient): Promise<FoundTable[]> {
  const { rows } = await connection.query<FoundTable>(
    `select n.nspname as schema, c.relname as name, a.columns,
       case when c.relispartition
         then array[format('create table %s partition of %s %s', c.oid::regclass, parent.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid))]
         else array[format('create table %s (%s)', c.oid::regclass, a.definition)] || k.keys || i.indexes
       end as definition
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     left join pg_inherits parent on parent.inhrelid = c.oid
     cross join lateral (
       select coalesce(array_agg(attname::text order by attnum) filter (where attgenerated = ''), '{}') as columns,
         string_agg(format('%I %s%s%s', attname, format_type(atttypid, atttypmod),
           case when attnotnull then ' not null' end, ' default ' || pg_get_expr(adbin, adrelid)), ', ' order by attnum) as definition
       from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
       where attrelid = c.oid and attnum > 0 and not attisdropped
     ) a
     cross join lateral (
       select coalesce(array_agg(format('alter table %s add constraint %I %s', c.oid::regclass, conname, pg_get_constraintdef(oid)) order by conname), '{}') as keys
       from pg_constraint where conrelid = c.oid and contype in ('p', 'u', 'c', 'f') and conparentid = 0
     ) k
     cross join lateral (
       select coalesce(array_agg(pg_get_indexdef(indexrelid) order by indexrelid::regclass::text), '{}') as indexes
       from pg_index where indrelid = c.oid and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
     ) i
     where c.relkind = 'r' and ${OURS}
     order by 1, 2`,
  );
  return rows;
}

/** Whether a row of any of our tables is there, but for what migrations write. @returns the tables that have one */
export async function listFilled(connection: PoolClient, tables: readonly FoundTable[], seeded: readonly string[]): Promise<string[]> {
  const looked = tables.filter((table) => !seeded.includes(plainNameOf(table)));
  if (looked.length === 0) return [];
  const each = looked.map((table, at) => `select ${at} as at where exists (select from ${nameOf(table)})`);
  const { rows } = await connection.query<{ at: number }>(each.join(' union all '));
  return rows.map(({ at }) => plainNameOf(looked[at]!));
}

/** Where numbers that are given out stand. They are no part of a snapshot: read after it, they are past all that it has. */
export async function listSequences(connection: PoolClient): Promise<BackedUpSequence[]> {
  const { rows: found } = await connection.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'S' and ${OURS} order by 1, 2`,
  );
  if (found.length === 0) return [];
  const each = found.map((sequence, at) => `select ${at} as at, last_value::text, is_called from ${nameOf(sequence)}`);
  const { rows } = await connection.query<{ at: number; last_value: string; is_called: boolean }>(each.join(' union all '));
  return rows.map(({ at, last_value, is_called }) => ({ ...found[at]!, last_value, is_called }));
}

/** Number of the newest migration of the database; null where there is none. */
export async function schemaVersionOf(connection: PoolClient): Promise<number | null> {
  const { rows } = await connection.query<{ there: boolean }>(`select to_regclass('public.schema_migrations') is not null as there`);
  if (!rows[0]!.there) return null;
  const { rows: versions } = await connection.query<{ version: number | null }>('select max(version) as version from schema_migrations');
  return versions[0]!.version;
}

/**
 * How values are written, whoever's session it is; and rows in the order in which they lie, where a large table would else be read from where another reader is.
 */
export const ONE_FORM = `set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'iso_8601'; set local extra_float_digits = 1;
  set local bytea_output = 'hex'; set local synchronize_seqscans = off`;
