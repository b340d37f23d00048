import type { Request } from 'express';
import type { z } from 'zod';
import { invalid, Problem } from '../../contracts/problem.ts';

const MAX_ERRORS = 20;

/**
 * Parses a part of a request.
 * @throws Problem 422 that names each field at fault, such as `body.movie_ids.0`
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, part: 'body' | 'query' | 'path'): z.output<S> {
  refuseUnstorableText(value, part);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, MAX_ERRORS).map(({ path, message }) => ({ field: [part, ...path].join('.'), message }));
  throw new Problem(422, errors.map(({ field, message }) => `${field}: ${message}`).join('; '), { errors });
}

/** @throws Problem 415 when a body was sent as something other than JSON, 422 when it does not fit */
export function parseBody<S extends z.ZodType>(schema: S, req: Request): z.output<S> {
  const sent = req.get('content-length') !== undefined && req.get('content-length') !== '0';
  if (sent && !req.is('json'))
    throw new Problem(415, `Send the body as application/json, not ${req.get('content-type') ?? 'without a type'}`);
  return parse(schema, req.body ?? {}, 'body');
}

/** JSON can carry U+0000 and halves of surrogate pairs; Postgres keeps neither, so they would fail far from the field that has them. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

function refuseUnstorableText(value: unknown, part: string): void {
  // A list of what is left to look at, not recursion: a body may nest deeper than the stack.
  const left: { at: string; value: unknown }[] = [{ at: part, value }];
  for (let item = left.pop(); item; item = left.pop()) {
    const { at } = item;
    if (typeof item.value === 'string' && UNSTORABLE.test(item.value)) refuse(at);
    if (typeof item.value !== 'object' || item.value === null) continue;
    for (const [key, child] of Object.entries(item.value)) {
      if (UNSTORABLE.test(key)) refuse(at);
      left.push({ at: `${at}.${key}`, value: child });
    }
  }
}

function refuse(field: string): never {
  throw invalid(field, 'holds a character that cannot be kept: U+0000 or half of a surrogate pair');
}
