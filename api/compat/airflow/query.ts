import type { Request } from 'express';
import { z } from 'zod';
import { Problem } from '../../../contracts/problem.ts';
import { ID_CHARACTERS, TIME_CHARACTERS } from '../../../contracts/sizes.ts';
import { parse } from '../../../platform/http/validate.ts';

export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** Airflow's own default and bound of a page; a larger limit means the bound, as there. */
const MAX_LIMIT = 100;
const whole = z.string().max(20).regex(/^\d+$/, 'a whole number').transform(Number);
export const pageSchema = z.object({
  limit: whole.default(MAX_LIMIT).transform((limit) => (limit === 0 ? MAX_LIMIT : Math.min(limit, MAX_LIMIT))),
  offset: whole.pipe(z.number().max(1_000_000_000)).default(0),
});

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

export const pageOf = (query: Query): Page => parse(pageSchema, query, 'query');

export const takePage = <T>(items: readonly T[], { limit, offset }: Page): T[] => items.slice(offset, offset + limit);

/** A parameter that may come several times. */
export const listOf = (query: Query, name: string): string[] => [query[name] ?? []].flat();

/** @throws Problem 400 in Airflow's words */
export function orderOf<T extends string>(
  given: string | string[] | undefined,
  orders: readonly T[],
  fallback: T,
): { order: T; descending: boolean } {
  if (given === undefined || given === '') return { order: fallback, descending: false };
  const name = [given].flat()[0]!.replace(/^-/, '');
  const order = orders.find((candidate) => candidate === name);
  if (!order) throw new Problem(400, `Ordering with '${name}' is disallowed or the attribute does not exist on the model`);
  return { order, descending: [given].flat()[0]!.startsWith('-') };
}

/** Names of runs, tasks and DAGs, and lists of them, in a body. */
export const name = z.string().max(ID_CHARACTERS);
export const names = z.array(name).max(1_000);

export const time = z.iso
  .datetime({ offset: true })
  .max(TIME_CHARACTERS)
  .transform((text) => new Date(text));

/** Keeps the fields that were asked for; all of them when none were. */
export function pickFields<T extends object>(value: T, query: Query): Partial<T> {
  const fields = listOf(query, 'fields').flatMap((names) => names.split(','));
  if (fields.length === 0) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => fields.includes(name))) as Partial<T>;
}

export const isTrue = (value: string | string[] | undefined): boolean => /^(true|1|t)$/i.test(String(value));

/** Express types a path parameter as one or many; ours are one. @throws Problem for a text that cannot be stored, so is nobody's name */
export const param = (req: Request, name: string): string =>
  parse(z.object({ [name]: z.string() }), { [name]: String(req.params[name]) }, 'path')[name]!;
