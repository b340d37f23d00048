import { randomBytes, timingSafeEqual } from 'node:crypto';
import { conflict } from '../../contracts/failures.ts';
import type { Access } from '../../platform/config.ts';
import type { Principal, Sessions } from '../../platform/http/access.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import { digestOf } from '../../platform/sha256.ts';
import { createFactsBook } from './factsBook.ts';
import type { KeyBook } from './keyBook.ts';
import { addSession, findSession, removeSession, type SessionFacts } from './sessionTable.ts';

/** Of a working day. It is not made longer by use: whoever stays signs in again. */
export const SESSION_SECONDS = 12 * 3_600;
const TOKEN = /^[0-9a-f]{64}$/;

export interface SessionBook extends Sessions {
  /** @throws Failure `conflict` of a caller who has no key, or is signed in already */
  open(principal: Principal): Promise<{ readonly token: string; readonly expiresAt: Date }>;
  /** Again it changes nothing. */
  end(token: string): Promise<void>;
}

interface SessionDeps {
  readonly db: Database;
  readonly access: Access;
  readonly keys: KeyBook;
  readonly log: Logger;
}

/** Sessions of browsers as a process knows them: each stands for the key that it was opened with, and is good for as long as that is. */
export function createSessionBook({ db, access, keys, log }: SessionDeps, now?: () => number): SessionBook {
  const book = createFactsBook((digest) => findSession(db, Buffer.from(digest, 'hex')), log, now);
  const proofOf = (token: string, name: string) => {
    const known = access.credentials.filter((one) => one.name === name);
    return known.length === 0 ? undefined : digestOf(JSON.stringify([token, known.map(({ role, secret }) => [role, secret])]));
  };

  async function ownerOf(token: string, { key_id: keyId, name, proof }: SessionFacts): Promise<Principal | undefined> {
    if (keyId !== null) return keys.findById(keyId);
    const now = proofOf(token, name!);
    if (!now || !timingSafeEqual(now, proof!)) return undefined;
    const { role } = access.credentials.find((one) => one.name === name)!;
    return { name: name!, role };
  }

  return {
    async open({ name, keyId, isSession }) {
      if (isSession) throw conflict('This browser is signed in already; log out first');
      const token = randomBytes(32).toString('hex');
      const proof = proofOf(token, name);
      if (keyId === undefined && !proof) throw conflict('Whoever calls from here needs no key, so there is nothing to sign in with');
      const owner = keyId === undefined ? { name, proof: proof! } : { keyId };
      return { token, expiresAt: await addSession(db, digestOf(token), owner, SESSION_SECONDS) };
    },
    async end(token) {
      const digest = digestOf(token);
      await removeSession(db, digest);
      book.forget(digest.toString('hex'));
    },
    async find(token) {
      if (!TOKEN.test(token)) return undefined;
      const facts = await book.find(digestOf(token).toString('hex'));
      if (!facts || facts.expires_at.getTime() <= Date.now()) return undefined;
      const owner = await ownerOf(token, facts);
      return owner && { ...owner, isSession: true };
    },
  };
}
