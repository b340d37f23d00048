import { expect, test } from '@jest/globals';
import type { Outcomes } from '../../../contracts/outcomes.ts';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask: askOutcomes, asked } = askScriptedApi('outcomes');
const { ask: askTrending, asked: askedTrends } = askScriptedApi('trending');

const OUTCOMES: Outcomes = {
  ...{ from: '2026-11-22T00:00:00.000Z', to: '2026-11-29T00:00:00.000Z', counted_to: '2026-11-29T00:00:05.000Z' },
  ...{ attribution_days: 7, catalogue_movies: 9742, events: { arrived: 50, by_id: 20, by_time: 10, late: 3, unmatched: 2 } },
  rows: [
    {
      ...{ model: 'ease', version: '3', answers: 12345, shown: 123450, clicks: 120, clicked_answers: 90, converted_answers: 9, likes: 5 },
      ...{ dislikes: 0, ratings: 0, movies: 800, click_through_rate: 0.00097205, answer_click_rate: 0.0073, conversion_rate: 0.00073 },
      ...{ mean_position: 2.5, mean_reciprocal_rank: 0.004, mean_rating: null, like_share: 1, coverage: 0.0821187, novelty: 4.25 },
    },
  ],
};

test('what users did with what was shown, a line a version, and how events were put down', async () => {
  const { out } = await askOutcomes([], { 'GET /api/v1/outcomes': { body: OUTCOMES } });
  expect(out).toContain('From 2026-11-22 00:00:00 to 2026-11-29 00:00:00, counted up to 2026-11-29 00:00:05');
  expect(cells(out)).toContainEqual([
    'ease',
    '3',
    '12345',
    '123450',
    '120',
    '0.0009721',
    '0.00073',
    '2.5',
    '0.004',
    '-',
    '1',
    '0.08212',
    '4.25',
  ]);
  expect(out).toContain('50 events: 20 put down to the answer that they name, 10 to the latest that had the movie, 3 too late, 2 name');
});

test('what is asked for goes to the API, and a time that is none is said to be', async () => {
  const script = { 'GET /api/v1/outcomes': { body: { ...OUTCOMES, rows: [] } } };
  const { out } = await askOutcomes(['--by', 'day', '--from', '2026-11-01', '--route', 'trial', '--limit', '3'], script);
  expect(out).toBe('Nothing was shown then.\n');
  expect(asked()[0]![0]).toBe('GET /api/v1/outcomes?by=day&route=trial&limit=3&from=2026-11-01T00%3A00%3A00.000Z');
  expect(await askOutcomes(['--from', 'yesterday'], script)).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining('--from yesterday'),
  });
  const none = { 'GET /api/v1/outcomes': { body: { ...OUTCOMES, counted_to: null, rows: [] } } };
  expect((await askOutcomes([], none)).out).toBe('Nothing is counted yet.\n');
});

test('what trends, and that nothing does', async () => {
  const movie = { movie_id: '1', title: 'Toy Story', genres: ['Animation', 'Comedy'], release_year: 1995, poster_url: null, users: 12 };
  const { out } = await askTrending(['--window', 'hour'], { 'GET /api/v1/movies/trending': { body: { window: 'hour', movies: [movie] } } });
  expect(cells(out)).toEqual([
    ['#', 'MOVIE', 'TITLE', 'GENRES', 'USERS'],
    ['1', '1', 'Toy Story', 'Animation, Comedy', '12'],
  ]);
  expect(askedTrends()[0]![0]).toBe('GET /api/v1/movies/trending?window=hour&limit=10');
  const { out: none } = await askTrending([], { 'GET /api/v1/movies/trending': { body: { window: 'day', movies: [] } } });
  expect(none).toBe('Nobody chose anything in the last day.\n');
});
