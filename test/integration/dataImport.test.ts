import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { decideTitle, listTitleMatches } from '../../domain/imports/titleMatches.ts';
import { createDataImportActivities, type DataImportActivities } from '../../activities/dataImport.ts';
import { dataImportInputSchema, type DataImportInput, type MovieLensRef, type StagedKind } from '../../contracts/dataImport.ts';
import { stageSet } from '../../domain/imports/staging/stageSet.ts';
import { readInteractions } from '../../domain/recommender/data/readInteractions.ts';
import { findSet, listSets } from '../../domain/imports/dataSets.ts';
import { removeSet } from '../../domain/imports/removeSet.ts';
import { listReports, readQualityReport } from '../../domain/imports/quality/qualityReports.ts';
import { createForeignDatabase, createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { inActivity } from '../support/inActivity.ts';
import { makeZip } from '../support/makeZip.ts';
import { CSV_SET, DAT_SET, TAB_SET, writeSet, type SetFiles } from '../support/movieLensSets.ts';

/** Sets behind addresses are served here. */
const SOURCES = { allowedHosts: ['127.0.0.1'], maxBytes: 2 ** 30 };

let database: TestDatabase;
let dataDir: string;
let activities: DataImportActivities;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'imports '));
});
beforeEach(async () => {
  database = await createTestDatabase();
  const bounds = { maxRejectShare: 0.5, maxVolumeDrop: 0.2, volumeRuns: 5, maxAgeDays: undefined };
  activities = createDataImportActivities({
    pool: database.pool,
    log: silentLog,
    dataDir,
    sampleDir: path.join(dataDir, 'none'),
    bounds,
    sources: SOURCES,
  });
});
afterEach(() => database.drop());
afterAll(() => rm(dataDir, { recursive: true }));

const runName = () => `import/${randomUUID().slice(0, 8)}`;

/** The steps of the workflow; each that changes something is run twice. */
async function importSet(given: Partial<DataImportInput> & { path: string }, run = runName()) {
  const input = dataImportInputSchema.parse(given);
  const set = await inActivity(run, () => activities.openImportedSet(input));
  const twice = async <T>(step: () => Promise<T>) => {
    const first = await inActivity(run, step);
    expect(await inActivity(run, step)).toEqual(first);
    return first;
  };
  await twice(() => activities.stageSet(set));
  const quality = await twice(() => activities.checkDataQuality(set));
  const published = await twice(() => activities.publishSet(set));
  await twice(() => activities.discardStaging());
  return { run, set, quality, ...published };
}
const importFiles = async (name: string, files: SetFiles, run?: string) =>
  importSet({ path: await writeSet(await mkdtemp(path.join(dataDir, 'set-')), name, files) }, run);

async function query(sql: string): Promise<unknown[][]> {
  const { rows } = await database.pool.query<unknown[]>({ text: sql, rowMode: 'array' });
  return rows;
}
const ratings = () => query('select user_id, movie_id, rating, extract(epoch from rated_at)::int from ratings order by user_id, movie_id');
const movies = () => query('select movie_id, title, release_year, genres from movies order by movie_id');
const leftovers = () => query(`select relname from pg_class where relnamespace = 'staging'::regnamespace and relkind = 'r'`);

