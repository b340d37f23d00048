import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { unavailable } from '../../contracts/failures.ts';
import { keyIdIn } from '../../contracts/keys.ts';
import type { IssuedKeys, Principal } from '../../platform/http/access.ts';
import type { Logger } from '../../platform/log.ts';
import { isDatabaseTrouble, type Database } from '../../platform/postgres.ts';
import { digestOf } from '../../platform/sha256.ts';
import { findKeyFacts, noteKeysUsed, type KeyFacts } from './keyTable.ts';

/** A revocation is noticed this late at most, while the database answers. */
const FRESH_MS = 3_000;
/** While it does not answer, a key that was good goes on being good for this long since the database last said so; a key that was not read stays out. */
const TRUSTED_MS = 60_000;
/** Keys and wrong ids that are remembered: some 2 MB. */
const REMEMBERED = 10_000;
const NOTE_EVERY_MS = 60_000;

interface Known {
  readonly facts: KeyFacts | null;
  readonly readAt: number;
  /** When the database is asked again */
  readonly freshUntil: number;
}

export interface KeyBook extends IssuedKeys {
  /** Notes what was used, and ends. */
  close(): Promise<void>;
}

/** Issued keys as a process knows them. @param now ms, of a clock that only goes on */
export function createKeyBook(db: Database, log: Logger, now: () => number = () => performance.now()): KeyBook {
  const known = new LRUCache<string, Known>({ max: REMEMBERED });
  const reading = new Map<string, Promise<Known>>();
  const used = new Map<string, Date>();

  async function read(keyId: string): Promise<Known> {
    try {
      const facts = await findKeyFacts(db, keyId);
      return remember(keyId, { facts, readAt: now(), freshUntil: now() + FRESH_MS });
    } catch (error) {
      const last = known.get(keyId);
      if (!isDatabaseTrouble(error) || !last?.facts || now() - last.readAt > TRUSTED_MS)
        throw isDatabaseTrouble(error) ? unavailable('postgres') : error;
      log.warn({ err: error }, 'keys cannot be read; those that were good a moment ago go on');
      return remember(keyId, { ...last, freshUntil: now() + FRESH_MS });
    } finally {
      reading.delete(keyId);
    }
  }
  function remember(keyId: string, what: Known): Known {
    known.set(keyId, what);
    return what;
  }
  /** Whoever asks for one that is being read waits for the same answer. */
  function look(keyId: string): Known | Promise<Known> {
    const last = known.get(keyId);
    if (last && now() < last.freshUntil) return last;
    const begun = reading.get(keyId) ?? read(keyId);
    reading.set(keyId, begun);
    return begun;
  }
  async function noteUsed() {
    if (used.size === 0) return;
    const noted = new Map(used);
    used.clear();
    await noteKeysUsed(db, noted).catch((error: unknown) => log.debug({ err: error }, 'when keys were used is not noted'));
  }
  const noting = setInterval(() => void noteUsed(), NOTE_EVERY_MS);
  noting.unref();

  return {
    async find(key: string): Promise<Principal | undefined> {
      const keyId = keyIdIn(key);
      if (keyId === undefined) return undefined;
      const { facts } = await look(keyId);
      if (!facts || !isGood(facts, key)) return undefined;
      used.set(keyId, new Date());
      const { name, role, requests_per_minute: limit } = facts;
      return { name, role, keyId, ...(limit !== null && { requestsPerMinute: limit }) };
    },
    close() {
      clearInterval(noting);
      return noteUsed();
    },
  };
}

const isGood = ({ digest, is_revoked, expires_at }: KeyFacts, key: string): boolean =>
  timingSafeEqual(digest, digestOf(key)) && !is_revoked && (expires_at === null || expires_at.getTime() > Date.now());
