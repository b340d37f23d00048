import type { Request } from 'express';
import type { z } from 'zod';
import { fieldErrorsOf } from '../../contracts/bounded.ts';
import { Failure, invalid, invalidFields } from '../../contracts/failures.ts';
import { Problem } from './problems.ts';
import { findUnkeepable } from '../../contracts/text.ts';

/**
 * Parses a part of a request.
 * @throws Failure `invalid` that names each field at fault, such as `body.movie_ids.0`
 */
export function parse<S extends z.ZodType>(schema: S, value: unknown, part: 'body' | 'query' | 'path' | 'header'): z.output<S> {
  const unkeepable = findUnkeepable(value, part);
  if (unkeepable) throw invalid(unkeepable.at, unkeepable.why);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidFields(fieldErrorsOf(result.error, part));
}

/**
 * A body that was not sent counts as an empty object.
 * @throws Problem `unsupportedMedia` when one was sent as something other than JSON; Failure `invalid` when it does not fit
 */
export function parseBody<S extends z.ZodType>(schema: S, req: Request): z.output<S> {
  if (sendsBody(req) && !req.is('json'))
    throw new Problem('unsupportedMedia', `Send the body as application/json, not ${req.get('content-type') ?? 'without a type'}`);
  return parse(schema, req.body === undefined ? {} : req.body, 'body');
}

/** A body comes with its length, or in chunks until it ends (RFC 9112, section 6.3). */
const sendsBody = (req: Request): boolean => req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0;

/** The domain names a field by its name; a caller is told where in the request it stands. */
export function inRequest(error: unknown, { body, query, params }: Request): unknown {
  if (!(error instanceof Failure) || error.kind !== 'invalid' || error.errors.length === 0) return error;
  const parts = Object.entries({ body: body as unknown, query, path: params });
  const placed = (field: string) => {
    const part = parts.find(([, fields]) => Object.hasOwn(Object(fields) as object, field.split('.')[0]!));
    return part ? `${part[0]}.${field}` : field;
  };
  return invalidFields(error.errors.map(({ field, message }) => ({ field: placed(field), message })));
}
