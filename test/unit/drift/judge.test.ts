import { describe, expect, test } from '@jest/globals';
import { judgingSettingsSchema, type ColumnResult, type DriftColumn } from '../../../contracts/drift.ts';
import { judgeInput, type Live } from '../../../domain/drift/judgeInput.ts';
import { referenceOf, type Reference } from '../../../domain/drift/reference.ts';
import { classOrNone, createSessionsBuilder } from '../../../domain/drift/sessions.ts';
import { correct, verdictOf } from '../../../domain/drift/verdict.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { interactionsOf, movieTable, type Row } from '../recommender/samples.ts';

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const MONDAY = Date.parse('2026-01-05T00:00:00Z');
const settings = judgingSettingsSchema.parse({});
const MOVIES = movieTable(1_000);

/** Thirty weeks of 40 of 200 users, five choices each, whose tastes differ. */
function history(): Row[] {
  const random = createRandom(3);
  const rows = new Map<string, Row>();
  for (let week = -30; week < 0; week += 1) {
    for (let nth = 0; nth < 40; nth += 1) {
      const user = random.below(200);
      for (const row of choicesOf(user, random, MONDAY + week * WEEK)) rows.set(`${row.user} ${row.movie}`, row);
    }
  }
  return [...rows.values()];
}

function choicesOf(user: number, random: ReturnType<typeof createRandom>, from: number): Row[] {
  return Array.from({ length: 5 }, () => ({
    user: `u${user}`,
    movie: String(1 + Math.floor(1_000 * random.next() ** 2)),
    rating: Math.min(5, Math.max(0.5, Math.round(2 * (3.5 + ((user % 5) - 2) / 4 + random.normal() / 2)) / 2)),
    at: from + random.below(WEEK),
  }));
}

const window = { from: MONDAY, to: MONDAY + WEEK };
const reference = referenceOf({ interactions: interactionsOf(history(), MOVIES), movies: MOVIES }, window);

/** @param change of the rows of a user */
function live(seed: number, change: (row: Row, user: number) => Row = (row) => row, users = 80): Live {
  const random = createRandom(seed);
  const builder = createSessionsBuilder();
  const [newUsers, newItems] = [new Set<string>(), 0];
  for (let nth = 0; nth < users; nth += 1) {
    const user = random.below(200);
    for (const row of choicesOf(user, random, MONDAY).map((one) => change(one, nth))) {
      builder.add(nth, MOVIES.vocabulary.indexOf(row.movie) ?? -1, classOrNone(row.rating ?? null));
      if (row.user.startsWith('new')) newUsers.add(row.user);
    }
  }
  return { sessions: builder.build(), newUsers: newUsers.size, newItems };
}

const judge = (against: Reference | string, window: Live, thresholds: Partial<Record<DriftColumn, number>> = {}): ColumnResult[] =>
  correct(judgeInput(against, window, { ...settings, thresholds }), settings);
const drifted = (columns: readonly ColumnResult[]) => columns.filter(({ state }) => state === 'drifted').map(({ column }) => column);

test('windows of what the model learnt from do not drift', () => {
  const alarms = Array.from({ length: 10 }, (_, seed) => drifted(judge(reference, live(seed + 100))));
  expect(alarms.flat()).toEqual([]);
});

describe('what changed is named', () => {
  test('ratings half a star lower', () => {
    const columns = judge(
      reference,
      live(1, (row) => ({ ...row, rating: Math.max(0.5, row.rating! - 0.5) })),
    );
    expect(drifted(columns)).toEqual(['ratings']);
    expect(columns[0]).toMatchObject({ most: 'lower', value: expect.closeTo(0.75, 0), about: 'input', events: 400, users: 80 });
  });

  test('a genre that many more choose', () => {
    const action = MOVIES.genres.flatMap((of, movie) => (of.includes('Action') ? [String(movie + 1)] : []));
    const columns = judge(
      reference,
      live(2, (row, user) => (user % 2 === 0 ? { ...row, movie: action[user % action.length]! } : row)),
    );
    expect(drifted(columns)).toContain('genres');
    expect(columns.find(({ column }) => column === 'genres')).toMatchObject({ most: 'Action more' });
  });

  test('one movie that most choose', () => {
    const columns = judge(
      reference,
      live(3, (row, user) => (user % 2 === 0 ? { ...row, movie: '30' } : row)),
    );
    expect(columns.find(({ column }) => column === 'items')).toMatchObject({ state: 'drifted', most: 'Movie 30 more' });
  });

  test('a fifth of new users', () => {
    expect(reference.newUsers).toBeLessThan(0.1);
    const columns = judge(
      reference,
      live(4, (row, user) => (user % 5 === 0 ? { ...row, user: `new${user}` } : row)),
    );
    expect(drifted(columns)).toEqual(['new_users']);
  });
});

