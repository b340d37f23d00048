import { Validator } from '@seriousme/openapi-schema-validator';
import type { Router } from 'express';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EndpointDescription } from '../../../contracts/endpoints/endpoint.ts';
import { ENDPOINTS } from '../../../contracts/endpoints/index.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

interface Operation {
  operationId: string;
  tags: string[];
  responses: Record<string, { content: Record<string, unknown> }>;
}
interface OpenApiDocument {
  paths: Record<string, Record<string, Operation>>;
}

let api: TestApi;
let document: OpenApiDocument;
beforeAll(async () => {
  api = await startTestApi();
  document = (await api.call<OpenApiDocument>('GET', '/openapi.json')).body;
});
afterAll(() => api.stop());

/** `get /api/v1/runs/{subject}/{run}` of every route, however deep its router is mounted. */
function mountedRoutes(router: Router): string[] {
  return router.stack.flatMap(({ route, handle }) => {
    if (route) {
      const methods = (route as unknown as { methods: Record<string, boolean> }).methods;
      const paths = [route.path].flat();

      return Object.keys(methods).flatMap((method) => paths.map((path) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`));
    }
    return 'stack' in handle ? mountedRoutes(handle as unknown as Router) : [];
  });
}

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );

test('every mounted route is in the document, and every one in the document is mounted', () => {
  const documented = operations().map(({ method, path }) => `${method} ${path}`);
  expect(documented.sort()).toEqual(mountedRoutes(api.app.router).sort());
});

test('every endpoint that the client can call is served, and the client can call every one that is served', () => {
  const callable = Object.values<Record<string, EndpointDescription>>(ENDPOINTS).flatMap((subject) => Object.values(subject));
  const served = operations().filter(({ operation }) => !operation.tags.includes('process'));
  expect(callable.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`).sort()).toEqual(
    served.map(({ method, path }) => `${method} ${path}`).sort(),
  );
});

test('the document is OpenAPI 3.1', async () => {
  const result = await new Validator().validate({ ...document });
  expect(result).toEqual({ valid: true });
});

test('every operation has a name of its own and says which problems it can answer', () => {
  const ids = operations().map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const startRun = document.paths['/api/v1/runs']?.['post'];
  expect(Object.keys(startRun?.responses ?? {})).toEqual(['202', '400', '401', '403', '404', '409', '413', '415', '422', '503']);
  expect(startRun?.responses['409']?.content['application/problem+json']).toEqual({ schema: { $ref: '#/components/schemas/Problem' } });
});

test('/docs is served from here alone', async () => {
  const { body } = await api.call<string>('GET', '/docs');
  const loaded = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url ?? '');
  expect(loaded.length).toBeGreaterThan(2);
  for (const url of loaded) {
    expect(url).toMatch(/^\/docs\/assets\//);
    expect((await api.call('GET', url)).status).toBe(200);
  }
});
