import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AbTest } from '../../contracts/abTests.ts';
import { routeSpecSchema } from '../../contracts/routes.ts';
import type { ServedAnswer } from '../../contracts/served.ts';
import { assignVariant } from '../../domain/abTests/assignment.ts';
import { setRoutes } from '../../domain/serving/routeTable.ts';
import { storeServed } from '../../domain/serving/served.ts';
import { createUuid7 } from '../../platform/uuid7.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true } });
});
afterAll(async () => {
  await api?.stop();
  await database?.drop();
});

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 10, 1);
const at = (ms: number) => new Date(START + ms).toISOString();

const answer = (over: Partial<ServedAnswer>): ServedAnswer => ({
  ...{ recommendation_id: createUuid7(), variant: 'old', is_shadow: false, served_at: at(0), user_id: 'u1', route: 'trial', revision: 1 },
  ...{ assignment: 'user', propensity: 0.5, model: 'ease', version: '1', k: 3, movie_ids: [1, 2, 3], scores: [3, 2, 1] },
  ...{ exclude_seen: true, seen_from: 'database', history: [], history_length: 0, disliked: [], ordering: null },
  ...over,
});
interface Done {
  user: string;
  movie: number;
  ms: number;
  type?: string;
  rating?: number;
  /** Of the answer that it names */
  id?: string;
}
async function did(events: readonly Done[]) {
  await database.pool.query(
    `insert into interactions (event_id, user_id, movie_id, interaction_type, rating, occurred_at, recommendation_id)
     select gen_random_uuid(), *
     from unnest($1::text[], $2::int[], $3::text[], $4::real[], $5::timestamptz[], $6::uuid[])`,
    [
      events.map(({ user }) => user),
      events.map(({ movie }) => movie),
      events.map(({ type = 'click' }) => type),
      events.map(({ rating = null }) => rating),
      events.map(({ ms }) => at(ms)),
      events.map(({ id = null }) => id),
    ],
  );
}
const report = async (route: string) => (await api.call<AbTest>('GET', `/api/v1/ab-tests/${route}`)).body;
const setTrial = (spec: object, route = 'trial') =>
  setRoutes(database.pool, { [route]: routeSpecSchema.parse(spec) }, { author: { name: 'test', reason: '' } });
const OLD = { name: 'old', models: ['ease@champion'] };
const NEW = { name: 'new', models: ['ials@champion'] };

test('counts what each user did with what they were shown, once, to the latest answer that had it, within a week', async () => {
  await setTrial({ variants: [OLD, NEW] });
  await storeServed(database.pool, [
    answer({ user_id: 'a' }),
    answer({ user_id: 'a', served_at: at(1_000), movie_ids: [2, 4, 5] }),
    answer({ user_id: 'b' }),
    answer({ user_id: 'c', variant: 'new' }),
    answer({ user_id: 'd', variant: 'new', revision: 7 }), // before the last change
    answer({ user_id: 'e', variant: 'new', assignment: 'operator' }),
    answer({ user_id: 'c', variant: 'shadow', is_shadow: true, movie_ids: [9] }),
  ]);
  await did([
    { user: 'a', movie: 2, ms: 2_000 }, // first of the second answer
    { user: 'a', movie: 2, ms: 3_000 },
    { user: 'a', movie: 3, ms: 4_000, type: 'rating', rating: 4.5 }, // third of the first
    { user: 'a', movie: 77, ms: 4_000 }, // not shown
    { user: 'b', movie: 1, ms: -1_000 }, // before it was shown
    { user: 'b', movie: 1, ms: 8 * DAY_MS }, // too late
    { user: 'b', movie: 2, ms: 1_000, type: 'dislike' },
    { user: 'c', movie: 2, ms: 1_000, type: 'like' },
    { user: 'e', movie: 1, ms: 1_000 },
  ]);
  const { variants, since, sample_ratio } = await report('trial');
  expect(variants).toEqual([
    {
      ...{ name: 'old', weight: 1, users: 2, answers: 3, mean_rating: 4.5, mean_position: (1 + 1 + 3) / 3 },
      metrics: { clicked: 0.5, click_through_rate: 2 / 3, liked: 0.5, reciprocal_rank: 0.5 },
    },
    {
      ...{ name: 'new', weight: 1, users: 1, answers: 1, mean_rating: null, mean_position: 2 },
      metrics: { clicked: 1, click_through_rate: 1, liked: 1, reciprocal_rank: 0.5 },
    },
  ]);
  expect([since, sample_ratio.mismatch]).toEqual([at(0), false]);
});

