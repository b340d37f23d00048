import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { EVENT_TYPES } from '../../../contracts/eventTypes.ts';
import { TOPICS } from '../../../contracts/events.ts';
import { brokenPromises, eventSchemas } from '../../../deploy/eventSchemas.ts';
import { incompatibilities } from '../../../deploy/schemaCompatibility.ts';

test.each(eventSchemas().map((file) => [path.basename(file.path), file] as const))(
  'contracts/schemas/%s is what `npm run event-schemas` writes, and nobody who went by it has to change',
  (_, file) => {
    expect(brokenPromises(file)).toEqual([]);
    expect(readFileSync(file.path, 'utf8')).toBe(file.text);
  },
);

test('every topic has a type of event with a schema, and a file that nothing writes any more is an earlier version', () => {
  expect(new Set(Object.values(EVENT_TYPES).map(({ topic }) => topic))).toEqual(new Set(Object.keys(TOPICS)));
  const files = readdirSync(path.dirname(eventSchemas()[0]!.path)).map((file) => /^([a-z_]+)\.v(\d+)\.json$/.exec(file)!);
  for (const [, name, version] of files) {
    const { version: now } = EVENT_TYPES[name as keyof typeof EVENT_TYPES];
    expect(Number(version)).toBeLessThanOrEqual(now);
  }
});

const base = {
  user: z.string().max(20),
  type: z.enum(['view', 'like']),
  rating: z.number().min(0.5).max(5).optional(),
  at: z.string().regex(/^\d+$/),
  list: z.array(z.object({ n: z.number() })).max(10),
  keys: z.record(z.string().max(5), z.number()).optional(),
  either: z.union([z.number(), z.string().max(5)]),
};
const schemaOf = (over: Record<string, z.ZodType | undefined> = {}) => {
  const fields = Object.fromEntries(Object.entries({ ...base, ...over }).filter(([, field]) => field !== undefined));
  return z.toJSONSchema(z.object(fields as Record<string, z.ZodType>), { io: 'input' });
};

describe('of a change of a schema that others write by', () => {
  test.each<[string, Record<string, z.ZodType | undefined>, string]>([
    ['a field less', { rating: undefined }, 'rating is gone'],
    ['a field less within a list', { list: z.array(z.object({})).max(10) }, 'list[].n is gone'],
    ['a field that is required now', { rating: base.rating.unwrap() }, 'rating is required'],
    ['a new field that is required', { genre: z.string() }, 'genre is required'],
    ['another type', { user: z.number() }, 'user takes no string'],
    ['whole numbers alone', { rating: z.number().int().min(0.5).max(5).optional() }, 'rating takes no number'],
    ['a value less', { type: z.enum(['view']) }, 'type takes no "like"'],
    ['one value alone', { user: z.literal('anna') }, 'user takes some values alone'],
    ['a smaller bound', { user: z.string().max(19) }, 'user: maxLength is 19'],
    ['a larger least', { rating: z.number().min(1).max(5).optional() }, 'rating: minimum is 1'],
    ['a shorter list', { list: z.array(z.object({ n: z.number() })).max(9) }, 'list: maxItems is 9'],
    ['another pattern', { at: z.string().regex(/^\d*$/) }, 'at: pattern is "^\\\\d*$"'],
    ['other values of a table', { keys: z.record(z.string().max(5), z.string()).optional() }, 'keys.* takes no number'],
    ['shorter names of a table', { keys: z.record(z.string().max(4), z.number()).optional() }, 'keys keys: maxLength is 4'],
    ['an alternative less', { either: z.number() }, 'either takes no longer {"type":"string","maxLength":5}'],
  ])('%s is told', (_, over, words) => expect(incompatibilities(schemaOf(), schemaOf(over))).toEqual([words]));

  test.each<[string, Record<string, z.ZodType>]>([
    ['nothing', {}],
    ['a new field that may be missing', { genre: z.string().optional() }],
    ['a value more', { type: z.enum(['view', 'like', 'skip']) }],
    ['a field that may be missing now', { user: base.user.optional() }],
    ['a larger bound', { user: z.string().max(21), rating: z.number().min(0).optional() }],
    ['an alternative more', { either: z.union([z.number(), z.boolean(), z.string().max(6)]) }],
    ['other words', { user: base.user.describe('Who') }],
  ])('%s is taken', (_, over) => expect(incompatibilities(schemaOf(), schemaOf(over))).toEqual([]));
});

describe('of a change of a schema that we write by and others read', () => {
  const told = (over: Record<string, z.ZodType | undefined>) => incompatibilities(schemaOf(), schemaOf(over), true);
  test('a new field is taken, required or not, and a value less', () => {
    expect(told({ genre: z.string(), type: z.enum(['view']), rating: base.rating.unwrap() })).toEqual([]);
  });
  test('a field less, a value more, and one that may be missing now are told', () => {
    expect(told({ rating: undefined })).toEqual(['rating is gone']);
    expect(told({ type: z.enum(['view', 'like', 'skip']) })).toEqual(['type takes no "skip"']);
    expect(told({ user: base.user.optional() })).toEqual(['user is required']);
    expect(told({ user: base.user.nullable() })).toHaveLength(1);
  });
});
