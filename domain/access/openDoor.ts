import type { Door } from '../../platform/http/access.ts';
import { createRateLimiter } from '../../platform/http/rateLimiter.ts';
import type { Access } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import { createKeyBook } from './keyBook.ts';
import { createSessionBook, type SessionBook } from './sessionBook.ts';

type OpenDoor = Required<Door> & { readonly sessions: SessionBook };

/** The door of a process, which all of its ports share: configured and issued keys, sessions opened with them, and how much each caller may ask. */
export function openDoor(access: Access, db: Database, log: Logger): { door: OpenDoor; close: () => Promise<void> } {
  const keys = createKeyBook(db, log);
  const sessions = createSessionBook({ db, access, keys, log });
  return { door: { access, keys, sessions, limiter: createRateLimiter(access.requestsPerMinute ?? 0) }, close: () => keys.close() };
}
