import type { Request } from 'express';
import type { z } from 'zod';
import { fieldErrorsOf } from '../../contracts/bounded.ts';
import { invalid, invalidFields } from '../../contracts/failures.ts';
import { Problem } from './problems.ts';
import { findUnkeepable } from '../../contracts/text.ts';

/**
 * Parses a part of a request.
 * @throws Failure `invalid` that names each field at fault, such as `body.movie_ids.0`
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, part: 'body' | 'query' | 'path'): z.output<S> {
  const unkeepable = findUnkeepable(value, part);
  if (unkeepable) throw invalid(unkeepable.at, unkeepable.why);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidFields(fieldErrorsOf(result.error, part));
}

/** @throws Problem `unsupportedMedia` when a body was sent as something other than JSON; Failure `invalid` when it does not fit */
export function parseBody<S extends z.ZodType>(schema: S, req: Request): z.output<S> {
  const sent = req.get('content-length') !== undefined && req.get('content-length') !== '0';
  if (sent && !req.is('json'))
    throw new Problem('unsupportedMedia', `Send the body as application/json, not ${req.get('content-type') ?? 'without a type'}`);
  return parse(schema, req.body ?? {}, 'body');
}
