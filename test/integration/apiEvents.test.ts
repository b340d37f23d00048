import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { EventsAccepted } from '../../contracts/events.ts';
import { EVENTS_OF_REQUEST } from '../../contracts/sizes.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  api = await startTestApi({
    database: { url: database.url, poolSize: 4, external: true },
    access: {
      host: '127.0.0.1',
      credentials: [
        { name: 'shop', role: 'user', secret: 'shop' },
        { name: 'other', role: 'user', secret: 'other' },
        { name: 'watch', role: 'operator', secret: 'watch' },
      ],
      allowedHosts: [],
      allowedOrigins: [],
    },
  });
});
beforeEach(() => database.pool.query('truncate outbox, idempotency_keys'));
afterAll(async () => {
  await api?.stop();
  await database?.drop();
});

const INTERACTION = '/api/v1/events/user-interaction';
const by = (key: string, headers: Record<string, string> = {}) => ({ headers: { 'x-api-key': key, ...headers } });
const send = <T = EventsAccepted>(path: string, json: unknown, { headers } = by('watch')) => api.call<T>('POST', path, { json, headers });

async function waiting() {
  const { rows } = await database.pool.query<{ id: string; topic: string; key: string; type: string; payload: Record<string, unknown> }>(
    'select id, aggregatetype as topic, aggregateid as key, type, payload from outbox order by seq',
  );
  return rows;
}

const view = (over: object = {}) => ({ user_id: 'anna', movie_id: 'movie_041', interaction_type: 'view', ...over });

