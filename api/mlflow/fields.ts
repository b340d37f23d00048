import { z } from 'zod';
import { FIRST_MS } from '../../contracts/time.ts';

/** Fields of requests as protobuf's JSON has them: null is not sent, a whole number may stand in quotes, NaN and infinities are words. */
export const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);

export const text = optional(z.string());
export const textOr = (usual: string) => text.transform((sent) => sent ?? usual);
/** Neither missing nor empty */
export const requiredText = z.string().min(1, 'it is empty');

const WHOLE = z.union(
  [
    z.number(),
    z
      .string()
      .regex(/^[+-]?\d+$/)
      .transform(Number),
  ],
  'it is no whole number',
);
const wholeNumber = WHOLE.refine((value) => Number.isSafeInteger(value), 'it is no whole number within 2^53');
export const optionalNumber = optional(wholeNumber);

/** In ms since 1970, from the year 1 on, as far as JavaScript knows times: Postgres knows them all. */
export const time = wholeNumber.refine((ms) => ms >= FIRST_MS && ms <= LAST_KNOWN_MS, 'it is no time in milliseconds');
export const LAST_KNOWN_MS = 8.64e15;
export const optionalTime = optional(time);

const NUMERIC = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i;
const WORDS = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);
export const double = z.union(
  [z.number(), z.string().transform((word, context) => readWord(word, () => context.addIssue('it is no number')))],
  'it is no number',
);
function readWord(word: string, refuse: () => void): number {
  const known = WORDS.get(word) ?? (NUMERIC.test(word) ? Number(word) : undefined);
  if (known === undefined) refuse();
  return known ?? NaN;
}

/** In a query one item stands alone. */
export const listOf = <T extends z.ZodType>(item: T) =>
  optional(z.preprocess((sent) => (typeof sent === 'string' ? [sent] : sent), z.array(item))).transform((list) => list ?? []);

export const pairs = listOf(z.object({ key: requiredText, value: textOr('') }));
export type Pairs = z.output<typeof pairs>;

/** A run by either of its names. */
export const RUN_ID = { run_id: text, run_uuid: text };

const STAGES = { ACTIVE_ONLY: ['active'], DELETED_ONLY: ['deleted'], ALL: ['active', 'deleted'] } as const;
const VIEWS = Object.keys(STAGES) as (keyof typeof STAGES)[];
/** Which stages a search looks at: by MLflow's name of a view, or its number. */
export const view = optional(
  z.union([
    z.enum(VIEWS),
    z.coerce
      .number()
      .int()
      .min(1)
      .max(3)
      .transform((nth) => VIEWS[nth - 1]!),
  ]),
).transform((name) => STAGES[name ?? 'ACTIVE_ONLY']);