describe('each family of formats', () => {
  test('CSV, as small, 20M, 25M and 32M: ids are kept, users carry the name', async () => {
    const { set, movies: counts, ratings: rated } = await importFiles('ml-latest-small', CSV_SET);
    expect(set).toMatchObject({ format: 'csv', dataset: 'ml-latest-small', user_prefix: 'ml-latest-small:' });
    expect([counts, rated]).toEqual([
      { read: 2, written: 2, rejected: 0, rejects_path: null },
      { read: 3, written: 3, rejected: 0, rejects_path: null },
    ]);
    expect(await movies()).toEqual([
      [1, 'Toy Story', 1995, ['Adventure', 'Animation', 'Children']],
      [2, 'American President, The', 1995, ['Comedy', 'Drama']],
    ]);
    expect(await ratings()).toEqual([
      ['ml-latest-small:1', 1, 4, 964982703],
      ['ml-latest-small:1', 2, 0.5, 964981247],
      ['ml-latest-small:2', 1, 5, 1445714835],
    ]);
    expect(await query('select source, external_id from movie_external_ids where movie_id = 1 order by source')).toEqual([
      ['imdb', '0114709'],
      ['movielens', '1'],
      ['tmdb', '862'],
    ]);
    expect(await leftovers()).toEqual([]);
  });

  test('`::` in Latin-1, as 1M: ages come along, and "under 18" is no age', async () => {
    const { set, users } = await importFiles('ml-1m', DAT_SET);
    expect([set.format, users.written]).toEqual(['dat', 2]);
    expect(await movies()).toEqual([
      [1, 'Toy Story', 1995, ['Animation', 'Children', 'Comedy']],
      [2, 'Misérables, Les', 1995, ['Drama', 'Musical']],
    ]);
    expect(await ratings()).toEqual([
      ['ml-1m:1', 1, 5, 978300760],
      ['ml-1m:1', 2, 3, 978302109],
      ['ml-1m:2', 1, 4, 978298413],
    ]);
    expect(await query('select user_id, age, source from users order by user_id')).toEqual([
      ['ml-1m:1', null, 'ml-1m'],
      ['ml-1m:2', 56, 'ml-1m'],
    ]);
  });

  test('`::` in UTF-8 with half stars and no users, as 10M', async () => {
    const { users } = await importFiles('ml-10m100k', {
      'movies.dat': '1::Amélie (2001)::Comedy|Romance\n',
      'ratings.dat': '1::1::3.5::838985046\n',
    });
    expect(users).toMatchObject({ read: 0, written: 0 });
    expect([await movies(), await ratings()]).toEqual([
      [[1, 'Amélie', 2001, ['Comedy', 'Romance']]],
      [['ml-10m100k:1', 1, 3.5, 838985046]],
    ]);
  });

  test('tabs and bars, as 100K: movies are matched by title and year, the others get ids from 9,000,000 up', async () => {
    await importFiles('ml-1m', DAT_SET);
    await importFiles('ml-100k', TAB_SET);
    expect(await query(`select user_id, movie_id, rating from ratings where source = 'ml-100k' order by user_id, movie_id`)).toEqual([
      ['ml-100k:1', 1, 3],
      ['ml-100k:2', 2, 5],
      ['ml-100k:2', 9000009, 1],
    ]);
    expect(await query('select movie_id, title from movies order by movie_id')).toEqual([
      [1, 'Toy Story'],
      [2, 'Misérables, Les'],
      [9000009, 'unknown'],
    ]);
    expect(await query(`select user_id, age from users where source = 'ml-100k' order by user_id`)).toEqual([
      ['ml-100k:1', 24],
      ['ml-100k:2', 53],
    ]);
  });

  test('of 100K, how each movie was matched is told, and what somebody decides holds from the next import on', async () => {
    await importFiles('ml-1m', DAT_SET);
    await importFiles('ml-100k', TAB_SET);
    expect(
      (await listTitleMatches(database.pool)).map(({ external_id, movie_id, matched_by }) => [external_id, movie_id, matched_by]),
    ).toEqual([
      ['7', '1', 'title_and_year'],
      ['8', '2', 'title_and_year'],
      ['9', '9000009', 'none'],
    ]);
    await decideTitle(database.pool, '7', null);
    await decideTitle(database.pool, '9', '1');
    await expect(decideTitle(database.pool, '8', '404')).rejects.toMatchObject({ kind: 'missing' });
    await importFiles('ml-100k', TAB_SET);
    expect((await listTitleMatches(database.pool, 'by_hand')).map(({ external_id, movie_id }) => [external_id, movie_id])).toEqual([
      ['7', '9000007'],
      ['9', '1'],
    ]);
    const rated = await query(`select user_id, movie_id from ratings where source = 'ml-100k' order by user_id, movie_id`);
    expect(rated).toEqual([
      ['ml-100k:1', 9000007],
      ['ml-100k:2', 1],
      ['ml-100k:2', 2],
    ]);
  });

  test('titles are read in the encoding that is told, by any of its labels, and a row that is no text in it is set aside', async () => {
    const bytes = (...parts: (string | number[])[]) =>
      Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));
    const written = async (name: string, movie: Buffer) =>
      writeSet(await mkdtemp(path.join(dataDir, 'set-')), name, {
        'movies.dat': Buffer.concat([movie, Buffer.from('2::B (1996)::Drama\n')]),
        'ratings.dat': `1::2::${name.length % 5}::978302109\n`,
      });
    const russian = await written('ru', bytes('1::', [0xcc, 0xe8, 0xf0], ' (1995)::Drama\n'));
    const { set } = await importSet({ path: russian, encoding: 'CP1251' });
    expect(set).toMatchObject({ encoding: 'CP1251', text_encoding: 'windows-1251' });
    expect((await movies()).map(([, title]) => title)).toEqual(['Мир', 'B']);
    const found = await importSet({ path: russian });
    expect([found.set.encoding, found.set.text_encoding]).toEqual([undefined, 'windows-1252']);
    // The second byte of the title means a bar in ASCII.
    const flags = `||||${'0|'.repeat(18)}0`;
    const item = bytes('1|', [0x83, 0x7c], ` (1995)${flags}\n2|C (1990)${flags}\n`);
    const japanese = { 'u.item': item, 'u.data': '1\t1\t3\t881250949\n' };
    const folder = await writeSet(await mkdtemp(path.join(dataDir, 'set-')), 'jp', japanese);
    await importSet({ path: folder, encoding: 'shift_jis' });
    expect(await query(`select title from movies where source = 'jp' order by movie_id`)).toEqual([['ポ'], ['C']]);
    const broken = await written('broken', bytes('1::', [0xff, 0xfe], ' (1995)::Drama\n'));
    const { movies: aside } = await importSet({ path: broken, encoding: 'utf8' });
    expect(await readFile(aside.rejects_path!, 'utf8')).toContain('it is no text in utf8');
  });

  test.each(['klingon', 'utf-16le', ''])('an encoding "%s" is none that is read', (encoding) => {
    const { error } = dataImportInputSchema.safeParse({ path: 'x', encoding });
    expect(error?.issues).toMatchObject([{ path: ['encoding'], message: expect.stringMatching(/such as utf-8/) }]);
  });

  test('100K imported again is matched anew, by the rules and the catalogue of today, and leaves no movie behind', async () => {
    await importFiles('ml-100k', TAB_SET);
    const found = async () =>
      (await listTitleMatches(database.pool)).map(({ external_id, movie_id, matched_by }) => [external_id, movie_id, matched_by]);
    const unknown = ['9', '9000009', 'none'];
    expect(await found()).toEqual([['7', '9000007', 'none'], ['8', '9000008', 'none'], unknown]);
    await importFiles('ml-1m', DAT_SET);
    await importFiles('ml-100k', TAB_SET);
    expect(await found()).toEqual([['7', '1', 'title_and_year'], ['8', '2', 'title_and_year'], unknown]);
    expect((await movies()).map(([id]) => id)).toEqual([1, 2, 9000009]);
    await query(`update movies set title = 'Another' where movie_id = 1`);
    await importFiles('ml-100k', TAB_SET);
    expect((await found())[0]).toEqual(['7', '9000007', 'none']);
  });

  test('lines may end as on Windows, and a byte order mark may stand in front', async () => {
    const dos = Object.fromEntries(Object.entries(CSV_SET).map(([name, text]) => [name, `\uFEFF${String(text).replaceAll('\n', '\r\n')}`]));
    await importFiles('dos', dos);
    expect(await ratings()).toHaveLength(3);
    expect((await movies())[1]).toEqual([2, 'American President, The', 1995, ['Comedy', 'Drama']]);
  });
});

