import { LRUCache } from 'lru-cache';

/** What a caller has left. */
export interface Allowance {
  readonly isAllowed: boolean;
  /** Requests of a minute */
  readonly limit: number;
  readonly remaining: number;
  /** Until all of them are there again */
  readonly resetS: number;
  /** Until the next one is taken; 0 where it is now */
  readonly retryAfterS: number;
}

export interface RateLimiter {
  /** Counts a request of a caller. @param own the caller's limit, in place of the usual one @returns undefined where there is no limit */
  take(caller: string, own?: number): Allowance | undefined;
}

const MINUTE_MS = 60_000;
/** Callers that are remembered, some 1.5 MB; who was silent longest is forgotten first, and begins anew. */
const REMEMBERED = 10_000;

/**
 * Lets each caller send so many requests a minute: all at once or one by one, as they come back one by one (the generic cell rate algorithm, ITU-T I.371). It keeps
 * one number for each caller: when what they sent is worked off.
 * @param perMinute 0: as many as they like
 * @param now ms, of a clock that only goes on
 */
export function createRateLimiter(perMinute: number, now: () => number = () => performance.now()): RateLimiter {
  const workedOffAt = new LRUCache<string, number>({ max: REMEMBERED });
  return {
    take(caller, limit = perMinute) {
      if (limit === 0) return undefined;
      const [at, eachMs] = [now(), MINUTE_MS / limit];
      const owed = Math.max(0, (workedOffAt.get(caller) ?? 0) - at);
      const isAllowed = owed + eachMs <= MINUTE_MS + ROUNDING_MS;
      const owes = isAllowed ? owed + eachMs : owed;
      workedOffAt.set(caller, at + owes);
      return {
        ...{ isAllowed, limit },
        remaining: Math.max(0, Math.floor((MINUTE_MS + ROUNDING_MS - owes) / eachMs)),
        resetS: Math.ceil(owes / 1_000),
        retryAfterS: isAllowed ? 0 : Math.max(1, Math.ceil((owed + eachMs - MINUTE_MS) / 1_000)),
      };
    },
  };
}
/** Thirds of a minute do not add up to one. */
const ROUNDING_MS = 1e-3;
