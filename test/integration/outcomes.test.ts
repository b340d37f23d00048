import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Outcome, Outcomes } from '../../contracts/outcomes.ts';
import type { ServedAnswer } from '../../contracts/served.ts';
import { recordInteractions } from '../../domain/events/interactions.ts';
import { CREDITED } from '../../domain/outcomes/credited.ts';
import { countOutcomes } from '../../domain/outcomes/countOutcomes.ts';
import { outcomesOfVersion, removeOutcomesBefore } from '../../domain/outcomes/readOutcomes.ts';
import { storeServed } from '../../domain/serving/served.ts';
import { readConfig } from '../../platform/config.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { createPool, POOL_WAITS } from '../../platform/postgres.ts';
import { createUuid7 } from '../../platform/uuid7.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { holdRows } from '../support/holdRows.ts';
import { waitFor } from '../support/waitFor.ts';
import { followOutcomes } from '../../workers/control/followOutcomes.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** An hour of three days ago: answers of it are kept, and events of days after it have happened. */
const HOUR = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 3 * DAY_MS;
const at = (ms: number) => new Date(HOUR + ms).toISOString();

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
beforeEach(async () => {
  await database.pool.query(`
    truncate interactions, served_answers, ratings, movies, edited_movies, movie_external_ids, outcome_sums, outcome_events, outcome_hours_due, movie_popularity;
    update outcome_state set counted_to = null, popularity_at = null;
    insert into movies (movie_id, title, source) select n, 'Movie ' || n, 'test' from generate_series(1, 10) n;
    insert into ratings (user_id, movie_id, rating, rated_at, source)
    values ('x', 1, 4, now(), 't'), ('y', 1, 4, now(), 't'), ('z', 1, 4, now(), 't'), ('z', 2, 4, now(), 't')`);
});

const answer = (over: Partial<ServedAnswer> = {}): ServedAnswer => ({
  ...{ recommendation_id: createUuid7(), variant: 'main', is_shadow: false, served_at: at(0), user_id: 'a', route: 'default', revision: 1 },
  ...{ assignment: 'user', propensity: 1, model: 'ease', version: '1', k: 3, movie_ids: [1, 2, 3], scores: [3, 2, 1] },
  ...{ exclude_seen: true, seen_from: 'database', history: [], history_length: 0, disliked: [], ordering: null },
  ...over,
});
interface Done {
  readonly user?: string;
  readonly movie: number;
  readonly ms?: number;
  readonly type?: 'view' | 'click' | 'watch' | 'like' | 'dislike' | 'rating' | 'purchase' | 'skip';
  readonly rating?: number;
  readonly id?: string;
  readonly event?: string;
}
const did = (...events: readonly Done[]) =>
  recordInteractions(
    database.pool,
    events.map(({ user = 'a', movie, ms = 60_000, type = 'click', rating, id, event = randomUUID() }) => ({
      ...{ event_id: event, user_id: user, movie_id: String(movie), interaction_type: type, timestamp: at(ms) },
      ...(rating !== undefined && { rating }),
      ...(id !== undefined && { recommendation_id: id }),
    })),
  );
const store = (...answers: readonly ServedAnswer[]) => storeServed(database.pool, answers);
const count = (keptSince = new Date(HOUR - 80 * DAY_MS)) => countOutcomes(database.pool, keptSince);
const ofVersion = (version = '1', kind = 'ease') =>
  outcomesOfVersion(database.pool, { kind, version, from: new Date(HOUR - DAY_MS), to: new Date(HOUR + 4 * DAY_MS) });
const clicksOf = async (version = '1') => (await ofVersion(version)).clicks;
const list = async (query: string) => (await api.call<Outcomes>('GET', `/api/v1/outcomes?${query}`)).body;
const sums = async () =>
  (await database.pool.query<object>('select * from outcome_sums order by hour, model, version, route, variant')).rows;

