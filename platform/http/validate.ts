import type { Request } from 'express';
import type { z } from 'zod';
import { faultsOf, faultsText } from '../../contracts/bounded.ts';
import { invalid, Problem } from '../../contracts/problem.ts';
import { findUnkeepable } from '../../contracts/text.ts';

/**
 * Parses a part of a request.
 * @throws Problem 422 that names each field at fault, such as `body.movie_ids.0`
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, part: 'body' | 'query' | 'path'): z.output<S> {
  const unkeepable = findUnkeepable(value, part);
  if (unkeepable) throw invalid(unkeepable.at, unkeepable.why);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = faultsOf(result.error, part);
  throw new Problem(422, faultsText(errors), { errors });
}

/** @throws Problem 415 when a body was sent as something other than JSON, 422 when it does not fit */
export function parseBody<S extends z.ZodType>(schema: S, req: Request): z.output<S> {
  const sent = req.get('content-length') !== undefined && req.get('content-length') !== '0';
  if (sent && !req.is('json'))
    throw new Problem(415, `Send the body as application/json, not ${req.get('content-type') ?? 'without a type'}`);
  return parse(schema, req.body ?? {}, 'body');
}
