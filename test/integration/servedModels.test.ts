import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RecommendAnswer } from '../../contracts/recommendations.ts';
import { routeSpecSchema } from '../../contracts/routes.ts';
import { setRoutes } from '../../domain/serving/routeTable.ts';
import { findServed } from '../../domain/serving/served.ts';
import { startTinyServing, type TinyServing } from '../support/tinyServing.ts';
import { waitFor } from '../support/waitFor.ts';

let serving: TinyServing;
beforeAll(async () => {
  serving = await startTinyServing(['popularity', 'ease']);
  await setRoutes(
    serving.database.pool,
    {
      trial: routeSpecSchema.parse({ variants: [{ name: 'new', models: ['ease/1'] }] }),
      everybody: routeSpecSchema.parse({ variants: [{ name: 'liked', models: ['popularity@champion'] }] }),
    },
    { author: { name: 'test', reason: 'trial' } },
  );
  await serving.database.pool.query(
    `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at) values (gen_random_uuid(), 'u2', 12, 'like', now())`,
  );
});
afterAll(() => serving?.stop());

async function post<A>(place: string, body: unknown, signal?: AbortSignal): Promise<{ status: number; body: A }> {
  const answer = await fetch(`${serving.url}${place}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  return { status: answer.status, body: (await answer.json()) as A };
}

interface Listed {
  readonly models: { name: string; version: string; references: string[]; calls: number; parameters: number }[];
  readonly broken: unknown[];
}
const list = async () => (await (await fetch(`${serving.url}/models`)).json()) as Listed;
const listed = async (name: string) => (await list()).models.find((model) => model.name === name);

describe('GET /models', () => {
  test('tells of each version in memory what it is, what names it, how large it is, since when and how often it answered', async () => {
    await waitFor('the route to be taken up', async () => (await listed('ease'))?.references.includes('ease/1') === true);
    const before = await listed('ease');
    await post('/recommend', { user_id: 'u2' });
    await post('/recommend/batch', { user_ids: ['u2', 'u2'] });
    await post('/v2/models/ease/infer', {
      inputs: ['user_id', 'movie_id'].map((name) => ({ name, datatype: 'BYTES', shape: [1], data: [name === 'user_id' ? 'u2' : '3'] })),
    });
    expect(await listed('ease')).toEqual({
      ...{ name: 'ease', kind: 'ease', version: '1', users: 12, movies: 20, backend: expect.any(String) },
      references: expect.arrayContaining(['ease@champion', 'ease/1']),
      routes: ['default', 'trial'],
      parameters: expect.any(Number),
      estimated_memory_bytes: expect.any(Number),
      loaded_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      calls: before!.calls + 4,
    });
    expect(before!.parameters).toBeGreaterThanOrEqual(20 * 20);
  });

  test('tells which version cannot be loaded, and why', async () => {
    const { rows } = await serving.database.pool.query<{ version: string }>(
      `insert into model_versions select * from jsonb_populate_record(null::model_versions,
         (select to_jsonb(v) || '{"version": 2, "origin": "test/broken", "source": "blob:trained/ease/nowhere"}' from model_versions v where name = 'ease' and version = 1))
       returning version::text`,
    );
    await serving.database.pool.query(`update model_aliases set version = $1 where name = 'ease' and alias = 'champion'`, [
      rows[0]!.version,
    ]);
    await waitFor('the fault to show', async () => (await list()).broken.length > 0);
    const { broken, models } = await list();
    expect(broken).toEqual([
      { name: 'ease', version: '2', reference: 'ease@champion', reason: expect.stringContaining('there is no blob') },
    ]);
    expect(models.map(({ name, version }) => `${name} ${version}`)).toContain('ease 1');
  });
});

describe('POST /recommend/batch', () => {
  const users = ['u2', 'stranger', 7, 'u2'];

  test('answers each user in order as they are answered alone, and each answer can be traced', async () => {
    const { status, body } = await post<{ answers: RecommendAnswer[] }>('/recommend/batch', { user_ids: users, k: 3, exclude_seen: false });
    expect(status).toBe(200);
    expect(body.answers.map(({ user_id }) => user_id)).toEqual(users.map(String));
    for (const answer of body.answers) {
      const alone = await post<RecommendAnswer>('/recommend', { user_id: answer.user_id, k: 3, exclude_seen: false });
      expect({ ...answer, recommendation_id: '' }).toEqual({ ...alone.body, recommendation_id: '' });
    }
    expect(body.answers.map(({ model }) => model.name)).toEqual(['ease', 'popularity', 'popularity', 'ease']);
    for (const { recommendation_id, user_id, recommendations } of body.answers) {
      await waitFor('the answer to be stored', async () => (await findServed(serving.database.pool, recommendation_id)).length === 1);
      expect(await findServed(serving.database.pool, recommendation_id)).toMatchObject([
        { user_id, k: 3, movie_ids: recommendations.map(({ movie_id }) => Number(movie_id)) },
      ]);
    }
  });

  test('ends when its caller hangs up', async () => {
    const caller = new AbortController();
    const asked = Array.from({ length: 1_000 }, (_, at) => `left${at}`);
    const count = async () => {
      const { rows } = await serving.database.pool.query<{ n: number }>(
        `select count(*)::int as n from served_answers where user_id like 'left%'`,
      );
      return rows[0]!.n;
    };
    const batch = post('/recommend/batch', { user_ids: asked, k: 1 }, caller.signal);
    await waitFor('the first answers', async () => {
      const calls = await count();
      if (calls > 0) caller.abort();
      return calls > 0;
    });
    const error = await batch.then(
      () => 'answered',
      (reason: unknown) => (reason as Error).name,
    );
    expect(error).toBe('AbortError');
    const marker = await post<RecommendAnswer>('/recommend', { user_id: 'marker', k: 1 });
    await waitFor('all to be stored', async () => (await findServed(serving.database.pool, marker.body.recommendation_id)).length === 1);
    expect(await count()).toBeLessThan(asked.length);
  });

  const many = (count: number) => Array.from({ length: count }, (_, at) => at);
  test.each<[string, unknown, string]>([
    ['no users', {}, 'body.user_ids'],
    ['an empty list', { user_ids: [] }, 'body.user_ids'],
    ['one user alone', { user_ids: 'u2' }, 'body.user_ids'],
    ['a user that is none', { user_ids: ['u2', null] }, 'body.user_ids.1'],
    ['a user that is too long', { user_ids: ['u'.repeat(201)] }, 'body.user_ids.0'],
    ['1,001 users', { user_ids: many(1_001) }, 'body.user_ids'],
    ['k = 0', { user_ids: [1], k: 0 }, 'body.k'],
    ['k beyond the bound', { user_ids: [1], k: 501 }, 'body.k'],
    ['more movies than one answer holds', { user_ids: many(1_000), k: 51 }, 'body.k'],
    ['a route that is not there', { user_ids: [1], route: 'scenic' }, 'body.route'],
    ['a variant that is not there', { user_ids: [1], variant: 'other' }, 'body.variant'],
    ['one user beside the many', { user_ids: [1], user_id: 1 }, 'body'],
  ])('refuses %s with the field', async (_what, body, field) => {
    const answer = await post<{ errors: { field: string }[] }>('/recommend/batch', body);
    expect([answer.status, answer.body.errors.map((error) => error.field)]).toEqual([422, [field]]);
  });
});
