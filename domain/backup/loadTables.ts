import type { PoolClient } from 'pg';
import type { BackedUpTable, BackupManifest } from '../../contracts/backup.ts';
import { permanent } from '../../contracts/failures.ts';
import { copyIn } from '../../platform/copy.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { quoteName } from '../features/offlineTable.ts';
import { readPart, type BackupPlace } from './place.ts';
import { columnsOf, nameOf, NOT_LOADED, ONE_FORM, plainNameOf } from './tables.ts';
import type { UnderWay } from './underWay.ts';

interface Load {
  readonly place: BackupPlace;
  readonly manifest: BackupManifest;
  /** In the same transaction */
  readonly atEnd?: (connection: PoolClient) => Promise<unknown>;
}

/**
 * Loads all tables of a backup into a database of its schema, in one transaction: all of them or none. Foreign keys are taken off meanwhile and checked when
 * they are put back; triggers rest, since what they wrote is in the backup too. Neither needs the rights of a superuser.
 */
export const loadTables = (pool: Pool, { place, manifest, atEnd }: Load, { signal, onProgress }: UnderWay): Promise<void> =>
  withTransaction(pool, async (connection) => {
    const tables = manifest.tables.filter((table) => !NOT_LOADED.includes(plainNameOf(table)));
    await connection.query(ONE_FORM);
    await makeMissing(connection, tables);
    const keys = await takeOffForeignKeys(connection);
    const triggered = await listTriggered(connection);
    await inTurn(connection, triggered, (table) => `alter table ${table} disable trigger user`);
    // In a table that this transaction emptied rows are put one after the other, in the order in which they come.
    await connection.query(`truncate ${tables.map(nameOf).join(', ')}`);
    for (const table of tables) {
      await loadTable(connection, place, table, signal);
      onProgress({ table: plainNameOf(table), rows: table.rows });
    }
    for (const { schema, name, last_value, is_called } of manifest.sequences)
      await connection.query('select setval($1::regclass, $2, $3)', [nameOf({ schema, name }), last_value, is_called]);
    await inTurn(connection, keys, ({ table, name, definition }) => `alter table ${table} add constraint ${name} ${definition}`);
    await inTurn(connection, triggered, (table) => `alter table ${table} enable trigger user`);
    await atEnd?.(connection);
  });

async function loadTable(connection: PoolClient, place: BackupPlace, table: BackedUpTable, signal: AbortSignal): Promise<void> {
  let rows = 0;
  const sql = `copy ${nameOf(table)} (${columnsOf(table)}) from stdin`;
  await readPart(place, table.part, async (content) => void (rows = await copyIn(connection, sql, content, signal)), signal);
  if (rows !== table.rows) throw permanent('SourceCorrupt', `${table.part.name} has ${rows} rows, and not ${table.rows}`);
}

/** Tables that no migration makes: partitions of imported sets, offline tables of features. */
async function makeMissing(connection: PoolClient, tables: readonly BackedUpTable[]): Promise<void> {
  for (const table of tables) {
    await connection.query(`create schema if not exists ${quoteName(table.schema)}`);
    const { rows } = await connection.query<{ there: boolean }>('select to_regclass($1) is not null as there', [nameOf(table)]);
    if (!rows[0]!.there) for (const sql of table.definition) await connection.query(sql);
  }
}

interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/** Those of a partitioned table go, and come back, with its partitions'. */
async function takeOffForeignKeys(connection: PoolClient): Promise<ForeignKey[]> {
  const { rows } = await connection.query<ForeignKey>(
    `select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
     from pg_constraint where contype = 'f' and conparentid = 0 order by 1, 2`,
  );
  await inTurn(connection, rows, ({ table, name }) => `alter table ${table} drop constraint ${name}`);
  return rows;
}

async function listTriggered(connection: PoolClient): Promise<string[]> {
  const { rows } = await connection.query<{ table: string }>(
    'select distinct tgrelid::regclass::text as table from pg_trigger where not tgisinternal and tgparentid = 0 order by 1',
  );
  return rows.map(({ table }) => table);
}

async function inTurn<T>(connection: PoolClient, each: readonly T[], sql: (one: T) => string): Promise<void> {
  for (const one of each) await connection.query(sql(one));
}
