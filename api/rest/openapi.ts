import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { problemSchema } from '../../contracts/problem.ts';
import type { EndpointDescription } from './endpoint.ts';

type Document = ReturnType<OpenApiGeneratorV31['generateDocument']>;

const problem = problemSchema.meta({ id: 'Problem' });
const PROBLEMS: Record<number, string> = {
  400: 'The request cannot be read, for example a body that is not JSON',
  401: 'Credentials are missing or unknown',
  403: "The caller's role is too small, or the Host or Origin is not served",
  404: 'There is no such thing',
  409: 'It stands against the present state',
  413: 'The body is larger than 1 MB',
  415: 'The body is not application/json',
  422: 'A field has a wrong value; `errors` names it',
  503: 'An engine that the answer needs is not there; try again after Retry-After seconds',
};
const OF_EVERY_ENDPOINT = [401, 403, 503];
const OF_A_BODY = [400, 413, 415];

/** The OpenAPI 3.1 document of the API, made from what its endpoints check by. */
export function describeApi(endpoints: readonly EndpointDescription[], version: string): Document {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'apiKey', { type: 'apiKey', in: 'header', name: 'X-API-Key' });
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'basic', { type: 'http', scheme: 'basic' });
  for (const route of [...endpoints.map(toRoute), ...OWN_ROUTES]) registry.registerPath(route);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'movie-mlops',
      version,
      description:
        'Starts workflows, reads their runs, takes events and passes on recommendations. Every error is a problem body (RFC 9457).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    // The empty one: a loopback caller needs no credentials where none are configured.
    security: [{ apiKey: [] }, { bearer: [] }, { basic: [] }, {}],
  });
}

function toRoute(description: EndpointDescription): RouteConfig {
  const {
    method,
    path,
    tag,
    summary,
    role,
    params,
    query,
    body,
    answer,
    media = 'application/json',
    status = 200,
    problems = [],
  } = description;
  const statuses = [
    ...OF_EVERY_ENDPOINT,
    ...(params || query || body ? [422] : []),
    ...(body ? OF_A_BODY : []),
    ...(params ? [400] : []),
    ...problems,
  ];
  return {
    method,
    path: path.replace(/:(\w+)/g, '{$1}'),
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    description: `Needs the role ${role}.`,
    request: {
      ...(params && { params: params as z.ZodObject }),
      ...(query && { query: query as z.ZodObject }),
      ...(body && { body: { required: true, content: { 'application/json': { schema: body } } } }),
    },
    responses: {
      [status]: { description: summary, content: { [media]: { schema: answer } } },
      ...Object.fromEntries([...new Set(statuses)].sort().map((code) => [code, problemAnswer(code)])),
    },
  };
}

/** `get /api/v1/runs/:subject/:run/logs` → `get_runs_subject_run_logs` */
const operationId = (method: string, path: string) =>
  [method, ...path.replace('/api/v1', '').split(/\W+/)].filter(Boolean).join('_').toLowerCase();

const problemAnswer = (status: number) => ({
  description: PROBLEMS[status] ?? 'Problem',
  content: { 'application/problem+json': { schema: problem } },
  ...(status === 503 && { headers: { 'Retry-After': { schema: { type: 'integer' as const }, description: 'Seconds' } } }),
});

const health = z.object({
  status: z.enum(['ready', 'unavailable']),
  dependencies: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
});
const json = (schema: z.ZodType, description: string) => ({ description, content: { 'application/json': { schema } } });
const own = (path: string, summary: string, responses: RouteConfig['responses']): RouteConfig => ({
  method: 'get',
  path,
  operationId: operationId('get', path),
  tags: ['process'],
  summary,
  responses,
});
const readiness = { 200: json(health, 'Every dependency answers'), 503: json(health, 'A dependency is down, or the process is leaving') };

/** Routes that every process has, and the document's own. */
const OWN_ROUTES: RouteConfig[] = [
  own('/health', 'The state of each dependency', readiness),
  own('/health/ready', 'Whether requests may be sent here', readiness),
  own('/health/live', 'Whether the process answers', { 200: json(z.object({ status: z.literal('alive') }), 'It does') }),
  own('/metrics', 'Metrics in the Prometheus text format', {
    200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } },
  }),
  own('/openapi.json', 'This document', { 200: json(z.record(z.string(), z.unknown()), 'OpenAPI 3.1') }),
  own('/docs', 'This document as pages to read and to try', {
    200: { description: 'A page', content: { 'text/html': { schema: z.string() } } },
  }),
];