describe('whatever a set holds', () => {
  const rating = fc.record({
    user: fc.integer({ min: 1, max: 2_000_000_000 }),
    movie: fc.integer({ min: 1, max: 40 }),
    stars: fc.integer({ min: 1, max: 10 }).map((halves) => halves / 2),
    seconds: fc.integer({ min: 788_918_400, max: 1_700_000_000 }),
  });
  const set = fc.record({
    format: fc.constantFrom('csv' as const, 'dat' as const, 'tab' as const),
    ratings: fc.uniqueArray(rating, { minLength: 1, maxLength: 60, selector: ({ user, movie }) => `${user} ${movie}` }),
    lineEnd: fc.constantFrom('\n', '\r\n'),
  });
  const MOVIE_IDS = Array.from({ length: 40 }, (_, at) => at + 1);
  const FILES = {
    csv: {
      movies: 'movies.csv',
      ratings: 'ratings.csv',
      separator: ',',
      head: ['userId,movieId,rating,timestamp'],
      movie: (id: number) => `${id},"M, ""${id}"" (1990)",Drama`,
    },
    dat: { movies: 'movies.dat', ratings: 'ratings.dat', separator: '::', head: [], movie: (id: number) => `${id}::M ${id} (1990)::Drama` },
    tab: {
      movies: 'u.item',
      ratings: 'u.data',
      separator: '\t',
      head: [],
      movie: (id: number) => `${id}|M ${id} (1990)||||${'0|'.repeat(18)}0`,
    },
  };

  test('is what is there afterwards', async () => {
    let sets = 0;
    await fc.assert(
      fc.asyncProperty(set, async ({ format, ratings: generated, lineEnd }) => {
        const name = `generated-${(sets += 1)}`;
        const { movies: movieFile, ratings: ratingFile, separator, head, movie } = FILES[format];
        const movieLines = [...(format === 'csv' ? ['movieId,title,genres'] : []), ...MOVIE_IDS.map(movie)];
        const lines = generated.map(({ user, movie: id, stars, seconds }) => [user, id, stars, seconds].join(separator));
        const text = (all: string[]) => all.map((line) => line + lineEnd).join('');
        await importFiles(name, { [movieFile]: text(movieLines), [ratingFile]: text([...head, ...lines]) });
        const found = await query(
          `select user_id, (select external_id from movie_external_ids x where x.movie_id = r.movie_id and x.source in ('movielens', 'ml-100k') limit 1),
             rating, extract(epoch from rated_at)::int from ratings r where source = '${name}'`,
        );
        const expected = generated.map(({ user, movie: id, stars, seconds }) => [`${name}:${user}`, String(id), stars, seconds]);
        expect(found.sort()).toEqual(expected.sort());
      }),
      { numRuns: 15 },
    );
  });
});

