import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ENDPOINTS } from '../../../contracts/endpoints/index.ts';
import { driftAlertEventSchema, movieRefSchema, userInteractionEventSchema } from '../../../contracts/events.ts';
import { fieldErrorsOf } from '../../../contracts/bounded.ts';
import { movieFieldsSchema } from '../../../contracts/movies.ts';
import { featureBatchBodySchema, movieParamsSchema } from '../../../contracts/onlineFeatures.ts';
import { predictBodySchema, recommendBodySchema, similarBodySchema } from '../../../contracts/recommendations.ts';
import { WORKFLOWS } from '../../../contracts/workflows.ts';

/** Every schema that somebody outside writes by, by the door. */
const TAKEN: Record<string, z.ZodType> = {
  ...Object.fromEntries(
    Object.entries(ENDPOINTS).flatMap(([subject, endpoints]) =>
      Object.entries(endpoints as Record<string, { params?: z.ZodType; query?: z.ZodType; body?: z.ZodType }>).flatMap(
        ([name, { params, query, body }]) =>
          Object.entries({ params, query, body }).flatMap(([part, schema]) =>
            schema ? [[`${subject}.${name} ${part}`, schema] as const] : [],
          ),
      ),
    ),
  ),
  ...Object.fromEntries(Object.entries(WORKFLOWS).flatMap(([name, { input }]) => (input ? [[`workflow ${name}`, input] as const] : []))),
  'model server predict': predictBodySchema,
  'model server recommend': recommendBodySchema,
  'model server similar': similarBodySchema,
  'topic user-events': userInteractionEventSchema,
  'topic model-drift-alerts': driftAlertEventSchema,
};
interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly [keyword: string]: unknown;
}
const jsonOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
const OWN = (jsonOf(movieRefSchema)['anyOf'] as JsonSchema[])[1]!['pattern'];

/** The places of a schema that are about movies, each with whether `source:external_id` may stand there. */
function moviesIn(schema: unknown, at: string): [string, boolean][] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, inner]: [string, unknown]) => {
    const isMovie = /^movie(_?ids?)?$/i.test(name) && typeof inner === 'object';
    return isMovie
      ? [[`${at}.${name}`, JSON.stringify(inner).includes(JSON.stringify(OWN))] as [string, boolean]]
      : moviesIn(inner, `${at}.${name}`);
  });
}

test('whoever names a movie may name it by source:external_id, at every door', () => {
  const found = Object.entries(TAKEN).flatMap(([door, schema]) => moviesIn(jsonOf(schema), door));
  expect(found.filter(([, takes]) => !takes)).toEqual([]);
  const doors = new Set(found.map(([place]) => place.split(/\.(?:properties|anyOf|oneOf)/)[0]));
  for (const door of [
    'events.interaction body',
    'movies.get params',
    'titleMatches.decide body',
    'topic user-events',
    'model server predict',
    'model server similar',
  ])
    expect(doors).toContain(door);
  expect(movieParamsSchema.parse({ id: 'shop:SKU-1' })).toEqual({ id: 'shop:SKU-1' });
  const batch = { entity_type: 'movie', entity_ids: ['shop:SKU-1'], features: ['rating'] };
  expect(featureBatchBodySchema.parse(batch)).toEqual(batch);
});

describe('what is wrong with', () => {
  const faultsOf = (schema: z.ZodType, value: unknown) => {
    const { error } = schema.safeParse(value);
    return error ? fieldErrorsOf(error) : [];
  };

  test.each(['SHOP:SKU-1', '-1', '1.0', 'shop', 'shop:', '0', '99999999999', 1.5, null, `shop:${'x'.repeat(200)}`])(
    'the name of a movie is told in words: %j',
    (name) => {
      expect(faultsOf(movieRefSchema, name)).toEqual([
        { field: 'input', message: expect.stringMatching(/^a movie id such as 41, or set:id such as shop:SKU-1/) },
      ]);
    },
  );

  test.each([{ a: { b: 1 } }, { a: [1] }, { a: null }])('attributes is told in words: %j', (attributes) => {
    expect(faultsOf(movieFieldsSchema, { title: 'x', attributes })).toEqual([
      { field: 'attributes.a', message: 'text of at most 10,000 characters, a number, or true or false' },
    ]);
  });
});
