import { passing } from '../../contracts/failures.ts';
import { oneLine } from '../../platform/oneLine.ts';
import type { Pool } from '../../platform/postgres.ts';
import { noteFailure, noteLook, readOpenErasure } from './requests.ts';
import type { Found, Pass, Store } from './store.ts';
import { FORGOTTEN, namedInWords } from './tables.ts';

interface Through {
  readonly pool: Pool;
  readonly receipt: string;
  readonly name: string;
  readonly store: Store;
}

/**
 * Erases a user from a store and looks again, and writes down what was found; again it finds what is left. Whatever stands in the way is told by the receipt, and worth
 * another try.
 * @throws Failure `Unavailable` where the store could not be gone through, or in the last pass something is left that has no reason to be
 */
export async function goThrough({ pool, receipt, name, store }: Through, pass: Pass): Promise<{ erased: number; found: number }> {
  const { userId, before } = await readOpenErasure(pool, receipt);
  const whose = { userId, before };
  let erased: number;
  let found: Found;
  try {
    erased = await store.erase(whose, pass);
    found = await store.look(whose, pass);
  } catch (error) {
    pass.signal.throwIfAborted();
    const failure = withoutUser(oneLine(error), userId);
    await noteFailure(pool, receipt, name, failure);
    throw passing('Unavailable', `${name}: ${failure}`);
  }
  const { count, kept } = found;
  await noteLook(pool, receipt, name, { erased, found: count, keptUntil: kept?.until ?? null, reason: kept?.reason ?? null });
  if (pass.isLast && count > 0 && !kept) {
    const failure = `${count} were found when it was looked at again`;
    await noteFailure(pool, receipt, name, failure);
    throw passing('Unavailable', `${name}: ${failure}`);
  }
  return { erased, found: count };
}

/** Words that Temporal and the ledger keep. A short id stands in many a word that is not about the user. */
function withoutUser(words: string, userId: string): string {
  const named = words.replace(new RegExp(namedInWords(userId), 'g'), FORGOTTEN);
  return userId.length < SHORT ? named : named.replaceAll(userId, '(erased)');
}
const SHORT = 4;