describe('the same set again', () => {
  test('changes nothing', async () => {
    await importFiles('ml-1m', DAT_SET);
    const before = [await ratings(), await movies()];
    const { ratings: rated, movies: counts, users } = await importFiles('ml-1m', DAT_SET);
    expect([rated.written, counts.written, users.written]).toEqual([0, 0, 0]);
    expect([await ratings(), await movies()]).toEqual(before);
  });

  test('in a newer edition takes the place of the old one, and leaves other sets be', async () => {
    await importFiles('ml-latest', CSV_SET);
    await importFiles('other', { ...CSV_SET, 'ratings.csv': `${String(CSV_SET['ratings.csv'])}9,1,4.5,1445714836\n` });
    const newer = 'userId,movieId,rating,timestamp\n1,1,4.5,1545714835\n1,2,0.5,964981247\n3,1,5.0,1545714836\n';
    const { ratings: rated } = await importFiles('ml-latest', { ...CSV_SET, 'ratings.csv': newer });
    expect(rated.written).toBe(3); // one other, one new, one gone
    expect((await ratings()).filter(([user]) => String(user).startsWith('ml-latest:'))).toEqual([
      ['ml-latest:1', 1, 4.5, 1545714835],
      ['ml-latest:1', 2, 0.5, 964981247],
      ['ml-latest:3', 1, 5, 1545714836],
    ]);
    expect((await ratings()).filter(([user]) => String(user).startsWith('other:'))).toHaveLength(4);
  });

  test('where it is the sample, is the sample, under whatever name and wherever it lies', async () => {
    const sampleDir = await writeSet(await mkdtemp(path.join(dataDir, 'sample-')), 'sample', CSV_SET);
    const bounds = { maxRejectShare: 0.5, maxVolumeDrop: 0.2, volumeRuns: 5, maxAgeDays: undefined };
    activities = createDataImportActivities({ pool: database.pool, log: silentLog, dataDir, sampleDir, bounds, sources: SOURCES });
    const run = runName();
    const collected = await inActivity(run, () => activities.openCollectedSet({}));
    for (const step of ['stageSet', 'checkDataQuality', 'publishSet'] as const) {
      await inActivity<unknown>(run, () => activities[step](collected));
    }
    const before = await ratings();
    expect(before[0]).toEqual(['1', 1, 4, 964982703]);
    const { set, ratings: counts } = await importFiles('ml-latest-small', CSV_SET);
    expect(set).toEqual({ ...collected, folder: expect.any(String), text_encoding: 'utf-8' });
    expect(counts).toMatchObject({ read: 3, written: 0 });
    expect(await ratings()).toEqual(before);
    const other = 'userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,2,0.5,964981247\n2,1,3.0,1445714835\n';
    expect((await importFiles('ml-other', { ...CSV_SET, 'ratings.csv': other })).set.user_prefix).toBe('ml-other:');
  });

  test('under two names that were checked side by side is there under the one that is published first', async () => {
    const both = ['one', 'two'].map((name) => ({ name, run: runName() }));
    const checked = await Promise.all(
      both.map(async ({ name, run }) => {
        const folder = await writeSet(await mkdtemp(path.join(dataDir, 'copy-')), name, CSV_SET);
        const set = await inActivity(run, () => activities.openImportedSet(dataImportInputSchema.parse({ path: folder, name })));
        await inActivity(run, () => activities.stageSet(set));
        await inActivity(run, () => activities.checkDataQuality(set));
        return { run, set };
      }),
    );
    const published = await Promise.allSettled(checked.map(({ run, set }) => inActivity(run, () => activities.publishSet(set))));
    const refused = published.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(refused).toEqual([
      expect.objectContaining({ type: 'QualityGateFailed', message: expect.stringContaining('has the same ratings') }),
    ]);
    expect(await ratings()).toHaveLength(3);
  });

  test('by two runs at once is there once', async () => {
    const folder = await writeSet(dataDir, 'twins', CSV_SET);
    const [one, two] = await Promise.all([importSet({ path: folder }), importSet({ path: folder })]);
    expect([one.ratings.written, two.ratings.written].sort()).toEqual([0, 3]);
    expect(await ratings()).toHaveLength(3);
  });
});

test('where text is not ordered by code point a set is there all the same, and a newer edition takes its place', async () => {
  await database.drop();
  database = await createForeignDatabase();
  const bounds = { maxRejectShare: 0.5, maxVolumeDrop: 0.5, volumeRuns: 5, maxAgeDays: undefined };
  activities = createDataImportActivities({ pool: database.pool, log: silentLog, dataDir, sampleDir: 'none', bounds, sources: SOURCES });
  await importFiles('ml-latest', CSV_SET);
  expect(await ratings()).toHaveLength(3);
  const newer = 'userId,movieId,rating,timestamp\n1,1,4.0,964982703\n3,1,5.0,1545714836\n';
  await importFiles('ml-latest', { ...CSV_SET, 'ratings.csv': newer });
  expect((await ratings()).map(([user, movie]) => [user, movie])).toEqual([
    ['ml-latest:1', 1],
    ['ml-latest:3', 1],
  ]);
});

describe('rows of one moment', () => {
  const TIED = {
    'movies.csv': 'movieId,title,genres\n1,One (1991),Drama\n2,Two (1992),Drama\n3,Three (1993),Drama\n',
    'ratings.csv': `userId,movieId,rating,timestamp\n${['2', '3', '1'].map((movie) => `1,${movie},4.0,964982703\n`).join('')}`,
  };
  const turnedRound = {
    ...TIED,
    'ratings.csv': `userId,movieId,rating,timestamp\n${['1', '3', '2'].map((movie) => `1,${movie},4.0,964982703\n`).join('')}`,
  };
  const learnt = async () => {
    const { interactions } = await readInteractions(database.pool, new AbortController().signal);
    return Array.from(interactions.movieIndex, (movie) => interactions.movies.ids[movie]);
  };

  test.each([
    ['a partition of its own', createTestDatabase],
    ['rows among the others', createForeignDatabase],
  ])('are learnt in the order of the file, where a set is %s, and in another once the file has another', async (_, createDatabase) => {
    await database.drop();
    database = await createDatabase();
    const bounds = { maxRejectShare: 0.5, maxVolumeDrop: 0.5, volumeRuns: 5, maxAgeDays: undefined };
    activities = createDataImportActivities({ pool: database.pool, log: silentLog, dataDir, sampleDir: 'none', bounds, sources: SOURCES });
    await importFiles('tied', TIED);
    expect(await learnt()).toEqual(['2', '3', '1']);
    const again = await importFiles('tied', turnedRound);
    expect([await learnt(), again.ratings.written]).toEqual([['1', '3', '2'], 2]);
  });
});

