import { refused } from '../../contracts/failures.ts';
import type { Request } from 'express';
import { z } from 'zod';
import { parse } from '../../platform/http/validate.ts';
import { pageSchema } from './schemas.ts';

export type Query = Readonly<Record<string, string | string[] | undefined>>;

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

export const pageOf = (query: Query): Page => parse(pageSchema, query, 'query');

/** The same of a form. */
export const pageOfForm = ({ page_limit, page_offset = 0 }: { page_limit?: number | undefined; page_offset?: number | undefined }): Page =>
  pageOf({ ...(page_limit !== undefined && { limit: String(page_limit) }), offset: String(page_offset) });

export const takePage = <T>(items: readonly T[], { limit, offset }: Page): T[] => items.slice(offset, offset + limit);

/** A parameter that may come several times. */
export const listOf = (query: Query, name: string): string[] => [query[name] ?? []].flat();

/** @throws Failure `invalid` in Airflow's words */
export function orderOf<T extends string>(
  given: string | string[] | undefined,
  orders: readonly T[],
  fallback: T,
): { order: T; descending: boolean } {
  if (given === undefined || given === '') return { order: fallback, descending: false };
  const name = [given].flat()[0]!.replace(/^-/, '');
  const order = orders.find((candidate) => candidate === name);
  if (!order) throw refused(`Ordering with '${name}' is disallowed or the attribute does not exist on the model`);
  return { order, descending: [given].flat()[0]!.startsWith('-') };
}

/** Keeps the fields that were asked for; all of them when none were. */
export function pickFields<T extends object>(value: T, query: Query): Partial<T> {
  const fields = listOf(query, 'fields').flatMap((names) => names.split(','));
  if (fields.length === 0) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => fields.includes(name))) as Partial<T>;
}

export const isTrue = (value: string | string[] | undefined): boolean => /^(true|1|t)$/i.test(String(value));

/** Express types a path parameter as one or many; ours are one. @throws Failure `invalid` for a text that cannot be stored, so is nobody's name */
export const param = (req: Request, name: string): string =>
  parse(z.object({ [name]: z.string() }), { [name]: String(req.params[name]) }, 'path')[name]!;
