import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** What callers saw. */
export interface LoadReport {
  readonly asked: Record<string, number>;
  /** Answers that are none, and whom nobody answered though asked again */
  readonly failed: readonly string[];
  /** Asked again since nobody took the connection, or it was closed */
  readonly again: readonly string[];
  readonly slowestMs: number;
  /** Ids of the events that were accepted */
  readonly events: readonly string[];
}

const PAUSE_MS = 100;
const AGAIN_AFTER_MS = 50;
/** As the client bears it; a port that is handed on is free for less. */
const BEAR_ABSENCE_MS = 5_000;

/** Asks for recommendations, sends events and reads runs, one caller each, until it is stopped. */
export function startLoad({ apiUrl, servingUrl }: { apiUrl: string; servingUrl: string }): { stop(): Promise<LoadReport> } {
  const stopping = new AbortController();
  const asked: Record<string, number> = {};
  const failed: string[] = [];
  const again: string[] = [];
  const events: string[] = [];
  let slowestMs = 0;
  let user = 0;

  /** @returns the answer; one whom nobody answered asks again */
  async function ask(url: string, init?: RequestInit): Promise<Response> {
    for (const until = Date.now() + BEAR_ABSENCE_MS; ; await sleep(AGAIN_AFTER_MS)) {
      try {
        return await fetch(url, init);
      } catch (error) {
        const cause = (error as Error).cause as (Error & { code?: string }) | undefined;
        if (Date.now() > until) throw error;
        again.push(`${new Date().toISOString()} ${new URL(url).pathname}: ${cause?.code ?? cause?.message ?? String(error)}`);
      }
    }
  }
  async function caller(what: string, body: () => Promise<Response>): Promise<void> {
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      try {
        const answer = await body();
        const text = await answer.text();
        asked[what] = (asked[what] ?? 0) + 1;
        if (!answer.ok) failed.push(`${new Date().toISOString()} ${what}: ${answer.status} ${text.slice(0, 200)}`);
      } catch (error) {
        failed.push(`${new Date().toISOString()} ${what}: ${String(error)}`);
      }
      slowestMs = Math.max(slowestMs, Math.round(performance.now() - startedAt));
      await sleep(PAUSE_MS);
    }
  }
  const nextUser = () => String((user++ % 600) + 1);

  async function sendEvent(): Promise<Response> {
    const event_id = randomUUID();
    const body = JSON.stringify({ event_id, user_id: nextUser(), movie_id: (user % 10) + 1, interaction_type: 'click' });
    const answer = await ask(`${apiUrl}/api/v1/events/user-interaction`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    if (answer.ok) events.push(event_id);
    return answer;
  }
  const callers = [
    caller('recommendations', () => ask(`${apiUrl}/api/v1/recommendations?k=5&user_id=${nextUser()}`)),
    caller('events', sendEvent),
    caller('runs', () => ask(`${apiUrl}/api/v1/runs?limit=5`)),
    caller('movies', () => ask(`${apiUrl}/api/v1/movies/1`)),
    caller('model server', () =>
      ask(`${servingUrl}/recommend`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user_id: nextUser(), k: 5 }),
      }),
    ),
  ];
  return {
    async stop() {
      stopping.abort();
      await Promise.all(callers);
      return { asked, failed, again, slowestMs, events };
    },
  };
}