test('what the collection or a user said stands: an import adds titles and ages, and overwrites none', async () => {
  await database.pool.query(`insert into movies (movie_id, title, release_year, source) values (1, 'Toy Story!', 1995, 'movielens')`);
  await database.pool.query(`insert into users (user_id, age, source) values ('ml-1m:2', 40, 'api')`);
  await importFiles('ml-1m', DAT_SET);
  expect((await movies()).map((row) => row[1])).toEqual(['Toy Story!', 'Misérables, Les']);
  expect(await query(`select age from users where user_id = 'ml-1m:2'`)).toEqual([[40]]);
});

describe('the sets that are here', () => {
  const names = async () => (await listSets(database.pool)).map(({ name }) => name);

  test('are listed with what they brought, and go with their ratings, users and movies, but for what others rate', async () => {
    await importFiles('ml-1m', DAT_SET);
    await importFiles('ml-latest', { ...CSV_SET, 'ratings.csv': 'userId,movieId,rating,timestamp\n4,1,4.5,1445714836\n' });
    expect(await findSet(database.pool, 'ml-1m')).toMatchObject({
      format: 'dat',
      row_counts: { movies: 2, users: 2, ratings: 3 },
      newest_at: '2000-12-31T22:35:09.000Z',
    });
    expect(await names()).toEqual(['ml-1m', 'ml-latest']);
    expect(await removeSet(database.pool, 'ml-1m')).toEqual({ name: 'ml-1m', ratings: 3, users: 2, movies: 1 });
    expect(await names()).toEqual(['ml-latest']);
    expect(await removeSet(database.pool, 'ml-1m')).toBeNull();
    expect([await ratings(), (await movies()).map(([id]) => id)]).toEqual([[['ml-latest:4', 1, 4.5, 1445714836]], [1]]);
    expect(await query('select user_id from users')).toEqual([]);
  });

  test('may come again, also as fewer rows', async () => {
    await importFiles('ml-latest', CSV_SET);
    await removeSet(database.pool, 'ml-latest');
    await importFiles('ml-latest', { ...CSV_SET, 'ratings.csv': 'userId,movieId,rating,timestamp\n2,1,5.0,1445714835\n' });
    expect(await ratings()).toHaveLength(1);
  });

  test('are no copies of each other, whatever name and format a copy has', async () => {
    await importFiles('ml-1m', DAT_SET);
    const [items, rated] = [DAT_SET['movies.dat']!, DAT_SET['ratings.dat']!].map((bytes) => bytes.toString('latin1'));
    const copy = {
      'x.item': `item_id:token\tmovie_title:token_seq\trelease_year:token\tgenre:token_seq\n${items!.replace(/^(\d+)::(.*) \((\d+)\)::(.*)$/gm, '$1\t$2\t$3\tDrama')}`,
      'x.inter': `user_id:token\titem_id:token\trating:float\ttimestamp:float\n${rated!.replaceAll('::', '\t')}`,
    };
    await expect(importFiles('copy', copy)).rejects.toMatchObject({
      type: 'QualityGateFailed',
      message: expect.stringContaining('ratings.no_copy: the set ml-1m has the same ratings'),
    });
    expect([await ratings(), await names()]).toEqual([expect.arrayContaining([['ml-1m:1', 1, 5, 978300760]]), ['ml-1m']]);
    await removeSet(database.pool, 'ml-1m');
    const { set } = await importFiles('copy', copy);
    expect([set.format, await ratings()]).toEqual([
      'atomic',
      [
        ['copy:1', 1, 5, 978300760],
        ['copy:1', 2, 3, 978302109],
        ['copy:2', 1, 4, 978298413],
      ],
    ]);
    expect((await movies()).map((row) => row.slice(1))).toEqual([
      ['Toy Story', 1995, ['Drama']],
      ['Misérables, Les', 1995, ['Drama']],
    ]);
  });
});

