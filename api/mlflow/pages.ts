import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Kind } from '../../domain/registry/search.ts';
import { invalidParameter } from './faults.ts';

const SEARCH_MOST = 50_000;

/** How many a page has. @throws MlflowFault in MLflow's words */
export function pageSize(sent: number | undefined, usual: number): number {
  const size = sent ?? usual;
  if (size < 1) throw invalidParameter(`Invalid value ${size} for parameter 'max_results' supplied. It must be a positive integer`);
  if (size > SEARCH_MOST)
    throw invalidParameter(`Invalid value ${size} for parameter 'max_results' supplied. It must be at most ${SEARCH_MOST}`);
  return size;
}

const tokenSchema = z.object({ of: z.string(), at: z.array(z.string()) });

/** Where the next page begins: a place in an order, which means something to this query alone. */
export const writePageToken = (query: unknown, place: readonly string[]): string =>
  Buffer.from(JSON.stringify({ of: digest(query), at: place })).toString('base64url');

/** @param kinds of the texts that make a place @throws MlflowFault for a token of another query, or none at all */
export function readPageToken(token: string | undefined, query: unknown, kinds: readonly Kind[]): readonly string[] | null {
  if (token === undefined || token === '') return null;
  const { data } = tokenSchema.safeParse(parsed(token));
  if (!data) throw invalidParameter('Invalid page token, could not be decoded');
  const { of, at } = data;
  if (of !== digest(query)) throw invalidParameter('Invalid page token: it belongs to another search');
  if (at.length !== kinds.length || !kinds.every((kind, nth) => IS_OF[kind](at[nth]!)))
    throw invalidParameter('Invalid page token, could not be decoded');
  return at;
}

const DATE_TIME = z.iso.datetime({ offset: true });
const IS_OF = {
  text: (text: string) => !text.includes('\0'),
  bigint: (text: string) => /^-?\d{1,18}$/.test(text),
  /** As JSON has it, or as Postgres writes it */
  timestamptz: (text: string) => DATE_TIME.safeParse(text.replace(' ', 'T').replace(/[+-]\d\d$/, '$&:00')).success,
  float8: (text: string) => text !== '' && Number.isFinite(Number(text)),
} satisfies Record<Kind, (text: string) => boolean>;

function parsed(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

const digest = (query: unknown) => createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 16);