test('each figure is what its words say; what was not shown counts nowhere', async () => {
  await count(); // how popular movies are is counted before these events
  await store(
    answer(),
    answer({ user_id: 'b' }),
    answer({ user_id: 'c', version: '2', movie_ids: [3, 4], scores: [2, 1] }),
    answer({ user_id: 'c', variant: 'next', is_shadow: true, movie_ids: [5] }),
  );
  await did(
    { movie: 2 },
    { movie: 2, ms: 61_000 }, // the same movie of the same answer once more
    { movie: 3, type: 'rating', rating: 3, ms: 61_000 },
    { movie: 3, type: 'rating', rating: 4.5, ms: 62_000 }, // the latest rating of it
    { movie: 1, type: 'skip' },
    { movie: 9 }, // not shown
    { user: 'b', movie: 1, type: 'dislike' },
    { user: 'b', movie: 1, type: 'like', ms: 61_000 },
    { user: 'c', movie: 5 }, // in a shadow alone
    { user: 'c', movie: 4, type: 'dislike' },
  );
  await count();
  const expected: Outcome = {
    ...{ answers: 2, shown: 6, clicks: 3, clicked_answers: 2, converted_answers: 2, likes: 1, dislikes: 0, ratings: 1, movies: 3 },
    ...{ click_through_rate: 0.5, answer_click_rate: 1, conversion_rate: 1, mean_position: 2, mean_reciprocal_rank: 0.75 },
    // With one user more than the three there are: movie 1 was chosen by 4 of 4, movie 2 by 2, movie 3 by 1.
    ...{ mean_rating: 4.5, like_share: 1, coverage: 0.3, novelty: (0 + 1 + 2) / 3 },
  };
  expect(await ofVersion()).toEqual(expected);
  expect(await ofVersion('2')).toMatchObject({
    ...{ answers: 1, shown: 2, clicks: 0, clicked_answers: 0, likes: 0, dislikes: 1, click_through_rate: 0, mean_position: null },
    ...{ mean_reciprocal_rank: 0, mean_rating: null, like_share: 0, coverage: 0.2, novelty: 2 },
  });
  expect(await ofVersion('3')).toMatchObject({ answers: 0, movies: 0, click_through_rate: null, novelty: null });
});