describe('rows that are none', () => {
  const LINES = [
    '1,1,4.0,964982703', // good
    'half a row',
    '1,2,4.0', // cut
    '0,1,4.0,964982703',
    '1,x,4.0,964982703',
    '3,1,,964982703', // no rating
    '3,2,9.5,964982703',
    '4,1,3.7,964982703',
    '5,1,4.0,99999999999',
    '5,2,4.0,4102444800', // 2100
    '6,1,4.0,-86400', // 1969
    '6,2,4.0,788918399', // a second before 1995
    '7,999,4.0,964982703',
    '8,1,3.0,964982703',
    '8,1,2.0,964982704', // the later one counts
    '"9","1","5.0","964982703"',
    ...Array.from({ length: 20 }, (_, at) => `${100 + at},1,4.0,964982703`),
  ];

  test('are set aside with line and reason, in a file, and the others come in', async () => {
    const { ratings: rated, run } = await importFiles('odd', {
      ...CSV_SET,
      'ratings.csv': `userId,movieId,rating,timestamp\n${LINES.join('\n')}\n`,
    });
    expect(rated).toMatchObject({ read: LINES.length, written: 23, rejected: 13 });
    const lines = (await readFile(rated.rejects_path!, 'utf8')).trimEnd().split('\n');
    expect(lines.slice(0, 2)).toEqual(['line,rule,reason,raw', '"3","ratings.readable","1 fields instead of 4","half a row"']);
    expect(lines.slice(2).map((line) => line.replace(/,"\{.*/, ''))).toEqual([
      '"4","ratings.readable","3 fields instead of 4","1,2,4.0"',
      '"5","ratings.readable","userId ""0"" is not a positive whole number","0,1,4.0,964982703"',
      '"6","ratings.readable","movieId ""x"" is not a positive whole number","1,x,4.0,964982703"',
      '"10","ratings.readable","timestamp ""99999999999"" is no time in seconds","5,1,4.0,99999999999"',
      '"7","ratings.complete","user, movie, rating or time is missing"',
      '"8","ratings.rating_in_range","rating 9.5 is not 0.5 to 5 in halves"',
      '"9","ratings.rating_in_range","rating 3.7 is not 0.5 to 5 in halves"',
      '"11","ratings.rated_in_time","rated at 2100-01-01T00:00:00Z, which is not between 1995 and now"',
      '"12","ratings.rated_in_time","rated at 1969-12-31T00:00:00Z, which is not between 1995 and now"',
      '"13","ratings.rated_in_time","rated at 1994-12-31T23:59:59Z, which is not between 1995 and now"',
      '"14","ratings.movie_known","movie 999 is neither in the set nor in the catalogue"',
      '"15","ratings.unique","user odd:8 rated movie 1 later again"',
    ]);
    expect(await query(`select rating from ratings where user_id in ('odd:8', 'odd:9') order by user_id`)).toEqual([[2], [5]]);
    const report = await readQualityReport(database.pool, run);
    expect(report!.rules.find(({ rule }) => rule === 'ratings.rating_in_range')).toMatchObject({
      passed: true,
      offending: 2,
      sample: [
        { line: 8, reason: 'rating 9.5 is not 0.5 to 5 in halves' },
        { line: 9, reason: 'rating 3.7 is not 0.5 to 5 in halves' },
      ],
    });
  });

  test('in Latin-1 where UTF-8 is due keep their letters', async () => {
    await importFiles('mixed', {
      ...CSV_SET,
      'movies.csv': Buffer.from('movieId,title,genres\n1,Amélie (2001),Comedy\n2,B,Drama\n', 'latin1'),
    });
    expect((await movies())[0]).toEqual([1, 'Amélie', 2001, ['Comedy']]);
  });

  test('of movies are set aside too', async () => {
    const { movies: counts } = await importFiles('odd-movies', {
      ...CSV_SET,
      'movies.csv':
        'movieId,title,genres\n1,Toy Story (1995),Comedy\nx,Nameless (1999),Drama\n1,Again (1995),Comedy\n3,,Drama\n2,Heat (1995),Action\n4,C (0012),Drama\n5,D,\n6,E,\n',
    });
    expect(counts).toMatchObject({ read: 8, written: 4, rejected: 4 });
    expect(
      (await readFile(counts.rejects_path!, 'utf8'))
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(',').slice(0, 3).join()),
    ).toEqual([
      '"3","movies.readable","movieId ""x"" is not a positive whole number"',
      '"5","movies.complete","the title is empty"',
      '"7","movies.year_in_range","release year 12 is not between 1870 and 2200"',
      '"4","movies.unique","movie 1 stands here a second time"',
    ]);
  });
});

test('links that cannot be read are set aside under a rule of their own, and stop nothing, however few movies there are', async () => {
  const {
    quality,
    movies: counts,
    run,
  } = await importFiles('odd-links', {
    ...CSV_SET,
    'links.csv': 'movieId,imdbId,tmdbId\n1,x,862\nhalf a link\n2,113277,949\n1,0114709,bad\n',
  });
  expect(quality.rules).toBeGreaterThan(0);
  expect(counts).toMatchObject({ read: 2, written: 2, rejected: 0 });
  const rule = (await readQualityReport(database.pool, run))!.rules.find((one) => one.rule === 'links.readable')!;
  expect(rule).toMatchObject({
    ...{ passed: true, offending: 3, of: 3 },
    sample: [{ line: 2, reason: 'links.csv: imdbId "x" is not a whole number' }, { line: 3 }, { line: 5 }],
  });
  const file = /in (.*\.csv);/.exec(rule.detail)![1]!;
  expect((await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('"links.readable"'))).toHaveLength(3);
});

