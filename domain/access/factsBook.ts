import { LRUCache } from 'lru-cache';
import { unavailable } from '../../contracts/failures.ts';
import type { Logger } from '../../platform/log.ts';
import { isDatabaseTrouble } from '../../platform/postgres.ts';

/** A revocation is noticed this late at most, while the database answers. */
const FRESH_MS = 3_000;
/** While it does not answer, what was good goes on being good for this long since the database last said so; what was not read stays out. */
const TRUSTED_MS = 60_000;
/** Keys, sessions and wrong ids that are remembered: some 2 MB. */
const REMEMBERED = 10_000;

interface Known<Facts> {
  readonly facts: Facts | null;
  readonly readAt: number;
  /** When the database is asked again */
  readonly freshUntil: number;
}

export interface FactsBook<Facts> {
  /** @returns null of an id that there is not @throws Failure `unavailable` where nobody can tell */
  find(id: string): Promise<Facts | null>;
  /** The database is asked at the next look. */
  forget(id: string): void;
}

/** What the database says of those who ask, as a process knows it: looked at with each request. @param now ms, of a clock that only goes on */
export function createFactsBook<Facts>(
  read: (id: string) => Promise<Facts | null>,
  log: Logger,
  now: () => number = () => performance.now(),
): FactsBook<Facts> {
  const known = new LRUCache<string, Known<Facts>>({ max: REMEMBERED });
  const reading = new Map<string, Promise<Known<Facts>>>();

  async function readAnew(id: string): Promise<Known<Facts>> {
    try {
      const facts = await read(id);
      return remember(id, { facts, readAt: now(), freshUntil: now() + FRESH_MS });
    } catch (error) {
      const last = known.get(id);
      if (!isDatabaseTrouble(error) || !last?.facts || now() - last.readAt > TRUSTED_MS)
        throw isDatabaseTrouble(error) ? unavailable('postgres') : error;
      log.warn({ err: error }, 'keys cannot be read; those that were good a moment ago go on');
      return remember(id, { ...last, freshUntil: now() + FRESH_MS });
    } finally {
      reading.delete(id);
    }
  }
  function remember(id: string, what: Known<Facts>): Known<Facts> {
    known.set(id, what);
    return what;
  }
  /** Whoever asks for one that is being read waits for the same answer. */
  function look(id: string): Known<Facts> | Promise<Known<Facts>> {
    const last = known.get(id);
    if (last && now() < last.freshUntil) return last;
    const begun = reading.get(id) ?? readAnew(id);
    reading.set(id, begun);
    return begun;
  }

  return { find: async (id) => (await look(id)).facts, forget: (id) => void known.delete(id) };
}