describe('an event is put down', () => {
  test('to the latest answer to its user before it that had the movie', async () => {
    await store(
      answer(),
      answer({ version: '2', served_at: at(1_000), movie_ids: [2] }),
      answer({ version: '3', served_at: at(2_000), movie_ids: [3] }),
      answer({ version: '3', served_at: at(2_500), movie_ids: [2], variant: 'next', is_shadow: true }),
      answer({ version: '4', served_at: at(120_000), movie_ids: [2] }),
      answer({ version: '5', user_id: 'b', served_at: at(3_000), movie_ids: [2] }),
    );
    await did({ movie: 2 });
    await count();
    expect(await Promise.all(['1', '2', '3', '4', '5'].map(clicksOf))).toEqual([0, 1, 0, 0, 0]);
  });

  test('to the answer that it names, though a later one had the movie too, and though its clock was behind', async () => {
    const [first, anonymous] = [answer(), answer({ version: '2', user_id: null })];
    await store(first, anonymous, answer({ version: '3', served_at: at(1_000) }));
    await did(
      { movie: 2, id: first.recommendation_id },
      { movie: 3, id: first.recommendation_id, ms: -60_000 },
      { user: 'somebody', movie: 1, id: anonymous.recommendation_id },
    );
    await count();
    expect(await Promise.all(['1', '2', '3'].map(clicksOf))).toEqual([2, 1, 0]);
    expect((await list('from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z')).events).toMatchObject({ arrived: 0 });
    expect((await list('')).events).toEqual({ arrived: 3, by_id: 3, by_time: 0, late: 0, unmatched: 0 });
  });

  test('to none by an id that is unknown, of somebody else, of a shadow or without the movie; such an event is kept, and counted as unmatched', async () => {
    const [ofA, shadow] = [answer(), answer({ version: '2', variant: 'next', is_shadow: true })];
    await store(ofA, shadow, answer({ version: '3', user_id: 'b', served_at: at(1_000), movie_ids: [7] }));
    await did(
      { user: 'b', movie: 2, id: ofA.recommendation_id },
      { movie: 1, id: randomUUID(), user: 'nobody' },
      { movie: 3, id: shadow.recommendation_id, user: 'nobody' },
      { user: 'b', movie: 7, id: ofA.recommendation_id }, // but it was in an answer of their own
    );
    await count();
    expect(await Promise.all(['1', '2', '3'].map(clicksOf))).toEqual([0, 0, 1]);
    expect((await list('')).events).toEqual({ arrived: 4, by_id: 0, by_time: 1, late: 0, unmatched: 4 });
  });

  test('to none more than a week after the answer, whether it names it or not', async () => {
    const old = answer({ served_at: at(-5 * DAY_MS) });
    await store(old, answer({ user_id: 'b', served_at: at(-5 * DAY_MS) }));
    await did(
      { movie: 1, id: old.recommendation_id, ms: 2 * DAY_MS - 1 },
      { movie: 2, id: old.recommendation_id, ms: 2 * DAY_MS },
      { user: 'b', movie: 2, ms: 2 * DAY_MS },
    );
    await count();
    const all = { kind: 'ease', version: '1', from: new Date(HOUR - 6 * DAY_MS), to: new Date(HOUR) };
    expect(await outcomesOfVersion(database.pool, all)).toMatchObject({ answers: 2, clicks: 1 });
    expect((await list('')).events).toEqual({ arrived: 3, by_id: 1, by_time: 0, late: 2, unmatched: 0 });
  });
});

