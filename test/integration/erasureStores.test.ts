import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BLOB_KINDS } from '../../contracts/blobCleanup.ts';
import { BLOBS, STORE_NAMES, TABLES } from '../../domain/erasure/stores.ts';
import { definitionsWith } from '../../domain/features/definitions.ts';
import { applyDefinitions } from '../../domain/features/registry/apply.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const definitions = definitionsWith({ movieAttributes: [{ name: 'brand', type: 'string', column: 'brand' }] });
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await applyDefinitions(database.pool, definitions, { by: 'test' });
});
afterAll(() => database.drop());

/** Tables, but partitions, which are their table's. */
async function tables(): Promise<string[]> {
  const { rows } = await database.pool.query<{ name: string }>(
    `select relname as name from pg_class c join pg_namespace n on n.oid = relnamespace
     where relkind in ('r', 'p') and not relispartition and nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1`,
  );
  const offline = definitions.views.map(({ offlineTable }) => offlineTable);
  return rows.map(({ name }) => name).filter((name) => !offline.includes(name));
}

/** By their names columns of these hold ids of users; in the tables that hold none they are somebody else's. */
const NOT_OF_USERS = ['registry_runs.user_id', 'erasures.user_id', 'erased_users.user_hash'];

describe('the inventory of what can hold a user', () => {
  test('has every table, and none that is not there', async () => {
    expect(await tables()).toEqual(Object.keys(TABLES).sort());
  });

  test('says of no table with a column for a user that it holds none', async () => {
    const { rows } = await database.pool.query<{ at: string; name: string }>(
      `select table_name || '.' || column_name as at, table_name as name from information_schema.columns
       where table_schema = 'public' and data_type not in ('integer', 'bigint') -- which count
         and column_name ~ '^(users?(_.*)?|entity_id|aggregateid)$' order by 1`,
    );
    const none = rows.filter(({ name }) => TABLES[name] && 'none' in TABLES[name]).map(({ at }) => at);
    expect(none.toSorted()).toEqual(NOT_OF_USERS.toSorted());
  });

  test('has every folder of the blob store', () => {
    expect(Object.keys(BLOBS).sort()).toEqual([...BLOB_KINDS, 'erasures'].sort());
  });

  test('is told by docs/erasure.md store by store', () => {
    const page = readFileSync(path.join(PROJECT_ROOT, 'docs', 'erasure.md'), 'utf8');
    const told = [...page.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(told.toSorted()).toEqual(STORE_NAMES.toSorted());
  });
});
