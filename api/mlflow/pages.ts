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
  if (!data) throw undecodable();
  const { of, at } = data;
  if (of !== digest(query)) throw invalidParameter('Invalid page token: it belongs to another search');
  if (at.length !== kinds.length || !kinds.every((kind, nth) => IS_OF[kind](at[nth]!))) throw undecodable();
  return at;
}

export const undecodable = () => invalidParameter('Invalid page token, could not be decoded');

/** Whether Postgres takes a text of a place as what it stands for: whoever asks may have made it. */
const IS_OF = {
  text: (text: string) => !text.includes('\0'),
  bigint: (text: string) => /^-?\d{1,18}$/.test(text),
  timestamptz: isTime,
  float8: isNumber,
} satisfies Record<Kind, (text: string) => boolean>;

const TIME = /^(\d{4,6})(-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)$/;

/** As JSON has it, or as Postgres writes it; a client may log times in years of more than four digits. */
function isTime(text: string): boolean {
  const [, year = '0', day, clock] = TIME.exec(text) ?? [];
  const utc = `${year.length > 4 ? `+${year.padStart(6, '0')}` : year}${day}T${clock}.000Z`;
  const ms = Number(year) > 0 ? Date.parse(utc) : NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString() === utc; // JavaScript takes a day that its month has not for one of the next
}

/** Neither larger nor nearer to 0 than a number of 8 bytes. */
function isNumber(text: string): boolean {
  const [, digits] = /^-?(\d+(?:\.\d+)?)(?:e[+-]?\d+)?$/i.exec(text) ?? [];
  if (digits === undefined) return /^-?Infinity$/.test(text);
  return Number.isFinite(Number(text)) && (Number(text) !== 0 || !/[1-9]/.test(digits));
}

function parsed(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

const digest = (query: unknown) => createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 16);
