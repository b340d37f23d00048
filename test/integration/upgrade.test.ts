import { afterEach, expect, test } from '@jest/globals';
import pg from 'pg';
import { listMissing, listTouched, runMigrations, runPhase } from '../../platform/migrate.ts';
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts';
import { statementsOf0_3 } from '../support/release0_3.ts';
import { waitFor } from '../support/waitFor.ts';

const SCHEMA_OF_0_3 = 11;
const opened: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.drop()));
});

/** A database as 0.3.0 leaves it, with a movie, a rating and a set. */
async function openOf0_3(): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  opened.push(database);
  await runMigrations(database.url, SCHEMA_OF_0_3);
  await database.pool.query(`
    insert into movies (movie_id, title, source) values (1, 'Toy Story (1995)', 'movielens');
    insert into ratings (user_id, movie_id, rating, rated_at, source) values ('1', 1, 4, '2026-01-01', 'movielens');
    insert into quality_reports (run_id, dataset, passed, row_counts, rules, published_at)
    values ('collection/1', 'movielens:small', true, '{}', '[]', '2026-01-01')`);
  return database;
}

/** What release 0.3.0 asks, one after the other. */
async function ask({ pool }: TestDatabase, nth: number) {
  const answers: { what: string; rows: number | string | null }[] = [];
  for (const { what, sql, values } of statementsOf0_3(nth))
    answers.push({
      what,
      rows: await pool.query(sql, [...values]).then(
        ({ rowCount }) => rowCount,
        (error: Error) => error.message,
      ),
    });
  return answers;
}
const expected = statementsOf0_3(1).map(({ what, rows }) => ({ what, rows }));

test('what 0.3.0 writes and reads works before the schema is expanded and afterwards', async () => {
  const database = await openOf0_3();
  expect(await ask(database, 1)).toEqual(expected);
  expect((await runPhase(database.url, 'expand'))[0]).toBe(SCHEMA_OF_0_3 + 1);
  expect(await ask(database, 2)).toEqual(expected);
});

test('what 0.3.0 wrote into the expanded schema stands, once it is contracted, where this release looks', async () => {
  const database = await openOf0_3();
  await runPhase(database.url, 'expand');
  await ask(database, 1);
  await database.pool.query(`insert into quality_reports (run_id, dataset, passed, row_counts, rules, published_at)
    select run_id || '-' || dataset, dataset, true, '{}', '[]', now()
    from (values ('import/1', 'gone'), ('import/2', 'movielens:small')) as late (run_id, dataset)`);
  expect(await runPhase(database.url, 'contract')).toEqual([51]);
  const { rows: metrics } = await database.pool.query('select key, step, value from registry_run_latest_metrics');
  expect(metrics).toEqual([{ key: 'ndcg_at_10', step: 2, value: 0.3 }]);
  const { rows: sets } = await database.pool.query('select name from data_sets');
  expect(sets).toEqual([{ name: 'movielens' }]);
  const { rows: columns } = await database.pool.query(
    `select from information_schema.columns where column_name = 'artifact_uri' and table_name = 'registry_runs'`,
  );
  expect(columns).toEqual([]);
});

test('a database that comes from 0.3.0 ends with the schema of one that is new', async () => {
  const [upgraded, fresh] = [await openOf0_3(), await createEmptyDatabase()];
  opened.push(fresh);
  await runMigrations(upgraded.url);
  await runMigrations(fresh.url);
  expect(await schemaOf(upgraded)).toEqual(await schemaOf(fresh));
});

test('where one migration fails, none of them was', async () => {
  const database = await openOf0_3();
  await database.pool.query('create table canary_rollouts (of_somebody_else text)'); // 041 makes it
  await expect(runPhase(database.url, 'expand')).rejects.toThrow(/canary_rollouts/);
  const { rows } = await database.pool.query('select max(version)::integer as version from schema_migrations');
  expect(rows).toEqual([{ version: SCHEMA_OF_0_3 }]);
});

test('a schema that somebody reads from is waited for, and nobody who asks meanwhile waits behind us for longer than a moment', async () => {
  const database = await openOf0_3();
  const reader = new pg.Client({ connectionString: database.url });
  await reader.connect();
  await reader.query('begin; select from ratings');
  const expanding = runPhase(database.url, 'expand');
  await waitFor('the lock is asked for', async () => {
    const { rows } = await database.pool.query(
      `select from pg_stat_activity where datname = current_database() and query like 'lock table%'`,
    );
    return rows.length > 0;
  });
  expect((await database.pool.query('select from ratings')).rowCount).toBe(1);
  await reader.query('commit');
  await reader.end();
  expect((await expanding).length).toBeGreaterThan(0);
});

test('what is missing is told by phase, with the tables that it touches', async () => {
  const database = await openOf0_3();
  const missing = await listMissing(database.pool, 'expand');
  expect(missing[0]).toMatchObject({ number: 12, name: 'user_choices' });
  const touched = (await listTouched(database.pool, missing.slice(0, 1))).map(({ name }) => name);
  expect(touched).toEqual(['interactions', 'ratings']);
  expect((await listMissing(database.pool, 'contract')).map(({ number }) => number)).toEqual([51]);
});

/** Columns, constraints, indexes, triggers, views and functions. */
async function schemaOf({ pool }: TestDatabase): Promise<unknown> {
  const { rows } = await pool.query(`
    select 'column' as kind, table_name || '.' || column_name as name, concat_ws(' ', data_type, column_default, is_nullable) as says
    from information_schema.columns where table_schema = 'public'
    union all select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) from pg_constraint
      where connamespace = 'public'::regnamespace
    union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
    union all select 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select 'view', viewname, definition from pg_views where schemaname = 'public'
    union all select 'function', proname, prosrc from pg_proc where pronamespace = 'public'::regnamespace
    order by 1, 2, 3`);
  return rows;
}
