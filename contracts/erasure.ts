import { z } from 'zod';
import { integerQueryOr } from './integerQuery.ts';

const time = z.iso.datetime();
const count = z.number().int();

export const erasedStoreSchema = z.object({
  store: z.string(),
  state: z
    .enum(['waiting', 'erased', 'kept', 'failing'])
    .describe(
      '`kept`: what was found stays until the time that is told; `failing`: the last try did not come to its end, and is made again',
    ),
  erased: count.describe('How many rows, files or messages went or were written anew'),
  found: count.nullable().describe('How many were found when it was looked at again; null before that'),
  kept_until: time.nullable().describe('When what was found is gone at the latest; null where nothing was found, or nobody knows'),
  reason: z.string().nullable().describe('Why it is kept'),
  looked_at: time.nullable(),
  failure: z.string().nullable().describe('Why the last try did not come to its end'),
});
export type ErasedStore = z.infer<typeof erasedStoreSchema>;

const ERASURE_STATES = ['waiting', 'running', 'done', 'stopped'] as const;

/** What may be told to anybody: nothing in it says whose erasure it was. */
export const erasureSchema = z.object({
  receipt: z.uuid(),
  state: z.enum(ERASURE_STATES).describe('`stopped`: somebody ended its run; ask for the erasure again'),
  requested_by: z.string().describe('Who asked, not whom it is about'),
  requested_at: time,
  erased_before: time.describe('What the user does later is not erased'),
  is_repeated: z.boolean().describe('Found again after a backup was restored'),
  waits_for: z.array(z.string()).describe('Runs that began before, and may have read what is gone now'),
  done_at: time.nullable(),
});
export type Erasure = z.infer<typeof erasureSchema>;

export const erasureReceiptSchema = erasureSchema.extend({ stores: z.array(erasedStoreSchema) });
export type ErasureReceipt = z.infer<typeof erasureReceiptSchema>;

export const ERASURES_LISTED = 1_000;
export const erasuresQuerySchema = z.strictObject({ limit: integerQueryOr(100, 1, ERASURES_LISTED) });

/** Of the workflow: the user stands in the database alone, not in Temporal's history. */
export const userErasureInputSchema = z.strictObject({ receipt: z.uuid() });
export type UserErasureInput = z.infer<typeof userErasureInputSchema>;

export const userErasureResultSchema = z.object({
  receipt: z.uuid(),
  erased: count.describe('How many rows, files or messages went, over all stores'),
  kept: z.array(z.object({ store: z.string(), found: count, until: time.nullable() })).describe('What stays for a while, and where'),
});
export type UserErasureResult = z.infer<typeof userErasureResultSchema>;

export const erasureReplayInputSchema = z.strictObject({});
export type ErasureReplayInput = z.input<typeof erasureReplayInputSchema>;

export const erasureReplayResultSchema = z.object({
  known: count.describe('Users that were ever erased'),
  looked_at: count.describe('Ids of users that are here'),
  receipts: z.array(z.string()).describe('Of the erasures that are done again: one for each user that was found'),
});
export type ErasureReplayResult = z.infer<typeof erasureReplayResultSchema>;

/** A store as a step is told of it. */
export interface StoreStep {
  readonly store: string;
  /** Whose step it is */
  readonly by: 'control' | 'training';
  /** Of what others are made of, or of what is made of others */
  readonly group: 'source' | 'derived';
}

/** Header of a message without a value that takes the place of an erased user's on a compacted topic. It is no event. */
export const ERASURE_TOMBSTONE = 'mlops-erasure';