describe('a gate that closes', () => {
  const BAD = 'userId,movieId,rating,timestamp\n1,1,9.5,964982703\n1,2,9.0,964981247\n2,1,5.0,1445714835\n';

  test('keeps the old data live, and names rule and rows', async () => {
    await importFiles('ml-latest', CSV_SET);
    const before = [await ratings(), await movies()];
    const run = runName();
    await expect(importFiles('ml-latest', { ...CSV_SET, 'ratings.csv': BAD }, run)).rejects.toMatchObject({
      type: 'QualityGateFailed',
      message: expect.stringMatching(
        /^ml-latest is not published.*ratings\.rating_in_range: 2 of 3 rows \(66\.7 %\), at most 50 % may \(line 2: rating 9\.5 is not 0\.5 to 5 in halves; line 3: rating 9 /,
      ),
    });
    expect([await ratings(), await movies()]).toEqual(before);
    expect(await readQualityReport(database.pool, run)).toMatchObject({ passed: false, dataset: 'ml-latest', published_at: null });
    expect((await listReports(database.pool, { limit: 10 })).map(({ passed, failed_rules }) => [passed, failed_rules])).toEqual([
      [false, ['ratings.rating_in_range', 'ratings.volume']],
      [true, []],
    ]);
  });

  test('on far fewer rows than the last runs brought', async () => {
    await importFiles('ml-latest', CSV_SET);
    const fewer = 'userId,movieId,rating,timestamp\n2,1,5.0,1445714835\n';
    await expect(importFiles('ml-latest', { ...CSV_SET, 'ratings.csv': fewer })).rejects.toMatchObject({
      message: expect.stringContaining('ratings.volume: 1 rows; at least 3, at most 20 % below the 3 of the last runs'),
    });
  });

  test('on data that is older than what is published', async () => {
    await importFiles('ml-latest', CSV_SET);
    const older = String(CSV_SET['ratings.csv']).replace('1445714835', '964982704');
    await expect(importFiles('ml-latest', { ...CSV_SET, 'ratings.csv': older })).rejects.toMatchObject({
      message: expect.stringContaining('ratings.fresh: the newest rating is of 2000-07-30T18:45:04.000Z'),
    });
  });

  test('on a set whose lines are of another format', async () => {
    await expect(importFiles('ml-1m', { ...DAT_SET, 'ratings.dat': TAB_SET['u.data']! })).rejects.toMatchObject({
      message: expect.stringContaining('ratings.readable: 3 of 3 rows (100 %), at most 50 % may (line 1: 1 fields instead of 4'),
    });
  });

  test('on a set without a rating', async () => {
    await expect(importFiles('none', { ...CSV_SET, 'ratings.csv': 'userId,movieId,rating,timestamp\n' })).rejects.toMatchObject({
      message: expect.stringContaining('ratings.volume: 0 rows; at least 1'),
    });
  });
});

describe('a set that is not what it should be fails at once, in words', () => {
  const zipOf = (files: SetFiles, folder = 'ml-1m/') =>
    makeZip(Object.entries(files).map(([name, content]) => ({ name: `${folder}${name}`, content: Buffer.from(content) })));
  const fileOf = async (name: string, bytes: Buffer) => {
    const file = path.join(await mkdtemp(path.join(dataDir, 'file-')), name);
    await writeFile(file, bytes);
    return file;
  };
  const failure = async (given: Parameters<typeof importSet>[0]) => {
    const found = await importSet(given).catch((error: unknown) => error);
    expect(await ratings()).toEqual([]);
    return found;
  };
  const corrupt = (message: string) => expect.objectContaining({ type: 'SourceCorrupt', message: expect.stringContaining(message) });
  const unavailable = (message: string) =>
    expect.objectContaining({ type: 'SourceUnavailable', message: expect.stringContaining(message) });

  test('a whole zip is read', async () => {
    await importSet({ path: await fileOf('ml-1m.zip', zipOf(DAT_SET)) });
    expect(await ratings()).toHaveLength(3);
  });

  test('a zip that is cut, or changed', async () => {
    const whole = zipOf(DAT_SET);
    expect(await failure({ path: await fileOf('cut.zip', whole.subarray(0, whole.length / 2)) })).toEqual(
      corrupt('cut.zip cannot be unpacked'),
    );
    const changed = makeZip([{ name: 'ratings.dat', content: Buffer.from('1::1::5::978300760\n'), crc: 7 }]);
    expect(await failure({ path: await fileOf('changed.zip', changed) })).toEqual(corrupt('ratings.dat has another checksum'));
    expect(await failure({ path: await fileOf('text.zip', Buffer.from('no zip')) })).toEqual(
      corrupt('text.zip cannot be unpacked: it is no zip; a set is a folder or a zip, and an own log a file that ends with .csv'),
    );
    expect(await failure({ path: await fileOf('shop.csv.gz', gzipSync('user,item\n1,2\n')) })).toEqual(
      corrupt('shop.csv.gz cannot be unpacked: it is packed by gzip; unpack it first'),
    );
    expect(await failure({ path: await fileOf('shop.xlsx', whole) })).toEqual(
      corrupt('shop.xlsx cannot be unpacked: it is a workbook of Excel; save its sheet as CSV'),
    );
    expect(await failure({ path: '/dev/null', name: 'none' })).toMatchObject({ message: expect.stringContaining('it is no file') });
  });

  test('a zip that names files outside itself, or one twice', async () => {
    const climbing = makeZip([{ name: '../../ratings.dat', content: Buffer.from('1::1::5::978300760\n') }]);
    expect(await failure({ path: await fileOf('climbing.zip', climbing) })).toEqual(corrupt('climbing.zip cannot be unpacked'));
    await expect(access(path.join(dataDir, 'raw', 'ratings.dat'))).rejects.toThrow('ENOENT');
    const [one, two] = [zipEntry('a/ratings.dat'), zipEntry('b/ratings.dat')];
    expect(await failure({ path: await fileOf('double.zip', makeZip([one, two])) })).toEqual(corrupt('it holds ratings.dat twice'));
  });
  const zipEntry = (name: string) => ({ name, content: Buffer.from('1::1::5::978300760\n') });

  test('a path that is not there, a folder without a set, another format than was said', async () => {
    expect(await failure({ path: '/nowhere/ml-1m' })).toEqual(unavailable('/nowhere/ml-1m cannot be read: ENOENT'));
    expect(await failure({ path: await writeSet(dataDir, 'empty', {}) })).toEqual(
      unavailable('empty holds no set of ratings: csv lacks movies.csv and ratings.csv; dat lacks'),
    );
    expect(await failure({ path: await writeSet(dataDir, 'as-dat', CSV_SET), format: 'dat' })).toEqual(
      unavailable('dat lacks movies.dat and ratings.dat'),
    );
  });

  test.each([
    ['an empty file', '', 'ratings.csv cannot be used: it is empty'],
    ['another header', 'user,movie\n1,2\n', 'its header is "user,movie", not "userId,movieId,rating,timestamp"'],
    ['a file of zeros', `${'\0'.repeat(600_000)}\n`, 'ratings.csv cannot be used: it is no text'],
    ['a line without an end', `${'1'.repeat(600_000)}\n`, 'it has a line of more than 262144 bytes'],
  ])('%s', async (_, text, message) => {
    const folder = await writeSet(await mkdtemp(path.join(dataDir, 'bad-')), 'bad', { ...CSV_SET, 'ratings.csv': text });
    expect(await failure({ path: folder })).toEqual(corrupt(message));
  });

  test.each<[string, StagedKind, SetFiles]>([
    ['movies.csv', 'movies', CSV_SET],
    ['links.csv', 'movies', CSV_SET],
    ['ratings.csv', 'ratings', CSV_SET],
    ['users.dat', 'users', DAT_SET],
  ])('%s, where somebody writes to it while it is read', async (name, kind, files) => {
    const folder = await writeSet(await mkdtemp(path.join(dataDir, 'changing-')), 'changing', files);
    const run = runName();
    const set = await inActivity(run, () => activities.openImportedSet(dataImportInputSchema.parse({ path: folder })));
    const staged = stageSet(database.pool, set as MovieLensRef, {
      ...{ runId: run, signal: new AbortController().signal, onProgress: () => undefined, onResume: () => undefined },
      rejectsFileOf: (read) => {
        if (read === kind) appendFileSync(path.join(folder, name), '\n'); // the file has been looked at, and is read next
        return path.join(folder, `${read} set aside.csv`);
      },
    });
    await expect(staged).rejects.toEqual(corrupt(`${name} cannot be used: it changed while it was read`));
    expect(await query(`select from staged_files where kind = '${kind}' and is_done`)).toEqual([]);
  });

  test('a name that cannot stand before a user id', async () => {
    expect(await failure({ path: await writeSet(dataDir, 'My set', CSV_SET) })).toMatchObject({ type: 'InvalidSpec' });
  });

  describe('behind an address', () => {
    async function serving<T>(listener: RequestListener, body: (address: string) => Promise<T>): Promise<T> {
      const server = createServer(listener);
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      return body(`http://127.0.0.1:${port}/files/ml-1m.zip`).finally(() => server.close());
    }

    test('a zip is downloaded, read, and removed', async () => {
      const { set, run } = await serving(
        (_, response) => response.end(zipOf(DAT_SET)),
        (address) => importSet({ path: address }),
      );
      expect([set.dataset, (await ratings()).length]).toEqual(['ml-1m', 3]);
      await expect(access(path.join(dataDir, 'raw', 'imports', ...run.split('/')))).rejects.toThrow('ENOENT');
    });

    test('404 is final', async () => {
      const found = await serving(
        (_, response) => response.writeHead(404).end('gone'),
        (address) => failure({ path: address }),
      );
      expect(found).toEqual(unavailable('answered 404'));
    });

    test('an answer that breaks off is worth another try, and the next try begins anew', async () => {
      let asked = 0;
      const flaky: RequestListener = (_, response) => {
        asked += 1;
        const zip = zipOf(DAT_SET);
        response.writeHead(200, { 'content-length': zip.length });
        if (asked > 1) return response.end(zip);
        response.write(zip.subarray(0, 50), () => response.destroy());
      };
      await serving(flaky, async (address) => {
        const broken = (await failure({ path: address })) as Error;
        expect([broken.name, 'type' in broken]).toEqual([expect.any(String), false]);
        await importSet({ path: address });
      });
      expect(await ratings()).toHaveLength(3);
    });
  });
});