describe('several events in one request', () => {
  test('are answered row by row, and what is good of them is durable, in its order', async () => {
    await database.pool.query(
      `insert into movies (movie_id, title, source) values (900, 'A mug', 'shop');
       insert into movie_external_ids (movie_id, source, external_id) values (900, 'shop', 'SKU-1')`,
    );
    const own = randomUUID();
    const { status, body } = await send(INTERACTION, {
      events: [
        view({ event_id: own }),
        view({ rating: 9 }),
        view({ movie_id: 'shop:SKU-1', interaction_type: 'rate', rating: 4 }),
        view({ movie_id: 'shop:nothing' }),
        7,
        { user_id: 'anna', interaction_type: 'search', query: 'alien' },
        view({ interaction_type: 'skip' }),
      ],
    });
    const refused = (field: string) => ({ status: 'refused', errors: [{ field, message: expect.any(String) }] });
    const accepted = { status: 'accepted', event_id: expect.any(String) };
    expect({ status, body }).toEqual({
      status: 202,
      body: {
        accepted: 4,
        refused: 3,
        events: [
          { ...accepted, event_id: own },
          refused('body.events.1.rating'),
          accepted,
          refused('body.events.3.movie_id'),
          refused('body.events.4'),
          accepted,
          accepted,
        ],
      },
    });
    const ids = body.events.flatMap((event) => ('event_id' in event ? [event.event_id] : []));
    const rows = await waiting();
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(
      rows.map(({ type, payload: { movie_id, interaction_type, query, rating } }) => [type, interaction_type, movie_id, query, rating]),
    ).toEqual([
      ['movie_mlops.user_interaction', 'view', '41', undefined, undefined],
      ['movie_mlops.user_interaction', 'rating', '900', undefined, 4],
      ['movie_mlops.search', 'search', undefined, 'alien', undefined],
      ['movie_mlops.user_interaction', 'skip', '41', undefined, undefined],
    ]);
  });

  test.each([
    ['of which none is good', { events: [view({ user_id: '' }), view({ movie_id: 0 })] }, 'body.events.0.user_id'],
    ['none at all', { events: [] }, 'body.events'],
    ['more than a request may have', { events: Array.from({ length: EVENTS_OF_REQUEST + 1 }, () => view()) }, 'body.events'],
    ['no list of them', { events: view() }, 'body.events'],
    ['a list by itself', [view()], 'body'],
    ['one with a field that nobody knows', view({ ratng: 4 }), 'body'],
    ['one of a type that nobody knows', view({ interaction_type: 'stare' }), 'body.interaction_type'],
    ['one rating out of range', view({ rating: 5.5 }), 'body.rating'],
    ['a time that is too late', view({ timestamp: '2300-01-01T00:00:00Z' }), 'body.timestamp'],
    ['a search without its query', { user_id: 'anna', interaction_type: 'search' }, 'body.query'],
    ['a search of a movie', { user_id: 'anna', interaction_type: 'search', query: 'q', movie_id: 1 }, 'body'],
  ])('%s: refused with the field, and nothing is kept', async (_, json, field) => {
    const { status, body } = await send<{ errors?: { field: string }[] }>(INTERACTION, json);
    expect([status, body.errors?.[0]?.field]).toEqual([422, field]);
    expect(await waiting()).toEqual([]);
  });

  test('of another encoding than UTF-8 are refused', async () => {
    const answer = await fetch(`${api.url}${INTERACTION}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'shop' },
      body: Buffer.concat([
        Buffer.from('{"user_id":"'),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('","movie_id":1,"interaction_type":"view"}'),
      ]),
    });
    expect(answer.status).toBe(400);
    expect(await waiting()).toEqual([]);
  });
});

describe('Idempotency-Key', () => {
  const keyed = (caller: string, key: string) => by(caller, { 'idempotency-key': key });
  const two = { events: [view(), view({ movie_id: 2 })] };

  test('makes the same request again the same events, of one and of several', async () => {
    for (const json of [view(), two]) {
      const key = randomUUID();
      const [first, second] = [await send(INTERACTION, json, keyed('shop', key)), await send(INTERACTION, json, keyed('shop', key))];
      expect([second.status, second.body]).toEqual([202, first.body]);
    }
    expect(await waiting()).toHaveLength(3);
  });

  test('gives each row of a batch its own id, whatever rows beside it the catalogue has learnt since', async () => {
    const batch = { events: [view({ movie_id: 'shop:SKU-9' }), view({ movie_id: 41 }), view({ movie_id: 42 })] };
    const first = await send(INTERACTION, batch, keyed('shop', 'a'));
    await database.pool.query(
      `insert into movies (movie_id, title, source) values (909, 'A cup', 'shop');
       insert into movie_external_ids (movie_id, source, external_id) values (909, 'shop', 'SKU-9')`,
    );
    const second = await send(INTERACTION, batch, keyed('shop', 'a'));
    expect(first.body.events.map(({ status }) => status)).toEqual(['refused', 'accepted', 'accepted']);
    expect(second.body.events.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted']);
    expect(second.body.events.slice(1)).toEqual(first.body.events.slice(1));
    expect((await waiting()).map(({ payload }) => payload['movie_id'])).toEqual(['41', '42', '909']);
  });

  test('is its sender’s, and of one path: others are other requests', async () => {
    await send(INTERACTION, view(), keyed('shop', 'a'));
    await send(INTERACTION, view(), keyed('other', 'a'));
    await send('/api/v1/feedback', view(), keyed('shop', 'a'));
    await send(INTERACTION, view(), keyed('shop', 'b'));
    expect(new Set((await waiting()).map(({ id }) => id)).size).toBe(4);
  });

  test('with another body is a conflict, and nothing is kept of it', async () => {
    await send(INTERACTION, view(), keyed('shop', 'a'));
    const { status, body } = await send<{ detail: string }>(INTERACTION, view({ movie_id: 2 }), keyed('shop', 'a'));
    expect([status, body.detail]).toEqual([409, 'Idempotency-Key a came before with another body']);
    expect(await waiting()).toHaveLength(1);
  });

  test('of 256 characters is refused', async () => {
    const { status, body } = await send<{ errors?: { field: string }[] }>(INTERACTION, view(), keyed('shop', 'k'.repeat(256)));
    expect([status, body.errors?.[0]?.field]).toEqual([422, 'header']);
  });

  test('counts for a trigger too', async () => {
    const overload = { service_name: 'movie-api', cpu_usage: 95.0, memory_usage: 88.5 };
    const first = await send('/api/v1/trigger/system-overload', overload, keyed('watch', 'a'));
    const second = await send('/api/v1/trigger/system-overload', overload, keyed('watch', 'a'));
    expect([second.status, second.body]).toEqual([202, first.body]);
    expect(await waiting()).toMatchObject([
      { topic: 'system-health', key: 'movie-api', type: 'movie_mlops.system_health', payload: overload },
    ]);
  });
});

test.each([
  [{ cpu_usage: -1 }, 'body.cpu_usage'],
  [{ memory_usage: 101 }, 'body.memory_usage'],
  [{ service_name: '' }, 'body.service_name'],
  [{ status: 'x'.repeat(101) }, 'body.status'],
  [{ response_time_ms: 'slow' }, 'body.response_time_ms'],
])('how a service does, with %j, is refused with the field', async (over, field) => {
  const { status, body } = await send<{ errors?: { field: string }[] }>('/api/v1/trigger/system-overload', {
    service_name: 'movie-api',
    cpu_usage: 95,
    memory_usage: 88.5,
    ...over,
  });
  expect([status, body.errors?.[0]?.field]).toEqual([422, field]);
});

test('movies that the catalogue lacks are told, until it has them', async () => {
  const tell = (movie: number, user: string) =>
    database.pool.query(
      `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at) values (gen_random_uuid(), $1, $2, 'view', '2026-01-02T00:00:00Z')`,
      [user, movie],
    );
  for (const [movie, user] of [
    [7001, 'anna'],
    [7002, 'anna'],
    [7002, 'anna'],
    [7002, 'bert'],
    [7003, 'bert'],
  ] as const)
    await tell(movie, user);
  await database.pool.query("insert into movies (movie_id, title, source) values (7003, 'Known', 'test')");
  const at = '2026-01-02T00:00:00.000Z';
  const { body } = await api.call<{ movies: unknown[] }>('GET', '/api/v1/events/unknown-movies', by('shop'));
  expect(body).toEqual({
    movies: [
      { movie_id: '7002', events: 3, users: 2, first_at: at, last_at: at },
      { movie_id: '7001', events: 1, users: 1, first_at: at, last_at: at },
    ],
  });
});

test('a user may tell what users did, and triggers nothing', async () => {
  const trigger = { service_name: 'movie-api', cpu_usage: 95, memory_usage: 88.5 };
  const alert = { model_name: 'ease', drift_score: 1, threshold: 0.5 };
  const statuses = await Promise.all([
    send(INTERACTION, view(), by('shop')),
    send('/api/v1/trigger/system-overload', trigger, by('shop')),
    send('/api/v1/trigger/model-drift', alert, by('shop')),
    send(INTERACTION, view(), by('nobody')),
  ]);
  expect(statuses.map(({ status }) => status)).toEqual([202, 403, 403, 401]);
});