describe('what was counted', () => {
  test('changes when an event of the hour arrives later, also one that comes twice, and stays where nothing new came', async () => {
    await store(answer(), answer({ user_id: 'b', served_at: at(HOUR_MS), version: '2' }));
    await count();
    expect(await clicksOf()).toBe(0);
    const event = randomUUID();
    await did({ movie: 2, event, ms: 2 * DAY_MS });
    await did({ movie: 2, event, ms: 2 * DAY_MS });
    await count();
    expect(await clicksOf()).toBe(1);
    const before = await sums();
    await did({ movie: 2, event, ms: 2 * DAY_MS });
    await count();
    await count();
    expect(await sums()).toEqual(before);
    // Only what came lately is looked at again.
    await database.pool.query(`update outcome_state set counted_to = now() + interval '1 hour'`);
    expect(await count()).toEqual({ hours: 0, hasMore: false });
  });

  test('changes when an answer comes late, and takes an event from the one that it was put down to', async () => {
    await store(answer());
    await did({ movie: 2, ms: 2 * HOUR_MS });
    await count();
    await database.pool.query(`
      update served_answers set stored_at = stored_at - interval '1 day'; update interactions set received_at = received_at - interval '1 day'`);
    await store(answer({ served_at: at(HOUR_MS), version: '2' }));
    expect(await count()).toMatchObject({ hours: 2 });
    expect(await Promise.all(['1', '2'].map(clicksOf))).toEqual([0, 1]);
  });

  test('changes on the day that an event of the future waited for', async () => {
    const now = Date.now() - HOUR;
    await store(answer({ served_at: at(now) }));
    await did({ movie: 2, ms: now + 30 * HOUR_MS });
    await count();
    expect(await clicksOf()).toBe(0);
    await database.pool.query(`
      update served_answers set stored_at = stored_at - interval '2 days';
      update interactions set received_at = received_at - interval '2 days', occurred_at = now() + interval '1 day' - interval '1 minute'`);
    await count();
    expect(await clicksOf()).toBe(1);
  });

  test('stays when the answers are not kept any more', async () => {
    const old = answer();
    await store(old, answer({ user_id: 'b' }));
    await did({ movie: 2 }, { user: 'b', movie: 2 });
    await count();
    await database.pool.query('delete from served_answers where recommendation_id = $1', [old.recommendation_id]);
    await did({ user: 'b', movie: 1 });
    await count(new Date(HOUR + 1));
    expect(await ofVersion()).toMatchObject({ answers: 2, clicks: 2 });
    expect(await removeOutcomesBefore(database.pool, new Date(HOUR))).toBe(0);
    expect(await removeOutcomesBefore(database.pool, new Date(HOUR + HOUR_MS))).toBe(1);
  });

  test('is whole again after a count that was killed in the middle', async () => {
    await store(
      answer(),
      answer({ user_id: 'b', served_at: at(HOUR_MS), version: '2' }),
      answer({ user_id: 'c', served_at: at(2 * HOUR_MS), version: '3' }),
    );
    await did({ movie: 1 }, { user: 'b', movie: 1, ms: 2 * HOUR_MS }, { user: 'c', movie: 1, ms: 3 * HOUR_MS });
    const held = await holdRows(database.pool, 'insert on outcome_sums', `new.version = '2'`);
    const doomed = createPool({ url: database.url, poolSize: 1, log: silentLog, waits: POOL_WAITS.step });
    const counting = countOutcomes(doomed, new Date(HOUR - DAY_MS)).catch((error: unknown) => error);
    await held.reached();
    expect(await Promise.all(['1', '2', '3'].map(clicksOf))).toEqual([0, 0, 1]); // the newest hour first
    await held.giveUp();
    expect(await counting).toBeInstanceOf(Error);
    await doomed.end();
    await database.pool.query(`update outcome_state set counted_to = now() + interval '1 hour'`); // nothing is looked for again
    expect(await count()).toEqual({ hours: 2, hasMore: false });
    expect(await Promise.all(['1', '2', '3'].map(clicksOf))).toEqual([1, 1, 1]);
  });

  test('is right where two count at once', async () => {
    await store(...Array.from({ length: 20 }, (_, n) => answer({ user_id: `u${n}`, served_at: at(n * HOUR_MS) })));
    await did(...Array.from({ length: 20 }, (_, n) => ({ user: `u${n}`, movie: 2, ms: n * HOUR_MS + 1 })));
    await Promise.all([count(), count(), count()]);
    expect(await ofVersion()).toMatchObject({ answers: 20, clicks: 20 });
  });
});

test('an hour of many is counted by indexes', async () => {
  await database.pool.query(`
    insert into served_answers (recommendation_id, variant, is_shadow, served_at, user_id, route, revision, assignment, propensity, model, version, k, movie_ids,
      scores, exclude_seen, seen_from, history, history_length, disliked)
    select gen_random_uuid(), 'main', false, timestamptz '${at(0)}' + n * interval '1 minute', 'u' || n % 3000, 'default', 1, 'user', 1, 'ease', '1', 3,
      array[n % 500, n % 499, n % 498], '{3,2,1}', true, 'database', '{}', 0, '{}' from generate_series(1, 30000) n;
    insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at, recommendation_id)
    select gen_random_uuid(), 'u' || n % 3000, n % 500, 'click', timestamptz '${at(1_000)}' + n * interval '1 minute', case n % 9 when 0 then gen_random_uuid() end
    from generate_series(1, 30000) n`);
  await database.pool.query('vacuum analyze served_answers, interactions');
  const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`
    explain with shown as (
      select recommendation_id, user_id, served_at, movie_ids from served_answers
      where served_at >= '${at(HOUR_MS)}' and served_at < '${at(2 * HOUR_MS)}' and not is_shadow
    ), ${CREDITED} select * from credited`);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).not.toMatch(/Seq Scan on (interactions|served_answers)/);
  expect(plan).toContain('served_answers_of_user');
});

