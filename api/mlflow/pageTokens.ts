import { createHash } from 'node:crypto';
import { z } from 'zod';
import { invalidParameter } from './faults.ts';

const tokenSchema = z.tuple([z.string().max(64), z.array(z.string().max(10_000)).min(1).max(30)]);

const signOf = (query: unknown) => createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 16);

/** Where the next page of a query goes on: the place of the last entry, in the order of the query. */
export const pageTokenOf = (query: unknown, place: readonly string[]): string =>
  Buffer.from(JSON.stringify([signOf(query), place])).toString('base64url');

/** @param query what was asked, without the page @throws MlflowFault for what is no token, or one of another query */
export function readPageToken(query: unknown, token: string): readonly string[] {
  const [sign, place] = parseToken(token);
  if (sign !== signOf(query)) throw invalidParameter('Invalid page token: it is of a search with another filter or order');
  return place;
}

function parseToken(token: string): z.output<typeof tokenSchema> {
  try {
    return tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
  } catch {
    throw invalidParameter('Invalid page token: it is not one that a search gave');
  }
}
