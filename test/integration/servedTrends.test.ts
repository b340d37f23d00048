import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { RecommendAnswer, SimilarAnswer } from '../../contracts/recommendations.ts';
import { routeSpecSchema } from '../../contracts/routes.ts';
import type { RecommendationTrace } from '../../contracts/served.ts';
import { recordInteractions } from '../../domain/events/interactions.ts';
import { setRoutes } from '../../domain/serving/routeTable.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { startTinyServing, type TinyServing } from '../support/tinyServing.ts';
import { waitFor } from '../support/waitFor.ts';

let serving: TinyServing;
let api: TestApi;
beforeAll(async () => {
  serving = await startTinyServing(['popularity']);
  api = await startTestApi({ database: { url: serving.database.url, poolSize: 4, external: true }, servingUrl: serving.url });
  const spec = routeSpecSchema.parse({ variants: [{ name: 'now', models: ['trending@hour'] }] });
  await setRoutes(serving.database.pool, { trends: spec }, { author: { name: 'test', reason: '' } });
});
afterAll(async () => {
  await api?.stop();
  await serving?.stop();
});

async function post<T>(path: string, body: object) {
  const answer = await fetch(serving.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}
const ask = async (over: object = {}) => (await post<RecommendAnswer>('/recommend', { route: 'trends', k: 3, ...over })).body;
const answeredBy = (name: string) =>
  waitFor(`an answer by ${name}`, async () => {
    const answer = await ask().catch(() => undefined);
    return answer?.model?.name === name ? answer : undefined;
  });
const chose = (user_id: string, movie: number) =>
  recordInteractions(serving.database.pool, [
    {
      ...{ event_id: randomUUID(), user_id, movie_id: String(movie), interaction_type: 'watch', timestamp: new Date().toISOString() },
    },
  ]);
const health = async () =>
  ((await (await fetch(`${serving.url}/health`)).json()) as { dependencies: Record<string, { detail: string }> }).dependencies['models']!
    .detail;
const ids = ({ recommendations }: Pick<RecommendAnswer, 'recommendations'>) => recommendations.map(({ movie_id }) => movie_id);

test('a variant of what trends is answered by popularity while nobody chooses anything, and says so', async () => {
  const answer = await answeredBy('popularity');
  expect(answer.recommendations).toHaveLength(3);
  expect(await health()).toContain('nobody chose anything lately, so that what is popular answers for variant now of route trends');
});

test('what users choose comes first a moment later, and what is popular behind it; whoever has seen it gets the next', async () => {
  const popular = ids(await ask({ k: 20 }));
  const [last = '', lastButOne = ''] = popular.toReversed();
  for (const user of ['t1', 't2']) await chose(user, Number(last));
  await chose('t1', Number(lastButOne));
  await serving.database.pool.query(`insert into movies (movie_id, title, source) values (500, 'New', 'test')`); // that no model knows
  for (const user of ['t3', 't4', 't5']) await chose(user, 500);
  const answer = await waitFor('the new movie to be first', async () => {
    const now = await ask({ k: 5 });
    return ids(now)[0] === '500' && ids(now)[2] === lastButOne ? now : undefined;
  });
  expect(answer.model).toEqual({ name: 'trending', version: 'hour' });
  expect(ids(answer)).toEqual(['500', last, lastButOne, popular[0], popular[1]]);
  await waitFor('health to say nothing of it', async () => !(await health()).includes('nobody chose'));
  expect(ids(await ask({ user_id: 't3', k: 2 }))).toEqual([last, lastButOne]);
  const similar = await post<SimilarAnswer>('/similar', { movie_id: '1', k: 2, route: 'trends' });
  expect([similar.status, similar.body.similar.length]).toEqual([200, 2]);

  const trace = await waitFor('the answer to be stored', async () => {
    const { status, body } = await api.call<RecommendationTrace>('GET', `/api/v1/recommendations/${answer.recommendation_id}`);
    return status === 200 ? body : undefined;
  });
  expect(trace).toMatchObject({ model: { name: 'trending', version: 'hour' }, made_by: null, route: 'trends', variant: 'now' });
});

test('a window that is none is refused', async () => {
  const put = (models: string[]) => api.call('PUT', '/api/v1/routes/other', { json: { variants: [{ name: 'main', models }] } });
  expect((await put(['trending@week'])).status).toBe(422);
  expect((await put(['trending/1'])).status).toBe(422);
  expect((await put(['trending@day', 'ease@champion'])).status).toBe(200);
});
