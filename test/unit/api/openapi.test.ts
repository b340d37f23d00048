import { Validator } from '@seriousme/openapi-schema-validator';
import type { Router } from 'express';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ApiDeps } from '../../../api/deps.ts';
import { createMlflowRoutes, createMlflowStreams } from '../../../api/mlflow/routes.ts';
import type { EndpointDescription } from '../../../contracts/endpoints/endpoint.ts';
import { ENDPOINTS } from '../../../contracts/endpoints/index.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

interface Operation {
  operationId: string;
  tags: string[];
  parameters?: unknown[];
  requestBody?: unknown;
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

test('every mounted route is in the document, and every one in the document is mounted, but those that MLflow describes', () => {
  const documented = operations().map(({ method, path }) => `${method} ${path}`);
  const ofMlflow = [createMlflowRoutes, createMlflowStreams].flatMap((create) => mountedRoutes(create({} as ApiDeps)));
  expect(ofMlflow.length).toBeGreaterThan(10);
  expect([...documented, ...ofMlflow].sort()).toEqual(mountedRoutes(api.app.router).sort());
});

test('every endpoint that the client can call is served, and the client can call every one that is served', () => {
  const callable = Object.values<Record<string, EndpointDescription>>(ENDPOINTS).flatMap((subject) => Object.values(subject));
  const served = operations().filter(({ operation }) => !operation.tags.includes('process'));
  expect(callable.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`).sort()).toEqual(
    served.map(({ method, path }) => `${method} ${path}`).sort(),
  );
});

type Schema = Readonly<Record<string, unknown>>;
/** Every schema within one, itself too. */
function schemasIn(value: unknown): Schema[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...('type' in value && typeof value.type === 'string' ? [value as Schema] : []), ...Object.values(value).flatMap(schemasIn)];
}
const asked = () =>
  operations().flatMap(({ method, path, operation }) =>
    schemasIn([operation.parameters, operation.requestBody]).map((schema) => ({ at: `${method} ${path}`, schema })),
  );

test('a pattern is one of JSON Schema: Unicode without saying so, and no flag behind it', () => {
  const patterns = schemasIn(document).flatMap(({ pattern }) => (typeof pattern === 'string' ? [pattern] : []));
  expect(patterns.filter((pattern) => /(?<!\\)\/[a-z]*$/.test(pattern))).toEqual([]);
  const [alias] = patterns.filter((pattern) => pattern.includes('\\p{L}')).map((pattern) => new RegExp(pattern, 'u'));
  expect(['챔피언_1', 'best-2', 'a b', 'a/u'].map((name) => alias?.test(name))).toEqual([true, true, false, false]);
});

test('nothing that may be asked may hold U+0000, in a text or in a name, nor a whole number that no double holds', () => {
  const takesNul = ({ type, pattern, format, enum: values, const: only }: Schema) =>
    type === 'string' && !values && only === undefined && !format && (typeof pattern !== 'string' || new RegExp(pattern).test('\0'));
  const isOpen = ({ type, additionalProperties }: Schema) => type === 'object' && Boolean(additionalProperties);
  const wrong = asked().filter(
    ({ schema }) =>
      takesNul(schema) ||
      (isOpen(schema) && takesNul({ type: 'string', ...(schema['propertyNames'] as Schema | undefined) })) ||
      (schema['type'] === 'integer' && !(Number(schema['maximum']) <= Number.MAX_SAFE_INTEGER)),
  );
  expect(wrong).toEqual([]);
  expect(asked().length).toBeGreaterThan(100);
});

test('what stands in a path or a query is one kind of value: no number that may also be a text', () => {
  const parameters = operations().flatMap(({ operation }) => (operation.parameters ?? []) as { name: string; schema: Schema }[]);
  expect(parameters.filter(({ schema }) => 'anyOf' in schema)).toEqual([]);
  expect(parameters.find(({ name }) => name === 'movie_id')?.schema).toMatchObject({ type: 'string', maxLength: 200 });
});

test('the document is OpenAPI 3.1', async () => {
  const result = await new Validator().validate({ ...document });
  expect(result).toEqual({ valid: true });
});

test('every operation has a name of its own and says which problems it can answer', () => {
  const ids = operations().map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  const startRun = document.paths['/api/v1/runs']?.['post'];
  expect(Object.keys(startRun?.responses ?? {})).toEqual(['202', '400', '401', '403', '404', '409', '413', '415', '422', '429', '503']);
  expect(startRun?.responses['409']?.content['application/problem+json']).toEqual({ schema: { $ref: '#/components/schemas/Problem' } });
  // An unknown view is named by the body, which is at fault then: 422, as by Feast's own server.
  const push = document.paths['/api/v1/features/push']?.['post'];
  expect(Object.keys(push?.responses ?? {})).toEqual(['200', '400', '401', '403', '413', '415', '422', '429', '503']);
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
