import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { randomUUID } from 'node:crypto';
import { appendFileSync, copyFileSync, renameSync, truncateSync } from 'node:fs';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDataImportActivities, type DataImportActivities } from '../../activities/dataImport.ts';
import { progressText } from '../../client/index.ts';
import { dataImportInputSchema, type DataImportInput, type OwnRef } from '../../contracts/dataImport.ts';
import { changeMovies } from '../../domain/catalogue/changeMovies.ts';
import { stageOwn } from '../../domain/imports/own/stageOwn.ts';
import type { PreviewInput } from '../../contracts/importPreview.ts';
import { previewOwn } from '../../domain/imports/own/previewOwn.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { inActivity } from '../support/inActivity.ts';

const BOUNDS = { maxRejectShare: 0.5, maxVolumeDrop: 0.9, volumeRuns: 5, maxAgeDays: undefined };
let database: TestDatabase;
let dataDir: string;
let activities: DataImportActivities;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'own data '));
});
beforeEach(async () => {
  database = await createTestDatabase();
  activities = createDataImportActivities({
    pool: database.pool,
    log: silentLog,
    dataDir,
    sampleDir: path.join(dataDir, 'none'),
    bounds: BOUNDS,
    sources: { allowedHosts: [], maxBytes: 2 ** 30 },
  });
});
afterEach(() => database.drop());
afterAll(() => rm(dataDir, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const file = path.join(dataDir, name);
  await writeFile(file, content);
  return file;
}

const open = (given: Partial<DataImportInput> & { path: string }, run = `import/${randomUUID()}`) =>
  inActivity(run, () => activities.openImportedSet(dataImportInputSchema.parse({ name: 'shop', ...given })));

/** The steps of the workflow; each that changes something is run twice. */
async function importOwn(given: Partial<DataImportInput> & { path: string }) {
  const run = `import/${randomUUID().slice(0, 8)}`;
  const set = await open(given, run);
  const twice = async <T>(step: () => Promise<T>) => {
    const first = await inActivity(run, step);
    expect(await inActivity(run, step)).toEqual(first);
    return first;
  };
  await twice(() => activities.stageSet(set));
  await twice(() => activities.checkDataQuality(set));
  const published = await twice(() => activities.publishSet(set));
  await twice(() => activities.discardStaging());
  return published;
}

const preview = (input: PreviewInput, maxRejectShare = 0.05) =>
  previewOwn(input, { pool: database.pool, bounds: { ...BOUNDS, maxRejectShare } });

const choices = async () => {
  const { rows } = await database.pool.query<{ row: unknown[] }>(
    `select json_build_array(user_id, external_id, rating, raw_value, to_char(rated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS')) as row
     from ratings join movie_external_ids x using (movie_id) where x.source = 'shop' order by user_id, external_id`,
  );
  return rows.map(({ row }) => row);
};
const rejectsOf = async (file: string | null) => (file === null ? '' : await readFile(file, 'utf8'));

async function parquetOf(columnData: { name: string; data: unknown[]; type: 'BYTE_ARRAY' | 'DOUBLE' | 'LIST' }[]): Promise<Uint8Array> {
  const writer = new ByteWriter();
  const schema: SchemaElement[] = [
    { name: 'root', num_children: columnData.length },
    ...columnData.flatMap(({ name, type }): SchemaElement[] =>
      type === 'LIST'
        ? [
            { name, num_children: 1, repetition_type: 'OPTIONAL', converted_type: 'LIST' },
            { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
            { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
          ]
        : [{ name, type, repetition_type: 'OPTIONAL', ...(type === 'BYTE_ARRAY' && { converted_type: 'UTF8' }) }],
    ),
  ];
  const parquet = new ParquetWriter({ writer, schema });
  await parquet.write({ columnData: columnData.map(({ name, data }) => ({ name, data })) });
  await parquet.finish();
  return writer.getBytes();
}

describe('an own log of choices', () => {
  test('says while it is staged how many rows it has come to, when it is looked through and when they go in', async () => {
    const lines = Array.from({ length: 2_500 }, (_, at) => `c${at % 50},S${at},4`);
    const set = await open({ path: await write('long.csv', `customer,sku,stars\n${lines.join('\n')}\n`) }, 'import/long');
    const told: string[] = [];
    await stageOwn(database.pool, set as OwnRef, {
      ...{ runId: 'import/long', rejectsFileOf: (kind) => path.join(dataDir, `long ${kind}.csv`), signal: new AbortController().signal },
      ...{ onProgress: (progress) => told.push(progressText({ ...progress, rows_per_s: 1, eta_s: null })), onResume: () => undefined },
    });
    expect(told).toEqual([
      'log, 1000 rows, 1 rows/s',
      'log, 2000 rows, 1 rows/s',
      'ratings ████████░░░░░░░░░░░░ 40 %, 1000 rows, 1 rows/s',
      'ratings ████████████████░░░░ 80 %, 2000 rows, 1 rows/s',
    ]);
  });

  describe('that changes while it is read', () => {
    const lines = Array.from({ length: 60_000 }, (_, at) => `c${at % 50},S${at % 900},4`);
    const replace = (file: string) => {
      copyFileSync(file, `${file}.new`);
      renameSync(`${file}.new`, file);
    };
    test.each<[string, 'log' | 'ratings', (log: string, titles: string) => void, string]>([
      ['cut between two lines', 'ratings', (log) => truncateSync(log, 300_007), 'cut.csv'],
      ['cut when it is looked through', 'log', (log) => truncateSync(log, 300_007), 'cut.csv'],
      ['with rows put behind it', 'ratings', (log) => appendFileSync(log, 'c1,new,4\n'), 'cut.csv'],
      ['with another in its place', 'ratings', (log) => replace(log), 'cut.csv'],
      ['or whose titles do', 'log', (_, titles) => appendFileSync(titles, 'S2,Second\n'), 'titles.csv'],
    ])('(%s) is refused whole', async (_, when, change, named) => {
      const [log, titles] = [
        await write('cut.csv', `customer,sku,stars\n${lines.join('\n')}\n`),
        await write('titles.csv', 'sku,title\nS1,First\n'),
      ];
      const set = await open({ path: log, titles }, 'import/changing');
      let isChanged = false;
      const staged = stageOwn(database.pool, set as OwnRef, {
        ...{ runId: 'import/changing', rejectsFileOf: (kind) => path.join(dataDir, `changing ${kind}.csv`), onResume: () => undefined },
        signal: new AbortController().signal,
        onProgress: ({ reading }) => {
          if (!isChanged && reading === when) change(log, titles);
          isChanged ||= reading === when;
        },
      });
      await expect(staged).rejects.toMatchObject({
        type: 'SourceCorrupt',
        message: `${named} cannot be used: it changed while it was read; import it again once it stands still`,
      });
      const { rows } = await database.pool.query(`select from staged_files where kind = 'ratings' and is_done`);
      expect(rows).toEqual([]);
    });
  });

  test('comes in by the columns that it was mapped by, with ids in a range of their own', async () => {
    await database.pool.query(`insert into movies (movie_id, title, source) values (1, 'Toy Story', 'movielens')`);
    const file = await write('log.csv', 'customer,sku,stars,ts\n1,1,5,2024-01-02T03:04:05Z\ncust-2,SKU 2,3.5,2024-01-02\n');
    const published = await importOwn({ path: file, map: { user: 'customer', item: 'sku', value: 'stars', time: 'ts' } });
    expect(published).toMatchObject({ movies: { read: 2, written: 2 }, ratings: { read: 2, written: 2, rejected: 0 } });
    expect(await choices()).toEqual([
      ['shop:1', '1', 5, 5, '2024-01-02T03:04:05'],
      ['shop:cust-2', 'SKU 2', 3.5, 3.5, '2024-01-02T00:00:00'],
    ]);
    const { rows } = await database.pool.query<{ movie_id: number; title: string }>('select movie_id, title from movies order by movie_id');
    expect(rows).toEqual([
      { movie_id: 1, title: 'Toy Story' },
      { movie_id: 1_000_000_000, title: '1' },
      { movie_id: 1_000_000_001, title: 'SKU 2' },
    ]);
  });

  test('takes back nothing that somebody said of a movie by the API, field by field, and no movie that they put', async () => {
    const file = await write('said.csv', 'customer,sku\nc1,S1\nc1,S2\n');
    const titles = (first: string) => write('titles.csv', `item,title,price\nS1,${first},9.5\nS2,Second,3\n`);
    await importOwn({ path: file, titles: await titles('First') });
    await changeMovies(database.pool, [
      { op: 'put', movie_id: 'shop:API-1', fields: { title: 'By the API' } },
      { op: 'patch', movie_id: 'shop:S1', fields: { title: 'Renamed' } },
      { op: 'patch', movie_id: 'shop:S1', fields: { release_year: 2001 } },
    ]);
    const shown = async () =>
      (await database.pool.query('select title, release_year, attributes from movies order by movie_id')).rows as unknown[];
    const said = [
      { title: 'Renamed', release_year: 2001, attributes: { price: 9.5 } },
      { title: 'Second', release_year: null, attributes: { price: 3 } },
      { title: 'By the API', release_year: null, attributes: {} },
    ];
    expect(await shown()).toEqual(said);
    expect(await importOwn({ path: file, titles: await titles('First') })).toMatchObject({ movies: { written: 0 } });
    expect(await shown()).toEqual(said);
    await write('titles.csv', 'item,title,price\nS1,Newest,10\nS2,Another,3\n');
    await importOwn({ path: file, titles: path.join(path.dirname(file), 'titles.csv') });
    expect(await shown()).toEqual([
      { title: 'Renamed', release_year: 2001, attributes: { price: 10 } },
      { title: 'Another', release_year: null, attributes: { price: 3 } },
      said[2],
    ]);
  });

  test('is read from CSV, TSV, JSON Lines and Parquet alike, and a second import changes nothing', async () => {
    const rows = [
      ['a', 'x', 4, 1_704_164_645],
      ['b', 'y', 2, 1_704_164_646],
    ] as const;
    const names = ['user_id', 'item_id', 'rating', 'timestamp'] as const;
    const lines = (separator: string) => [names, ...rows].map((row) => row.join(separator)).join('\r\n');
    const objects = rows.map((row) => JSON.stringify(Object.fromEntries(names.map((name, at) => [name, row[at]])))).join('\n');
    const types = ['BYTE_ARRAY', 'BYTE_ARRAY', 'DOUBLE', 'DOUBLE'] as const;
    const parquet = await parquetOf(names.map((name, at) => ({ name, type: types[at]!, data: rows.map((row) => row[at]) })));
    const files = { 'f.csv': lines(','), 'f.tsv': lines('\t'), 'f.txt': lines(';'), 'f.jsonl': objects, 'f.parquet': parquet };
    const expected = [
      ['shop:a', 'x', 4, 4, '2024-01-02T03:04:05'],
      ['shop:b', 'y', 2, 2, '2024-01-02T03:04:06'],
    ];
    for (const [name, content] of Object.entries(files)) {
      const file = await write(name, content);
      await importOwn({ path: file });
      expect([name, await choices()]).toEqual([name, expected]);
      expect(await importOwn({ path: file })).toMatchObject({ movies: { written: 0 }, ratings: { written: 0 } });
    }
    const { rows: ids } = await database.pool.query('select movie_id from movies order by movie_id');
    expect(ids).toEqual([{ movie_id: 1_000_000_000 }, { movie_id: 1_000_000_001 }]);
  });

  test('may hold values on a scale of its own, counts, or none; the value it had is kept', async () => {
    const log = (column: string, values: (number | string)[]) =>
      write('scale.csv', `user,item,${column},time\n${values.map((value, at) => `u${at},i,${value},2024-01-02`).join('\n')}`);
    const found = async (file: string) => {
      await importOwn({ path: file });
      return ((await choices()) as [string, string, number, number | null][]).map(([, , rating, raw]) => [rating, raw]);
    };
    expect(await found(await log('score', [10, 7, 0]))).toEqual([
      [5, 10],
      [3.5, 7],
      [0.5, 0],
    ]);
    expect(await found(await log('score', [100, 33, 50]))).toEqual([
      [5, 100],
      [1.5, 33],
      [2.5, 50],
    ]);
    expect(await found(await log('plays', [1, 3, 700]))).toEqual([
      [4, 1],
      [4.5, 3],
      [5, 700],
    ]);
    expect(await found(await write('bare.csv', 'user,item,time\na,x,2024-01-02\na,x,2024-01-03\nb,x,2024-01-02\n'))).toEqual([
      [4, 2],
      [4, 1],
    ]);
  });

  test('that tells of one pair a thousand times is one row a pair: the latest rating, the sum of counts', async () => {
    const rows = Array.from({ length: 1_000 }, (_, at) => `u,i,${at === 999 ? 2 : 5},${1_704_164_645 + at}`).join('\n');
    const { ratings } = await importOwn({ path: await write('pairs.csv', `user,item,rating,ts\n${rows}\nv,j,1,1704164645\n`) });
    expect(ratings).toMatchObject({ read: 2, written: 2, rejected: 0 });
    expect((await choices())[0]).toEqual(['shop:u', 'i', 2, 2, '2024-01-02T03:20:44']);
    await importOwn({ path: await write('counts.csv', `user,item,count,ts\n${rows}\n`) });
    expect((await choices())[0]).toEqual(['shop:u', 'i', 5, 4_997, '2024-01-02T03:20:44']);
  });

  test('may mix seconds and milliseconds, ISO and days; what is no time is set aside', async () => {
    const times = ['1704164645', '1704164645000', '1704164645000000', '2024-01-02 03:04:05', '20240102', '02/01/2024'];
    const lines = times.map((time, at) => `u${at},i,${time}`).join('\n');
    const { ratings } = await importOwn({ path: await write('times.csv', `user,item,time\n${lines}\n`) });
    expect(((await choices()) as string[][]).map((row) => row[4])).toEqual([
      ...Array.from({ length: 4 }, () => '2024-01-02T03:04:05'),
      '2024-01-02T00:00:00',
    ]);
    expect(await rejectsOf(ratings.rejects_path)).toContain('time ""02/01/2024"" is no time');
  });

  test('may have ids with spaces, commas and emoji; one over 200 characters with its set, and text for a value, are set aside', async () => {
    const ids = ['a b', 'a,"b"', '🍿🍿', 'e\u0301', '\u00e9', 'x'.repeat(195), 'x'.repeat(196), 'x'.repeat(500)];
    const lines = ids.map((id) => JSON.stringify({ user: id, item: id, value: 3, time: 1_704_164_645 }));
    lines.push(
      JSON.stringify({ user: 'u', item: 'i', value: 'good', time: 1_704_164_645 }),
      '[1]',
      '{"user":"u\\u0000","item":"i","value":1}',
    );
    const { ratings } = await importOwn({ path: await write('ids.jsonl', lines.join('\n')) });
    expect(((await choices()) as string[][]).map(([user, item]) => [user, item])).toEqual(
      ids
        .slice(0, 6)
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        .map((id) => [`shop:${id}`, id]),
    );
    const rejects = await rejectsOf(ratings.rejects_path);
    for (const reason of [
      '196 characters; at most 195',
      '500 characters; at most 195',
      '""good"" is no number',
      'no JSON object',
      'U+0000',
    ]) {
      expect(rejects).toContain(reason);
    }
    expect(ratings.rejected).toBe(5);
  });

  test('whose columns cannot be told, or that is empty, is refused in words that say what to write', async () => {
    const file = await write('columns.csv', 'customer,user,sku,when\n1,2,3,4\n');
    await expect(open({ path: file })).rejects.toThrow(
      'map.user: customer and user could each be the user; write --map user=customer or --map user=user',
    );
    await expect(open({ path: file, map: { user: 'nobody' } })).rejects.toThrow(
      'map.user: there is no column nobody; the file has the columns customer, user, sku, when',
    );
    await expect(open({ path: file, map: { user: 'sku', item: 'sku' } })).rejects.toThrow('column sku cannot say two things');
    await expect(open({ path: await write('who.csv', 'who,sku\n1,2\n') })).rejects.toThrow('no column looks like the user');
    await expect(open({ path: await write('empty.csv', '') })).rejects.toThrow('empty.csv cannot be used: it is empty');
    await expect(open({ path: path.join(dataDir, 'none.csv') })).rejects.toThrow('none.csv is missing');
    await expect(open({ path: file, name: 'tmdb' })).rejects.toThrow('tmdb names another catalogue');
    await expect(open({ path: dataDir, map: { user: 'a' } })).rejects.toThrow('map: is for an own log');
  });

  test('of Parquet may have nested columns, which are passed over unless one is asked for', async () => {
    const file = await write(
      'nested.parquet',
      await parquetOf([
        { name: 'tags', type: 'LIST', data: [[1, 2], [3]] },
        { name: 'user', type: 'BYTE_ARRAY', data: ['a', 'b'] },
        { name: 'item', type: 'BYTE_ARRAY', data: ['x', 'y'] },
        { name: 'ts', type: 'DOUBLE', data: [1_704_164_645, 1_704_164_646] },
      ]),
    );
    expect((await importOwn({ path: file })).ratings.written).toBe(2);
    await expect(open({ path: file, map: { item: 'tags' } })).rejects.toThrow('column tags holds lists or objects');
  });
});

test('a file of titles gives names, years and genres, and all its further columns are kept', async () => {
  const log = await write('log.csv', 'user,sku,time\na,S1,2024-01-02\na,S3,2024-01-02\n');
  const titles = await write(
    'titles.csv',
    'sku,name,year,category,price,colour\nS1,"A film, of sorts",1999,Drama|War,9.5,red\nS2,Unsold,,,,\n',
  );
  const { movies } = await importOwn({ path: log, titles });
  expect(movies).toMatchObject({ read: 3, written: 3 });
  const { rows } = await database.pool.query('select title, release_year, genres, attributes from movies order by title');
  expect(rows).toEqual([
    { title: 'A film, of sorts', release_year: 1999, genres: ['Drama', 'War'], attributes: { price: 9.5, colour: 'red' } },
    { title: 'S3', release_year: null, genres: [], attributes: {} },
    { title: 'Unsold', release_year: null, genres: [], attributes: {} },
  ]);
});

describe('a set that is here under another name', () => {
  const logOf = (who: string, what: string, rest = '') => Array.from({ length: 6 }, (_, at) => `${who}${at + 1},${what}${at + 1}${rest}`);
  const bring = async (name: string, head: string, rows: readonly string[], mtimeS: number) => {
    const file = await write(`${name}.csv`, `${head}\n${rows.join('\n')}\n`);
    await utimes(file, mtimeS, mtimeS);
    return importOwn({ path: file, name });
  };
  const refused = (of: string) => ({
    type: 'QualityGateFailed',
    message: expect.stringContaining(`ratings.no_copy: the set ${of} has the same ratings`),
  });

  test('is no log of other users or other items, also where neither has times and values of its own', async () => {
    const [second, head] = [1_704_164_645, 'user,item'];
    await bring('shop', head, logOf('anna', 'apple'), second);
    await bring('other-users', head, logOf('bob', 'apple'), second);
    await bring('other-items', head, logOf('anna', 'brick'), second);
    await bring('other-pairs', head, [...logOf('anna', 'apple').slice(0, 5), 'anna6,apple1'], second);
    await bring('both', head, logOf('bob', 'brick'), second);
  });

  test('is a copy in another order, and of other file times where the log names none', async () => {
    await bring('shop', 'user,item', logOf('anna', 'apple'), 1_704_164_645);
    await expect(bring('copy', 'item,user', logOf('apple', 'anna').toReversed(), 1_704_999_999)).rejects.toMatchObject(refused('shop'));
  });

  test('is told from one of other times or values', async () => {
    const rows = (rest: (at: number) => string) => logOf('anna', 'apple').map((row, at) => `${row},${rest(at)}`);
    const head = 'user,item,rating,time';
    await bring(
      'shop',
      head,
      rows((at) => `4,${1_704_164_645 + at}`),
      1_704_164_645,
    );
    await bring(
      'later',
      head,
      rows((at) => `4,${1_704_264_645 + at}`),
      1_704_164_645,
    );
    await bring(
      'better',
      head,
      rows((at) => `${at === 0 ? 5 : 4},${1_704_164_645 + at}`),
      1_704_164_645,
    );
    const copy = bring('copy', head, rows((at) => `4.0,${1_704_164_645 + at}`).toReversed(), 1_704_999_999);
    await expect(copy).rejects.toMatchObject(refused('shop'));
  });

  test('is known too where a version before went by times and ratings alone', async () => {
    const rows = logOf('anna', 'apple', ',4').map((row, at) => `${row},${1_704_164_645 + at}`);
    await bring('shop', 'user,item,rating,time', rows, 1_704_164_645);
    const kept = () => database.pool.query('select digest from data_sets');
    const before = (await kept()).rows;
    await database.pool.query("update data_sets set digest = '6-123'");
    const migration = await readFile(path.join(PROJECT_ROOT, 'data', 'migrations', '026.do.choices_of_now.sql'), 'utf8');
    await database.pool.query(/^with span as [^;]*;/m.exec(migration)![0]);
    expect((await kept()).rows).toEqual(before);
  });
});

test('a preview of what cannot be read is refused in words, as what its caller named', async () => {
  const refusals = await Promise.all(
    [
      { path: path.join(dataDir, 'none.csv') },
      { path: dataDir, name: 'folder' },
      { path: await write('empty.csv', '') },
      { path: await write('junk.parquet', 'no parquet at all') },
      { path: await write('junk.jsonl', '{"user": ') },
      { path: await write('a name.csv', 'user,item\na,b\n') },
      { path: await write('log.csv', 'user,item\nc1,S1\n'), titles: path.join(dataDir, 'none.tsv') },
    ].map((input) => preview(input).catch((error: unknown) => error)),
  );
  const fault = (words: string, field = 'path') =>
    expect.objectContaining({ kind: 'invalid', errors: [{ field, message: expect.stringContaining(words) }] });
  expect(refusals).toEqual([
    fault('none.csv is missing in'),
    fault('a preview (--dry-run) is of an own log'),
    fault('empty.csv cannot be used: it is empty'),
    fault('junk.parquet cannot be used'),
    fault('junk.jsonl cannot be used'),
    fault('cannot name a set', 'name'),
    fault('none.tsv is missing in', 'titles'),
  ]);
});

test('an own log and its titles are read in the encoding that was told; a line that is no text in it is set aside', async () => {
  // "товар" of windows-1251, which is also text in Windows-1252: without the encoding it would be other letters.
  const word = Buffer.from([0xf2, 0xee, 0xe2, 0xe0, 0xf0]);
  const bytes = (...parts: (string | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const log = await write('log.csv', bytes('user,', word, ',time\na,', word, ',2024-01-02\n'));
  const titles = await write('titles.csv', bytes('sku,name,', word, '\n', word, ',', word, ' 1,', word, '\n'));
  const given = { path: log, titles, map: { item: 'товар' }, encoding: 'cp1251' };
  expect(await preview({ ...given, name: 'shop' })).toMatchObject({
    columns: ['user', 'товар', 'time'],
    rows: [{ item: 'shop:товар' }],
  });
  expect(await open(given)).toMatchObject({ text_encoding: 'windows-1251' });
  await importOwn(given);
  const { rows } = await database.pool.query('select title, attributes from movies');
  expect(rows).toEqual([{ title: 'товар 1', attributes: { товар: 'товар' } }]);

  const lines = ['{"user":"b","item":"x","time":1704164645}', '{"user":"', word, '","item":"x","time":1}'];
  const objects = await write('log.jsonl', bytes(lines[0]!, '\n', ...lines.slice(1)));
  const { set_aside } = await preview({ path: objects, name: 'shop', encoding: 'utf-8' });
  expect(set_aside).toEqual([{ line: 2, reason: 'it is no text in utf-8' }]);
});

test('a preview tells what was guessed, how rows would be read and which would be set aside, and changes nothing', async () => {
  const file = await write('shop.csv', 'customer,sku,stars,ts\nc1,S1,9,1704164645\nc2,S1,good,1704164645\n');
  expect(await preview({ path: file })).toEqual({
    ...{ name: 'shop', log: file, columns: ['customer', 'sku', 'stars', 'ts'], nested_columns: [], titles_map: null, scale: 'ten' },
    map: { user: 'customer', item: 'sku', value: 'stars', time: 'ts' },
    rows: [{ user_id: 'shop:c1', item: 'shop:S1', value: 9, rating: 4.5, time: '2024-01-02T03:04:05.000Z' }],
    ...{ rows_read: 2, is_whole: true, set_aside_count: 1, set_aside: [{ line: 3, reason: 'stars "good" is no number from 0 up' }] },
    problem: 'ratings.readable: 1 of 2 rows (50 %), at most 5 % may',
  });
  const { rows } = await database.pool.query('select from own_movie_ids');
  expect(rows).toEqual([]);
  expect(await preview({ path: file }, 0.5)).toMatchObject({ problem: null });
  expect(await preview({ path: await write('none.csv', 'customer,sku,stars,ts\n') })).toMatchObject({ problem: 'there are no rows' });
});

describe('a preview of a log that is read whole says what its import says', () => {
  const refusalOf = (path_: string) =>
    importOwn({ path: path_ }).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );

  test.each<[string, string[]]>([
    ['times that have not come yet', ['a,x,5,32503680000', 'b,x,5,32503680000', 'c,x,5,1704164645']],
    ['a pair whose latest time has not come yet', ['a,x,5,1704164645', 'a,x,5,32503680000', 'b,y,1,1704164645']],
    ['times before there were ratings', ['a,x,5,1', 'b,x,5,2', 'c,y,5,1704164645']],
    [
      'rows of one pair beside those that cannot be read',
      [...Array.from({ length: 30 }, (_, at) => `a,x,5,${1_704_164_645 + at}`), 'b,y,no,1', ',y,1,1'],
    ],
    ['nothing that is left', ['a,x,no,1']],
  ])('of %s', async (_, lines) => {
    const file = await write('shop.csv', `user,item,stars,time\n${lines.join('\n')}\n`);
    const { problem, rows, set_aside } = await preview({ path: file }, 0.5);
    const refusal = await refusalOf(file);
    if (problem === null) expect(refusal).toBeNull();
    else for (const part of problem.split('; ')) expect(refusal).toContain(part);
    for (const { line, reason } of set_aside) {
      if (refusal !== null) expect(refusal).toContain(`line ${line}: ${reason}`);
    }
    if (refusal === null) {
      expect(await choices()).toEqual(
        rows.map(({ user_id, item, value, rating, time }) => [user_id, item.slice(5), rating, value, time.slice(0, 19)]),
      );
    }
  });

  test('also that it has far fewer rows, or older ones, than what is published', async () => {
    const log = (rows: number, day: number) =>
      write('shop.csv', `user,item,time\n${Array.from({ length: rows }, (_, at) => `u${at},i,2024-01-0${day}`).join('\n')}\n`);
    await importOwn({ path: await log(40, 3) });
    const file = await log(3, 2);
    const { problem } = await preview({ path: file });
    expect(problem).toContain('ratings.volume: 3 rows; at least 4');
    expect(problem).toContain('ratings.fresh: the newest rating is of 2024-01-02');
    const refusal = await refusalOf(file);
    for (const part of problem!.split('; ratings')) expect(refusal).toContain(part);
  });
});