test('an event that names its answer is put down to that one, and to none by the id of somebody else’s', async () => {
  await setTrial({ variants: [OLD, NEW] }, 'named');
  const [first, second] = [answer({ user_id: 'n1', route: 'named' }), answer({ user_id: 'n1', route: 'named', served_at: at(1_000) })];
  await storeServed(database.pool, [first, second, answer({ user_id: 'n2', route: 'named', variant: 'new', movie_ids: [8] })]);
  await did([
    { user: 'n1', movie: 2, ms: 2_000, id: first.recommendation_id },
    { user: 'n1', movie: 2, ms: 2_000, id: second.recommendation_id },
    { user: 'n2', movie: 1, ms: 2_000, id: first.recommendation_id },
  ]);
  const [old, other] = (await report('named')).variants;
  expect([old?.metrics.click_through_rate, other?.metrics.click_through_rate]).toEqual([1, 0]);
});

test('finds a true lift, says nothing where there is none, and sees a split that is not as the weights say', async () => {
  const spec = { variants: [OLD, NEW, { name: 'same', models: ['item_knn@champion'] }] };
  await setTrial(spec, 'lift');
  const users = Array.from({ length: 3_000 }, (_, n) => `l${n}`);
  const rows = users.map((user_id) => ({ user_id, variant: assignVariant(routeSpecSchema.parse(spec).variants, user_id, 'lift').name }));
  await storeServed(
    database.pool,
    rows.map((row) => answer({ ...row, route: 'lift' })),
  );
  const share = { old: 10, new: 5, same: 10 } as Record<string, number>; // one user of so many clicks
  await did(rows.filter((row, n) => n % share[row.variant]! === 0).map(({ user_id }) => ({ user: user_id, movie: 2, ms: 1_000 })));
  const found = await report('lift');
  expect(found.sample_ratio.mismatch).toBe(false);
  const verdicts = found.comparisons.filter(({ metric }) => metric === 'clicked').map(({ treatment, decided }) => [treatment, decided]);
  expect(verdicts).toEqual([
    ['new', true],
    ['same', false],
  ]);
  const lift = found.comparisons.find(({ metric, treatment }) => metric === 'clicked' && treatment === 'new')!;
  expect([lift.low! > 0, lift.low! < 0.1 && 0.1 < lift.high!]).toEqual([true, true]);

  await storeServed(
    database.pool,
    Array.from({ length: 600 }, (_, n) => answer({ user_id: `x${n}`, variant: 'new', route: 'lift' })),
  );
  expect((await report('lift')).sample_ratio.mismatch).toBe(true);
});

test('estimates what a shadow would have earned from answers that explored', async () => {
  await setTrial({ variants: [{ ...OLD, exploration: 1 }], shadows: [NEW] }, 'curious');
  // Movie 1 is shown first to two of three users and clicked by a fifth, movie 2 to the others and clicked by half; the shadow would show movie 2.
  const answers = Array.from({ length: 1_500 }, (_, n) => {
    const isFirst = n % 3 !== 0;
    const movie_ids = isFirst ? [1, 2] : [2, 1];
    const ordering = { exploration: 1, propensities: [isFirst ? 2 / 3 : 1 / 3, 1] };
    return answer({ user_id: `o${n}`, route: 'curious', movie_ids, scores: [2, 1], ordering });
  });
  const shadows = answers.map((one) => ({ ...one, variant: 'new', is_shadow: true, movie_ids: [2, 1], ordering: null }));
  await storeServed(database.pool, [...answers, ...shadows]);
  await did(
    answers.flatMap(({ user_id, movie_ids: [first = 0] }, n) =>
      (first === 1 ? Math.floor(n / 3) % 5 === 0 : Math.floor(n / 3) % 2 === 0) ? [{ user: user_id!, movie: first, ms: 1_000 }] : [],
    ),
  );
  const [estimate] = (await report('curious')).off_policy;
  expect(estimate).toMatchObject({ shadow: 'new', answers: 1_500, doubts: [] });
  expect(estimate!.effective_answers).toBeCloseTo(500, 6);
  expect(estimate!.snips!.value).toBeCloseTo(0.5, 6);
  expect(estimate!.ips!.value).toBeCloseTo(0.5, 6);
});

test('the tests that go on are listed; a route that is not there is said to be so', async () => {
  expect((await api.call<{ routes: string[] }>('GET', '/api/v1/ab-tests')).body.routes).toEqual(['curious', 'lift', 'named', 'trial']);
  expect((await api.call('GET', '/api/v1/ab-tests/scenic')).status).toBe(404);
  expect((await report('default')).variants).toMatchObject([{ name: 'main', users: 0, metrics: { clicked: null } }]);
});
