import { setTimeout as sleep } from 'node:timers/promises';
import { events } from '../contracts/endpoints/events.ts';
import { nameUuid } from '../domain/events/nameUuid.ts';
import { createRandom, type Random } from '../domain/recommender/numeric/random.ts';

/** An event whose sender was told 202. */
export interface Acknowledged {
  readonly id: string;
  readonly user: string;
  /** Of the user's events, from 1; sent as the event's session, so that it is told wherever the event is */
  readonly nth: number;
  /** What was being killed when it was acknowledged */
  readonly part: string;
}

export interface ChaosLoad {
  readonly acknowledged: readonly Acknowledged[];
  /** Requests that had to be sent again */
  readonly again: number;
  /** Says what is being killed from now on. */
  during(part: string): void;
  /** Ends when each user's last event is acknowledged. */
  stop(): Promise<void>;
}

const USERS = 12;
const MOST_OF_REQUEST = 4;
const MOST_REST_MS = 200;
const ANSWER_MS = 5_000;
const AGAIN_AFTER_MS = 100;
export const USER_PREFIX = 'chaos ';

/**
 * Users who each send one request after the other, of one event or of several, and the same request again until it is acknowledged: each knows in which
 * order their events have to be.
 */
export function startLoad({ apiUrl, seed }: { apiUrl: string; seed: number }): ChaosLoad {
  const acknowledged: Acknowledged[] = [];
  const url = apiUrl + events.interaction.path;
  let part = '';
  let again = 0;
  let isStopping = false;

  async function sendAll(user: string, random: Random): Promise<void> {
    for (let sent = 0; !isStopping;) {
      const size = 1 + random.below(MOST_OF_REQUEST);
      const rows = Array.from({ length: size }, (_, at) => toEvent(user, sent + at + 1, random));
      sent += size;
      const body = JSON.stringify(size === 1 ? rows[0] : { events: rows });
      while (!(await isTaken(url, body))) {
        again += 1;
        await sleep(AGAIN_AFTER_MS);
      }
      for (const { event_id: id, session_id } of rows) acknowledged.push({ id, user, nth: Number(session_id), part });
      await sleep(random.below(MOST_REST_MS));
    }
  }

  const toEvent = (user: string, nth: number, random: Random) => ({
    event_id: nameUuid(`${seed} ${user} ${nth}`),
    user_id: user,
    movie_id: String(1 + random.below(1_000)),
    interaction_type: 'view',
    session_id: String(nth),
  });

  const sending = Promise.all(Array.from({ length: USERS }, (_, nth) => sendAll(`${USER_PREFIX}${nth}`, createRandom(seed, nth + 1))));
  sending.catch(() => undefined); // whoever stops it is told
  return {
    acknowledged,
    get again() {
      return again;
    },
    during: (name) => void (part = name),
    stop() {
      isStopping = true;
      return sending.then(() => undefined);
    },
  };
}

/** @throws where the request is at fault: sending it again would change nothing */
async function isTaken(url: string, body: string): Promise<boolean> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined);
  const text = await answer?.text().catch(() => undefined);
  if (answer === undefined || text === undefined || answer.status >= 500) return false;
  if (answer.status !== 202) throw new Error(`${answer.status} ${text.slice(0, 300)}`);
  return true;
}
