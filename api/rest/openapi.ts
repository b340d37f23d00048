import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { EndpointDescription } from '../../contracts/endpoints/endpoint.ts';
import { idempotencyKeySchema } from '../../contracts/idempotency.ts';
import { problemSchema, type ProblemKind } from '../../contracts/problem.ts';
import { PROBLEMS } from '../../platform/http/problems.ts';

type Document = ReturnType<OpenApiGeneratorV31['generateDocument']>;

const problem = problemSchema.meta({ id: 'Problem' });
const OF_EVERY_ENDPOINT: readonly ProblemKind[] = ['unauthorized', 'forbidden', 'tooMany', 'unavailable'];
const OF_A_BODY: readonly ProblemKind[] = ['badRequest', 'tooLarge', 'unsupportedMedia'];

/** The OpenAPI 3.1 document of the API, made from what its endpoints check by. */
export function describeApi(endpoints: readonly EndpointDescription[], version: string): Document {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'apiKey', { type: 'apiKey', in: 'header', name: 'X-API-Key' });
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'basic', { type: 'http', scheme: 'basic' });
  for (const route of [...endpoints.map(toRoute), ...OWN_ROUTES]) registry.registerPath(route);
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
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
  for (const { parameters = [], requestBody } of Object.values(document.paths ?? {}).flatMap(
    (methods) => Object.values(methods) as Asked[],
  )) {
    for (const parameter of parameters) completeSchema(asText(parameter));
    if (requestBody) completeSchema(requestBody.content['application/json'].schema);
  }
  return document;
}

type Schema = Record<string, unknown>;
interface Asked {
  readonly parameters?: { schema: Schema }[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
}

/** Of a value that may come as a number or as text, what stands in a path or a query is the text: `41.0` is the same number and another text. */
function asText(parameter: { schema: Schema }): Schema {
  const { anyOf, ...rest } = parameter.schema;
  const text = (anyOf as Schema[] | undefined)?.find(({ type }) => type === 'string');
  return text ? (parameter.schema = { ...rest, ...text }) : parameter.schema;
}

/** Patterns as JSON Schema has them, Unicode always; and what `parse` refuses before a schema is asked, and zod by itself: U+0000 in a text or a name, and whole numbers that no double holds. */
function completeSchema(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { type, pattern, additionalProperties } = schema as Schema;
  if (typeof pattern === 'string') Object.assign(schema, { pattern: pattern.replace(UNICODE_FLAG, '') });
  if (type === 'string' && !CLOSED.some((keyword) => keyword in schema)) Object.assign(schema, STORABLE);
  if (type === 'integer' && !('maximum' in schema)) Object.assign(schema, { maximum: Number.MAX_SAFE_INTEGER });
  if (type === 'object' && additionalProperties && !('propertyNames' in schema)) Object.assign(schema, { propertyNames: STORABLE });
  for (const child of Object.values(schema)) completeSchema(child);
}
/** The generator writes a pattern with what JavaScript puts behind it; a slash within one is escaped. */
const UNICODE_FLAG = /(?<!\\)\/u$/;
const CLOSED = ['pattern', 'enum', 'const', 'format'];
const STORABLE = { pattern: '^[^\\u0000]*$' };

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
    isRetriable,
    problems = [],
  } = description;
  const kinds: ProblemKind[] = [
    ...OF_EVERY_ENDPOINT,
    ...(params || query || body ? (['invalid'] as const) : []),
    ...(body ? OF_A_BODY : []),
    ...(params ? (['badRequest'] as const) : []),
    ...(isRetriable ? (['conflict'] as const) : []),
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
      ...(isRetriable && { headers: z.object({ 'Idempotency-Key': idempotencyKeySchema }) }),
      ...(body && { body: { required: !body.safeParse({}).success, content: { 'application/json': { schema: body } } } }),
    },
    responses: {
      [status]: { description: summary, content: { [media]: { schema: answer } } },
      ...Object.fromEntries(kinds.map((kind) => [PROBLEMS[kind].status, problemAnswer(kind)])),
    },
  };
}

/** `get /api/v1/runs/:subject/:run/logs` → `get_runs_subject_run_logs` */
const operationId = (method: string, path: string) =>
  [method, ...path.replace('/api/v1', '').split(/\W+/)].filter(Boolean).join('_').toLowerCase();

const problemAnswer = (kind: ProblemKind) => ({
  description: PROBLEMS[kind].meaning,
  content: { 'application/problem+json': { schema: problem } },
  ...((kind === 'unavailable' || kind === 'tooMany') && {
    headers: { 'Retry-After': { schema: { type: 'integer' as const }, description: 'Seconds' } },
  }),
});

const health = z.object({
  status: z.enum(['ready', 'unavailable']),
  release: z.string(),
  started_at: z.iso.datetime(),
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