test('the worker counts by itself, and shows how the answers of the last day do', async () => {
  const metrics = createMetrics('worker-control');
  const ends: (() => Promise<unknown>)[] = [];
  const now = Date.now() - HOUR;
  await store(answer({ served_at: at(now - 60_000) }), answer({ version: '2' })); // the other one was given days ago
  await did({ movie: 2, ms: now });
  followOutcomes(
    { config: { ...readConfig({}), servedKeptDays: 90 }, log: silentLog, metrics, onShutdown: (_, end) => void ends.push(end) },
    database.pool,
  );
  const shown = await waitFor('the rate', async () => {
    const text = await metrics.metrics();
    return text.includes('outcome_click_through_rate{') ? text : undefined;
  });
  await Promise.all(ends.map((end) => end()));
  const labels = '{model="ease",version="1",route="default",variant="main",process="worker-control"}';
  const series = (name: string) => shown.split('\n').filter((line) => line.startsWith(`${name}{`));
  expect(series('outcome_click_through_rate')).toEqual([`outcome_click_through_rate${labels} ${1 / 3}`]);
  expect(series('outcome_answers')).toEqual([`outcome_answers${labels} 1`]);
  expect(series('outcome_mean_rating')).toEqual([]); // of nothing there is no mean
});

describe('by HTTP', () => {
  test('rows are of versions, routes, variants or days, those of most answers first, and of what is asked for', async () => {
    await store(
      answer(),
      answer({ user_id: 'b', route: 'trial', variant: 'new', version: '2' }),
      answer({ user_id: 'c', served_at: at(DAY_MS), route: 'trial', variant: 'old' }),
      answer({ user_id: 'd', served_at: at(DAY_MS), route: 'trial', variant: 'old', model: 'trending', version: 'hour' }),
    );
    await did({ movie: 1 });
    await count();
    const keys = async (query: string) =>
      (await list(query)).rows.map(({ model, version, route, variant, day, answers, clicks }) => [
        ...[model, version, route, variant, day].filter((key) => key !== undefined),
        ...[answers, clicks],
      ]);
    expect(await keys('')).toEqual([
      ['ease', '1', 2, 1],
      ['ease', '2', 1, 0],
      ['trending', 'hour', 1, 0],
    ]);
    expect(await keys('by=route')).toEqual([
      ['trial', 3, 0],
      ['default', 1, 1],
    ]);
    expect(await keys('by=variant&route=trial')).toEqual([
      ['trial', 'old', 2, 0],
      ['trial', 'new', 1, 0],
    ]);
    const [day, next] = [at(0).slice(0, 10), at(DAY_MS).slice(0, 10)];
    expect(await keys('by=day')).toEqual([
      [next, 2, 0],
      [day, 2, 1],
    ]);
    expect(await keys('by=version&model=ease&variant=old')).toEqual([['ease', '1', 1, 0]]);
    expect(await keys('limit=1')).toEqual([['ease', '1', 2, 1]]);
    expect(await keys(`to=${at(HOUR_MS)}`)).toEqual([
      ['ease', '1', 1, 1],
      ['ease', '2', 1, 0],
    ]);
    expect(await list(`from=${at(0)}&to=${at(HOUR_MS)}`)).toMatchObject({
      ...{ from: at(0), to: at(HOUR_MS), counted_to: expect.any(String), attribution_days: 7, catalogue_movies: 10 },
    });
  });

  test.each([
    ['by=model', 'query.by'],
    ['from=yesterday', 'query.from'],
    ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'query.to'],
    ['from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'query.from'],
    ['route=No', 'query.route'],
    ['model=%27', 'query.model'],
    ['limit=0', 'query.limit'],
    ['colour=red', 'query'],
  ])('%s is refused, and the field is named', async (query, field) => {
    const { status, body } = await api.call('GET', `/api/v1/outcomes?${query}`);
    expect([status, body.errors?.[0]?.field]).toEqual([422, field]);
  });
});