describe('what cannot be judged says why', () => {
  const reasons = (columns: readonly ColumnResult[]) => new Set(columns.map(({ state, reason }) => `${state}: ${reason}`));

  test('a window without events', () => {
    expect(reasons(judge(reference, live(1, undefined, 0)))).toEqual(new Set(['not_judged: no choices in the window']));
  });

  test('too few events', () => {
    expect(reasons(judge(reference, live(1, undefined, 10)))).toEqual(new Set(['not_judged: 50 choices; it takes 100']));
  });

  test('a reference that is gone', () => {
    expect(reasons(judge('it is gone', live(1)))).toEqual(new Set(['not_judged: it is gone']));
  });

  test('ratings, where nobody rates', () => {
    const [ratings, genres] = judge(
      reference,
      live(1, ({ rating: _, ...row }) => row),
    );
    expect([ratings!.reason, genres!.state]).toEqual(['no ratings in the window', 'stable']);
  });
});

test("a model's own threshold decides", () => {
  const lower = live(1, (row) => ({ ...row, rating: Math.max(0.5, row.rating! - 0.5) }));
  expect(drifted(judge(reference, lower, { ratings: 2 }))).toEqual([]);
});

test('more than a thousand events are judged by the whole distribution, fewer by the class that moved most', () => {
  const testOf = (users: number) => judge(reference, live(5, undefined, users)).map(({ test: name }) => name?.split(',')[0]);
  expect(testOf(80).slice(0, 2)).toEqual(['Kolmogorov–Smirnov distance', 'largest change of a class']);
  expect(testOf(300).slice(0, 2)).toEqual(['Wasserstein distance', 'Jensen–Shannon distance']);
});

test('a window of one day is compared with the same weekday alone', () => {
  const saturdays = { from: MONDAY + 5 * DAY, to: MONDAY + 6 * DAY };
  const rows: Row[] = [1, 2, 3, 4].flatMap((week) => [
    { user: `u${week}`, movie: '1', rating: 1, at: MONDAY - week * WEEK + 5 * DAY },
    { user: `u${week}`, movie: '2', rating: 5, at: MONDAY - week * WEEK + 2 * DAY },
  ]);
  const { sessions } = referenceOf({ interactions: interactionsOf(rows, MOVIES), movies: MOVIES }, saturdays);
  expect([[...sessions.rating], sessions.starts.length - 1]).toEqual([[1, 1, 1, 1], 4]);
});

describe('the verdict', () => {
  const column = (about: 'input' | 'quality', state: ColumnResult['state']) => ({ about, state }) as ColumnResult;
  test.each([
    [[column('input', 'drifted'), column('quality', 'stable')], 'moved', 'holds', 'the input moved, but answers do as well as before'],
    [[column('input', 'stable'), column('quality', 'drifted')], 'stable', 'hurt', 'the input is as it was; answers do worse'],
    [[column('input', 'not_judged')], 'unknown', 'unknown', 'the input could not be judged; whether answers do worse could not be judged'],
  ] as const)('%#', (columns, input, quality, says) => {
    expect(verdictOf(columns)).toEqual({ input, quality, says });
  });
});

test('a column counts where it is beyond chance for whoever looks at all of them', () => {
  const one = (p: number) => ({ about: 'input', p, score: 2 }) as ColumnResult;
  const states = correct([one(0.004), one(0.5), one(0.5)], { alpha: 0.01 }).map(({ state, p_adjusted }) => [state, p_adjusted]);
  expect(states).toEqual([['stable', 0.012], ['stable', 1], ['stable', 1]]); // prettier-ignore
  expect(correct([one(0.003), one(0.5), one(0.5)], { alpha: 0.01 })[0]).toMatchObject({ state: 'drifted' });
});
