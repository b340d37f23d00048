import type { ErasureReplayResult, StoreStep, UserErasureResult } from '../contracts/erasure.ts';
import { missing, passing } from '../contracts/failures.ts';
import { goThrough } from '../domain/erasure/goThrough.ts';
import { openControlStores, type StoreDeps } from '../domain/erasure/openStores.ts';
import { keepErasure, mergeErasures, repeatErasures } from '../domain/erasure/replay.ts';
import { beginErasure, closeErasure, findReaders, readOpenErasure, readReceipt } from '../domain/erasure/requests.ts';
import { STORE_NAMES, storeSteps } from '../domain/erasure/stores.ts';
import type { ErasedUsers } from '../domain/users/erased.ts';
import type { Logger } from '../platform/log.ts';
import { underWay } from '../platform/temporal/activity.ts';

export interface ErasureDeps extends StoreDeps {
  readonly erased: ErasedUsers;
  readonly log: Logger;
}

interface StoreInput {
  readonly receipt: string;
  readonly store: string;
  readonly isLast: boolean;
}

/** The steps of an erasure. None says whose it is: inputs, results, words and log lines have the receipt alone. */
export function createErasureActivities(deps: ErasureDeps) {
  const { pool, blobs, erased, log, definitions } = deps;
  const stores = openControlStores(deps);
  return {
    /** Whom it is about stays in the database; keeps beside it, for whoever restores an older one, that they were erased. */
    async openErasure({ receipt }: { receipt: string }): Promise<{ stores: StoreStep[] }> {
      await keepErasure(blobs, erased, await readOpenErasure(pool, receipt));
      await beginErasure(pool, receipt, STORE_NAMES);
      return { stores: storeSteps() };
    },

    async eraseStore({ receipt, store: name, isLast }: StoreInput): Promise<{ erased: number; found: number }> {
      const store = stores[name as keyof typeof stores] as (typeof stores)[keyof typeof stores] | undefined;
      if (!store) throw missing(`there is no store ${name}`);
      const { signal, report } = underWay();
      const outcome = await goThrough({ pool, receipt, name, store }, { isLast, signal, onProgress: report });
      log.info({ receipt, store: name, ...outcome }, 'store gone through');
      return outcome;
    },

    findReaders: async ({ receipt }: { receipt: string }): Promise<{ runs: string[] }> => ({ runs: await findReaders(pool, receipt) }),

    async closeErasure({ receipt }: { receipt: string }): Promise<UserErasureResult> {
      const left = await closeErasure(pool, receipt);
      if (left.length > 0) throw passing('Unavailable', `not every store was gone through: ${left.join(', ')}`);
      const found = (await readReceipt(pool, receipt))?.stores ?? [];
      const kept = found.flatMap(({ store, found: count, kept_until }) => (count ? [{ store, found: count, until: kept_until }] : []));
      log.info({ receipt, kept }, 'a user is erased');
      return { receipt, erased: found.reduce((sum, one) => sum + one.erased, 0), kept };
    },

    mergeErasures: (): Promise<number> => mergeErasures(pool, blobs, erased, underWay().signal),

    async repeatErasures({ known }: { known: number }): Promise<ErasureReplayResult> {
      const { signal, report } = underWay();
      const repeated = await repeatErasures({ pool, blobs, erased, definitions }, { signal, onProgress: report });
      log.info({ known, ...repeated }, 'erasures are repeated');
      return { known, ...repeated };
    },
  };
}

export type ErasureActivities = ReturnType<typeof createErasureActivities>;
