import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { REST_PREFIXES } from '../../api/mlflow/paths.ts';
import { createApi } from '../../api/rest/app.ts';
import { startTestApi, type TestApi } from '../support/api.ts';

let alone: TestApi;
let beside: TestApi;
beforeAll(async () => {
  alone = await startTestApi({}, createMlflowApi);
  beside = await startTestApi({}, createApi);
});
afterAll(async () => {
  await alone?.stop();
  await beside?.stop();
});

describe('the door for MLflow clients', () => {
  test('tells its health and version as MLflow does, while no engine is there', async () => {
    expect(await alone.call('GET', '/health')).toMatchObject({ status: 200, body: 'OK' });
    expect(await alone.call('GET', '/version')).toMatchObject({ status: 200, body: '3.17.2' });
  });

  test.each(REST_PREFIXES)(
    'says what it does not serve under %s in the words of MLflow, on the port of its own and on that of the API',
    async (prefix) => {
      for (const api of [alone, beside]) {
        const answer = await api.call('POST', `${prefix}/nothing/here`, { json: {} });
        expect(answer).toMatchObject({ status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND' } });
      }
    },
  );

  test('leaves the rest of the API to its own problems', async () => {
    expect(await beside.call('GET', '/api/v1/nothing')).toMatchObject({ status: 404, body: { type: '/problems/not-found' } });
    expect((await beside.call('GET', '/health')).body).toMatchObject({ status: 'unavailable' });
  });
});
