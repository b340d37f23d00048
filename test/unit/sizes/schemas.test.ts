import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createEndpoints } from '../../../api/rest/app.ts';
import type { ApiDeps } from '../../../api/deps.ts';
import * as airflowSchemas from '../../../api/airflow/schemas.ts';
import { workflowInputSchema } from '../../../api/workflowCatalogue.ts';
import { driftAlertEventSchema, userInteractionEventSchema } from '../../../contracts/events.ts';
import { predictBodySchema, recommendBodySchema, similarBodySchema } from '../../../contracts/recommendations.ts';
import { backfillInputSchema } from '../../../contracts/schedules.ts';
import { STARTABLE_WORKFLOWS } from '../../../contracts/workflows.ts';
import { createMetrics } from '../../../platform/metrics.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** Escapes and character classes stand for one character. */
const plain = (pattern: string) => pattern.replace(/\\./g, '.').replace(/\[[^\]]*\]/g, '.');
const isUnbounded = (pattern: string) => /[*+]|\{\d+,\}/.test(plain(pattern));

/** What is wrong with a schema: where it takes a string, a list or an object of any size. */
function unbounded(schema: JsonSchema, at: string): string[] {
  if ('x-max-bytes' in schema || 'x-bounded-by-type' in schema || 'const' in schema || 'enum' in schema) return [];
  const children = [schema['anyOf'], schema['oneOf'], schema['allOf']].flatMap((list) => (list as JsonSchema[] | undefined) ?? []);
  if (children.length > 0) return children.flatMap((child) => unbounded(child, at));
  switch (schema['type']) {
    case 'string':
      return 'maxLength' in schema || (typeof schema['pattern'] === 'string' && !isUnbounded(schema['pattern'])) ? [] : [`${at}: text`];
    case 'array':
      return [...('maxItems' in schema ? [] : [`${at}: list`]), ...unbounded(schema['items'] as JsonSchema, `${at}[]`)];
    case 'object': {
      const fields = Object.entries((schema['properties'] ?? {}) as Record<string, JsonSchema>);
      const rest = schema['additionalProperties'];
      return [
        ...fields.flatMap(([name, field]) => unbounded(field, `${at}.${name}`)),
        ...(rest && !('maxProperties' in schema) ? [`${at}: keys`] : []),
        ...(rest
          ? [...unbounded(rest as JsonSchema, `${at}.*`), ...unbounded((schema['propertyNames'] ?? {}) as JsonSchema, `${at} keys`)]
          : []),
      ];
    }
    case 'number':
    case 'integer':
    case 'boolean':
    case 'null':
      return [];
    default:
      return [`${at}: anything`];
  }
}
const unboundedIn = (schema: z.ZodType, at: string) => unbounded(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), at);

const endpoints = createEndpoints({ metrics: createMetrics('api') } as unknown as ApiDeps).map(({ description }) => description);
const asked = endpoints.flatMap(({ method, path, params, query, body }) =>
  Object.entries({ params, query, body }).flatMap(([part, schema]) => (schema ? [[`${method} ${path} ${part}`, schema] as const] : [])),
);
const inputs = STARTABLE_WORKFLOWS.map((name) => [`input of ${name}`, workflowInputSchema(name)] as const);
const others = {
  driftAlertEventSchema,
  userInteractionEventSchema,
  backfillInputSchema,
  predictBodySchema,
  recommendBodySchema,
  similarBodySchema,
};
const airflow = Object.entries(airflowSchemas);

describe('nothing that is asked for may be of any size', () => {
  test.each(asked)('%s', (at, schema) => expect(unboundedIn(schema, at)).toEqual([]));
  test.each(inputs)('%s', (at, schema) => expect(unboundedIn(schema, at)).toEqual([]));
  test.each(Object.entries(others))('%s', (at, schema) => expect(unboundedIn(schema, at)).toEqual([]));
  test.each(airflow)('Airflow: %s', (at, schema) => expect(unboundedIn(schema, at)).toEqual([]));
});

test('the look at a schema finds what has no bound', () => {
  const loose = z.object({
    text: z.string(),
    time: z.iso.datetime(),
    list: z.array(z.number()),
    keys: z.record(z.string().max(5), z.number()),
    anything: z.array(z.unknown()).max(3),
    open: z.looseObject({}),
    good: z.string().regex(/^[a-z+*]{1,9}\+$/),
    also: z.uuid(),
  });
  expect(unboundedIn(loose, 'x')).toEqual([
    'x.text: text',
    'x.time: text',
    'x.list: list',
    'x.keys: keys',
    'x.anything[]: anything',
    'x.open: keys',
    'x.open.*: anything',
    'x.open keys: anything',
  ]);
  expect(asked.length).toBeGreaterThan(30);
  expect(airflow.length).toBeGreaterThan(8);
});
