import type { Door } from '../../platform/http/access.ts';
import { createRateLimiter } from '../../platform/http/rateLimiter.ts';
import type { Access } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import { createKeyBook } from './keyBook.ts';

/** The door of a process, which all of its ports share: configured and issued keys, and how much each caller may ask. */
export function openDoor(access: Access, db: Database, log: Logger): { door: Required<Door>; close: () => Promise<void> } {
  const keys = createKeyBook(db, log);
  return { door: { access, keys, limiter: createRateLimiter(access.requestsPerMinute ?? 0) }, close: () => keys.close() };
}
