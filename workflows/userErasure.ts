import { sleep } from '@temporalio/workflow';
import type { ErasureActivities } from '../activities/erasure.ts';
import type { TrainingActivities } from '../activities/training.ts';
import { userErasureInputSchema, type StoreStep, type UserErasureInput, type UserErasureResult } from '../contracts/erasure.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';
import { sideBySide } from './sideBySide.ts';

const { openErasure, eraseStore, eraseLearnt, findReaders, closeErasure } = stepsOf(WORKFLOWS.userErasure.steps).by<
  ErasureActivities & TrainingActivities
>();

const SIDE_BY_SIDE = 6;
/** A run is in the ledger, and a batch of events in the database, within moments. */
const FIRST_LOOK_S = 5;
const LATEST_LOOK_S = 300;

/**
 * Erases a user everywhere, and looks again. Every store is gone through at once; what runs that go on may still bring back, or need, goes when they are over: first what
 * others are made of, then what is made of it. A store that cannot be reached is tried for as long as that takes.
 */
export async function userErasure(given: UserErasureInput): Promise<UserErasureResult> {
  const { receipt } = parseInput(userErasureInputSchema, given);
  const { stores } = await openErasure({ receipt });
  await goThrough(receipt, stores, false);
  for (let restS = FIRST_LOOK_S, runs = 1; runs > 0; restS = Math.min(LATEST_LOOK_S, 2 * restS)) {
    await sleep(`${restS} seconds`);
    ({ length: runs } = (await findReaders({ receipt })).runs);
  }
  for (const group of ['source', 'derived'])
    await goThrough(
      receipt,
      stores.filter((one) => one.group === group),
      true,
    );
  return closeErasure({ receipt });
}

async function goThrough(receipt: string, stores: readonly StoreStep[], isLast: boolean): Promise<void> {
  const outcomes = await sideBySide(stores, SIDE_BY_SIDE, ({ store, by }) =>
    by === 'training' ? eraseLearnt({ receipt, store, isLast }) : eraseStore({ receipt, store, isLast }),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
