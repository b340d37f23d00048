import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProblemBody } from '../../../contracts/problem.ts';
import { STARTABLE_WORKFLOWS } from '../../../contracts/workflows.ts';
import { startTestApi, type ApiRequest, type TestApi } from '../../support/api.ts';

interface WorkflowList {
  workflows: { name: string; input_schema: { properties: Record<string, unknown> } }[];
}

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

const fieldsOf = (body: ProblemBody) => (body.errors ?? []).map(({ field }) => field);

describe('a wrong value is answered 422 with the field at fault', () => {
  test.each([
    ['/?k=0', 'query.k'],
    ['/?k=-1', 'query.k'],
    ['/?k=1e9', 'query.k'],
    ['/?k=1000000000', 'query.k'],
    ['/?k=ten', 'query.k'],
    ['/?k=', 'query.k'],
    ['/?k=3&k=4', 'query.k'],
    ['/api/v1/recommendations?k=501', 'query.k'],
    ['/api/v1/recommendations?user_id=', 'query.user_id'],
    ['/api/v1/recommendations?user_id=a%00b', 'query.user_id'],
    ['/api/v1/runs?limit=201', 'query.limit'],
    ['/api/v1/runs?state=done', 'query.state'],
    ['/api/v1/runs?workflow=nothing', 'query.workflow'],
    ['/api/v1/runs?cursor=nonsense', 'query.cursor'],
    ['/api/v1/runs/training/a%00b', 'path.run'],
    ['/api/v1/runs/training/a/logs?attempt=0', 'query.attempt'],
    ['/api/v1/schedules/a%00b', 'path.schedule_id'],
    ['/api/v1/movies/Toy%20Story', 'path.movie_id'],
    ['/api/v1/movies/0', 'path.movie_id'],
    ['/api/v1/movies/99999999999', 'path.movie_id'],
  ])('GET %s: %s', async (path, field) => {
    const { status, headers, body } = await api.call('GET', path);
    expect({ status, type: headers.get('content-type'), fields: fieldsOf(body) }).toEqual({
      status: 422,
      type: expect.stringContaining('application/problem+json'),
      fields: [field],
    });
  });

  test.each([
    [{}, 'body.workflow'],
    [[], 'body'],
    ['text', 'body'],
    [{ workflow: 'movieDataCollection', run: '../x' }, 'body.run'],
    [{ workflow: 'movieDataCollection', input: { source: 'imdb' } }, 'body.input.source'],
    [{ workflow: 'movieDataCollection', input: { path: 'a\u0000b' } }, 'body.input.path'],
    [{ workflow: 'movieDataCollection', input: { path: '\ud800' } }, 'body.input.path'],
    [{ workflow: 'movieTrainingPipeline', input: { models: [{ kind: 'neural_cf', epochs: 0 }] } }, 'body.input.models.0.epochs'],
    [{ workflow: 'movieTrainingPipeline', input: { modles: [] } }, 'body.input'],
    [{ workflow: 'tmdbCollection', input: { lists: ['upcoming'] } }, 'body.input.lists.0'],
    [{ workflow: 'tmdbCollection', input: { lists: ['popular', 'popular'] } }, 'body.input.lists'],
    [{ workflow: 'tmdbCollection', input: { pages: 0 } }, 'body.input.pages'],
    [{ workflow: 'tmdbCollection', input: { pages: '3' } }, 'body.input.pages'],
  ])('POST /api/v1/runs %j: %s', async (json, field) => {
    const { status, body } = await api.call('POST', '/api/v1/runs', { json });
    expect({ status, fields: fieldsOf(body) }).toEqual({ status: 422, fields: [field] });
  });
});

describe('a body that cannot be read', () => {
  const post = (request: ApiRequest) => api.call('POST', '/api/v1/runs', request);
  const json = { 'content-type': 'application/json' };

  test('no body at all is a missing field', async () => {
    const { status, body } = await post({});
    expect({ status, fields: fieldsOf(body) }).toEqual({ status: 422, fields: ['body.workflow'] });
  });
  test('not JSON: 400', async () => {
    const { status, body } = await post({ text: '{"workflow":', headers: json });
    expect({ status, fields: fieldsOf(body) }).toEqual({ status: 400, fields: ['body'] });
  });
  test('more than 1 MB: 413', async () => {
    const { status, body } = await post({ json: { workflow: 'x'.repeat(1_100_000) } });
    expect({ status, fields: fieldsOf(body) }).toEqual({ status: 413, fields: ['body'] });
  });
  test('another type than JSON: 415', async () => {
    expect((await post({ text: 'workflow=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status).toBe(415);
  });
  test('nested deeper than the stack: 4xx, and the process goes on', async () => {
    const deep = `{"workflow":"movieDataCollection","input":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`;
    expect((await post({ text: deep, headers: json })).status).toBe(422);
    expect((await api.call('GET', '/health/live')).status).toBe(200);
  });
});

describe('what is not there', () => {
  test('a workflow that does not exist: 404 with the names of those that do', async () => {
    for (const workflow of ['movieTraining', 'constructor', 'driftRetrain']) {
      const { status, body } = await api.call('POST', '/api/v1/runs', { json: { workflow } });
      expect({ status, detail: body.detail }).toEqual({
        status: 404,
        detail: `There is no workflow ${workflow} to start; there are ${STARTABLE_WORKFLOWS.join(', ')}`,
      });
    }
  });
  test('a route that does not exist: 404 as a problem with the request id', async () => {
    const { status, body } = await api.call('GET', '/nothing', { headers: { 'x-request-id': 'abc' } });
    expect({ status, body }).toEqual({
      status: 404,
      body: { type: '/problems/not-found', title: 'Not found', status: 404, detail: 'There is no GET /nothing here', request_id: 'abc' },
    });
  });
  test('a path that is no text: 400', async () => {
    expect((await api.call('GET', '/api/v1/runs/training/%E0%A4%A')).status).toBe(400);
  });
});

test('the workflows are listed with the schema of their input', async () => {
  const { status, body } = await api.call<WorkflowList>('GET', '/api/v1/workflows');
  expect(status).toBe(200);
  expect(body.workflows.map(({ name }) => name)).toEqual(STARTABLE_WORKFLOWS);
  const collection = body.workflows.find(({ name }) => name === 'movieDataCollection');
  expect(collection?.input_schema.properties['source']).toEqual({ default: 'movielens', type: 'string', enum: ['movielens'] });
});
