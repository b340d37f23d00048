import { expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT, readVersion } from '../../../platform/config.ts';
import { listMigrations } from '../../../platform/migrate.ts';
import { narrowingOf } from '../../support/narrowing.ts';

/** Of before expanding and contracting were told apart, so never edited; why processes of 0.3.0 go on all the same. */
const EARLIER: Readonly<Record<number, string>> = {
  12: 'interactions are written anew, once',
  15: '050 gives the columns back',
  18: 'the same reference, which also follows a new id',
  23: 'aliases of more letters are taken',
  33: 'the same columns in another order, and a trigger in place of the references',
  34: 'more kinds, of a table that 0.3.0 lacks',
};

const releases = async () =>
  JSON.parse(await readFile(path.join(PROJECT_ROOT, 'data', 'migrations', 'releases.json'), 'utf8')) as Record<string, number>;

test('no migration after the last release takes from the release before what it needs, but in the contract phase', async () => {
  const newest = Math.max(...Object.values(await releases()));
  const expanding = (await listMigrations()).filter(({ number, phase }) => phase === 'expand' && number > newest);
  const found = await Promise.all(
    expanding
      .filter(({ number }) => EARLIER[number] === undefined)
      .map(async ({ file }) => ({ file: path.basename(file), narrows: narrowingOf(await readFile(file, 'utf8')) })),
  );
  expect(found.filter(({ narrows }) => narrows.length > 0)).toEqual([]);
});

test('every exception is of a migration that would be refused', async () => {
  const migrations = await listMigrations();
  const narrowing = await Promise.all(
    Object.keys(EARLIER).map(async (number) => {
      const file = migrations.find((migration) => migration.number === Number(number))!.file;
      return narrowingOf(await readFile(file, 'utf8')).length;
    }),
  );
  expect(narrowing.filter((count) => count === 0)).toEqual([]);
});

test('a number is given once, in whichever phase, and a release that is known is not newer than this one', async () => {
  const numbers = (await listMigrations()).map(({ number }) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(Object.keys(await releases())).toContain(await readVersion());
});

test.each([
  ['alter table movies drop column title;', 'takes away'],
  ['drop view user_choices;', 'takes away'],
  ['alter table movies rename to films;', 'renames'],
  ['alter table movies alter column title type varchar(20);', 'changes a type'],
  ['alter table movies alter column release_year set not null;', 'asks for a value'],
  ['alter table movies add column adult boolean not null;', 'asks for a value'],
  ['alter table movies add seq bigint generated always as identity;', 'writes every row anew'],
  ['alter table movies add constraint short check (length(title) < 20);', 'refuses rows'],
  ['create unique index titles on movies (title);', 'refuses rows'],
  ['delete from movies where title = $$a$$;', 'removes rows'],
])('%s is refused: it %s', (sql, what) => {
  expect(narrowingOf(sql)).toEqual([expect.stringContaining(what)]);
});

test.each([
  'alter table movies add column adult boolean;',
  'alter table movies add column adult boolean not null default false, add column made_in text;',
  'create table a (b integer); alter table a add constraint positive check (b > 0); create unique index only_one on a (b);',
  'create index movies_by_year on movies (release_year);',
  'create function clean() returns trigger language plpgsql as $$ begin delete from movies; return null; end $$;',
  '-- drop table movies;\nselect 1;',
  '-- beside: the release before never reads it\nalter table movies drop column updated_at;',
])('%s is no narrowing', (sql) => {
  expect(narrowingOf(sql)).toEqual([]);
});
