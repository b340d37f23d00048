import { afterEach, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import { startApiServer, type Answer } from './apiServer.ts';
import { invoke } from './invoke.ts';
import { aRunDetail, aStep } from './runs.ts';

let server: Awaited<ReturnType<typeof startApiServer>>;
afterEach(() => server.close());
async function run(args: readonly string[], script: Record<string, Answer | Answer[]>, options = {}) {
  server = await startApiServer(script);
  return invoke([...args, '--api', server.url], options);
}

const COUNTS = { read: 3, written: 3, rejected: 0, rejects_path: null };
const REPORT = {
  run_id: 'import/a1',
  dataset: 'ml-1m',
  passed: false,
  row_counts: { movies: 2, ratings: 1 },
  newest_at: null,
  checked_at: '2026-11-25T03:00:00.000Z',
  published_at: null,
};

describe('data import', () => {
  const STARTED = { status: 202, body: aRunDetail({ run_id: 'import/a1', state: 'queued', started_at: null }) };

  test.each<[string[], unknown]>([
    [['ml-1m'], { path: path.resolve('ml-1m') }],
    [['/data/x.zip', '--format', 'dat', '--name', 'ml-1m'], { path: '/data/x.zip', format: 'dat', name: 'ml-1m' }],
    [['/data/x', '--encoding', 'windows-1251'], { path: '/data/x', encoding: 'windows-1251' }],
    [['http://host/ml-1m.zip'], { path: 'http://host/ml-1m.zip' }],
    [['/data/x.csv', '--titles', 'http://host/t.csv'], { path: '/data/x.csv', titles: 'http://host/t.csv' }],
    [
      ['/data/log.csv', '--map', 'user=Last, First,item=sku', '--titles', '/data/t.csv', '--titles-map', 'title=name', '--scale', 'ten'],
      {
        path: '/data/log.csv',
        map: { user: 'Last, First', item: 'sku' },
        titles: '/data/t.csv',
        titles_map: { title: 'name' },
        scale: 'ten',
      },
    ],
  ])('%j is sent as %j', async (args, input) => {
    expect(await run(['data', 'import', ...args, '--no-wait'], { 'POST /api/v1/runs': STARTED })).toMatchObject({ exitCode: 0 });
    expect(server.received[0]?.body).toEqual({ workflow: 'dataImport', input });
  });

  test('of an own log can be looked at first, which starts no run; a mapping of no field is refused', async () => {
    const preview = {
      ...{
        name: 'shop',
        log: '/data/shop.csv',
        columns: ['customer', 'sku', 'tags'],
        nested_columns: ['tags'],
        titles_map: null,
        scale: 'choices',
      },
      ...{ map: { user: 'customer', item: 'sku' }, rows_read: 2, is_whole: true, set_aside_count: 1 },
      rows: [{ user_id: 'shop:c1', item: 'shop:S1', value: 1, rating: 4, time: '2024-01-02T03:04:05.000Z' }],
      set_aside: [{ line: 3, reason: 'the user is empty' }],
      problem: '50 % of the rows would be set aside, at most 5 % may',
    };
    const { out, exitCode } = await run(['data', 'import', '/data/shop.csv', '--dry-run'], {
      'POST /api/v1/data/preview': { body: preview },
    });
    expect(exitCode).toBe(1);
    expect(server.received.map(({ body }) => body)).toEqual([{ path: '/data/shop.csv' }]);
    for (const said of [
      '--map user=customer,item=sku; each row is a choice',
      'An import would be refused: 50 % of the rows',
      'shop:c1  shop:S1  1      4       2024-01-02T03:04:05.000Z',
      '1 of all 2 rows',
      'line 3: the user is empty',
      'tags',
    ]) {
      expect(out).toContain(said);
    }
    await server.close();
    await run(['data', 'import', '/data/shop.csv', '--dry-run', '--encoding', 'utf-8'], { 'POST /api/v1/data/preview': { body: preview } });
    expect(server.received[0]?.body).toEqual({ path: '/data/shop.csv', encoding: 'utf-8' });
    await server.close();
    const refused = await run(['data', 'import', '/data/shop.csv', '--map', 'who=customer'], {});
    expect(refused).toMatchObject({ exitCode: 2, err: expect.stringContaining('Give user=<column>,item=<column>') });
    await server.close();
    const twice = await run(['data', 'import', '/data/shop.csv', '--map', 'user=a,user=b'], {});
    await server.close();
    const scaled = await run(['data', 'import', '/data/shop.csv', '--scale', 'seven'], {});
    expect(scaled).toMatchObject({ exitCode: 2, err: expect.stringContaining('Allowed choices are stars, ten, hundred, counts.') });
    expect(twice).toMatchObject({ exitCode: 2, err: expect.stringContaining('user is given twice.') });
  });

  test('shows a bar while it reads, and what came of it', async () => {
    const progress = { reading: 'ratings', rows: 812_000, rows_per_s: 402_000, bytes: 41, bytes_total: 100, eta_s: 3 };
    const reading = aRunDetail({ run_id: 'import/a1', steps: [aStep({ step: 'stage_set', subject: null, progress })] });
    const result = {
      dataset: 'ml-1m',
      format: 'dat',
      encoding: 'windows-1252',
      movies: COUNTS,
      users: COUNTS,
      ratings: COUNTS,
      quality: { rules: 14, newest_at: null },
    };
    const done = aRunDetail({ run_id: 'import/a1', state: 'success', ended_at: '2026-11-23T22:56:00.000Z', steps: [], result });
    const { out, err } = await run(
      ['data', 'import', 'ml-1m'],
      { 'POST /api/v1/runs': STARTED, 'GET /api/v1/runs/import/a1': [{ body: reading }, { body: done }] },
      { live: true },
    );
    expect(err).toContain('stage_set ratings ████████░░░░░░░░░░░░ 41 %, 812000 rows, 402000 rows/s');
    expect(out.split('\n')).toEqual([
      'imported ml-1m (dat, windows-1252)',
      'movies: 3 read, 3 new or changed, 0 set aside',
      'users: 3 read, 3 new or changed, 0 set aside',
      'ratings: 3 read, 3 new or changed, 0 set aside',
      '14 quality rules hold',
      '',
    ]);
  });
});

describe('data sets', () => {
  const SET = {
    name: 'ml-1m',
    dataset: 'ml-1m',
    format: 'dat',
    run_id: 'import/a1',
    row_counts: { movies: 2, ratings: 3 },
    newest_at: null,
    digest: null,
    added_at: '2026-11-25T03:00:00.000Z',
    published_at: '2026-11-26T03:00:00.000Z',
  };

  test('are listed', async () => {
    const { out } = await run(['data', 'sets', 'list'], { 'GET /api/v1/data/sets': { body: { sets: [SET] } } });
    expect(out).toContain('ml-1m  dat           3       2         2026-11-26 03:00:00  import/a1');
  });

  test('are shown', async () => {
    const shown = await run(['data', 'sets', 'show', 'ml-1m'], { 'GET /api/v1/data/sets/ml-1m': { body: SET } });
    expect(shown.out).toContain(
      'ml-1m (dat): 2 movies, 3 ratings\nhere since 2026-11-25 03:00:00, published 2026-11-26 03:00:00 by import/a1',
    );
  });

  test('are removed, and what went is said', async () => {
    const { out } = await run(['data', 'sets', 'remove', 'ml-1m'], {
      'DELETE /api/v1/data/sets/ml-1m': { body: { name: 'ml-1m', ratings: 3, users: 2, movies: 1 } },
    });
    expect(out).toBe('ml-1m is gone: 3 ratings, 2 users, 1 movies.\n');
  });
});

describe('data quality', () => {
  test('lists what was checked', async () => {
    const { out } = await run(['data', 'quality'], {
      'GET /api/v1/data/quality': { body: { reports: [{ ...REPORT, failed_rules: ['ratings.volume'] }] } },
    });
    expect(out).toContain('import/a1  ml-1m  failed   2026-11-25 03:00:00                   1  ratings.volume');
  });

  test('shows the rules of a run, and the rows that break them', async () => {
    const rule = { rule: 'ratings.rating_in_range', check: 'range', passed: false, offending: 1, of: 3, detail: '1 of 3 rows' };
    const { out } = await run(['data', 'quality', 'import/a1'], {
      'GET /api/v1/data/quality/import/a1': { body: { ...REPORT, rules: [{ ...rule, sample: [{ line: 7, reason: 'rating 9.5' }] }] } },
    });
    expect(out).toContain('ratings.rating_in_range  range  failed   1 of 3 rows');
    expect(out).toContain('ratings.rating_in_range line 7: rating 9.5');
  });

  test('refuses what names no run', async () => {
    expect(await run(['data', 'quality', ''], {})).toMatchObject({ exitCode: 2, err: expect.stringContaining('is no run id') });
  });
});

describe('data matches', () => {
  const match = { external_id: '50', movie_id: '260', title: 'Star Wars: Episode IV', release_year: 1977, matched_by: 'part_of_title' };

  test('lists those of a rule', async () => {
    const { out } = await run(['data', 'matches', 'list', '--by', 'part_of_title'], {
      'GET /api/v1/data/matches': { body: { matches: [match] } },
    });
    expect(server.received[0]?.url).toBe('/api/v1/data/matches?matched_by=part_of_title');
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => line.trim().split(/\s{2,}/))).toEqual([
      ['100K', 'MOVIE', 'TITLE', 'YEAR', 'MATCHED BY'],
      ['50', '260', 'Star Wars: Episode IV', '1977', 'part_of_title'],
    ]);
  });

  test.each([
    ['none', null, '50 is a movie of its own. Later.'],
    ['260', '260', '50 is 260. Later.'],
  ])('decides for %s', async (movie, movie_id, said) => {
    const { out } = await run(['data', 'matches', 'decide', '50', movie], {
      'PUT /api/v1/data/matches/50': { body: { external_id: '50', movie_id, note: 'Later' } },
    });
    expect(server.received[0]?.body).toEqual({ movie_id });
    expect(out.trim()).toBe(said);
  });
});
