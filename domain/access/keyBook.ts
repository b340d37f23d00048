import { timingSafeEqual } from 'node:crypto';
import { keyIdIn } from '../../contracts/keys.ts';
import type { IssuedKeys, Principal } from '../../platform/http/access.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import { digestOf } from '../../platform/sha256.ts';
import { createFactsBook } from './factsBook.ts';
import { findKeyFacts, noteKeysUsed, type KeyFacts } from './keyTable.ts';

const NOTE_EVERY_MS = 60_000;

export interface KeyBook extends IssuedKeys {
  /** Whoever signed in with a key, while it is good. @throws as `find` */
  findById(keyId: string): Promise<Principal | undefined>;
  /** Notes what was used, and ends. */
  close(): Promise<void>;
}

/** Issued keys as a process knows them. @param now ms, of a clock that only goes on */
export function createKeyBook(db: Database, log: Logger, now?: () => number): KeyBook {
  const book = createFactsBook((keyId) => findKeyFacts(db, keyId), log, now);
  const used = new Map<string, Date>();

  async function noteUsed() {
    if (used.size === 0) return;
    const noted = new Map(used);
    used.clear();
    await noteKeysUsed(db, noted).catch((error: unknown) => log.debug({ err: error }, 'when keys were used is not noted'));
  }
  const noting = setInterval(() => void noteUsed(), NOTE_EVERY_MS);
  noting.unref();

  function use(keyId: string, { name, role, requests_per_minute: limit }: KeyFacts): Principal {
    used.set(keyId, new Date());
    return { name, role, keyId, ...(limit !== null && { requestsPerMinute: limit }) };
  }

  return {
    async find(key: string): Promise<Principal | undefined> {
      const keyId = keyIdIn(key);
      if (keyId === undefined) return undefined;
      const facts = await book.find(keyId);
      return facts && timingSafeEqual(facts.digest, digestOf(key)) && isGood(facts) ? use(keyId, facts) : undefined;
    },
    async findById(keyId) {
      const facts = await book.find(keyId);
      return facts && isGood(facts) ? use(keyId, facts) : undefined;
    },
    close() {
      clearInterval(noting);
      return noteUsed();
    },
  };
}

const isGood = ({ is_revoked, expires_at }: KeyFacts): boolean => !is_revoked && (expires_at === null || expires_at.getTime() > Date.now());
