import { Pool } from 'undici';

/** Asks one server over so many connections. */
export interface Asker {
  /** @returns the answer to a GET, or to a POST where there is a body @throws where it is no success */
  readonly ask: (path: string, body?: object) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** Below the five seconds after which our processes close a connection on which nothing is asked. */
const IDLE_MS = 1_000;

export function openAsker(url: string, connections: number): Asker {
  const pool = new Pool(url, { connections, keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS });
  return {
    async ask(path, body) {
      const options = body
        ? ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } as const)
        : ({ method: 'GET' } as const);
      const answer = await pool.request({ path, ...options });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${text.slice(0, 300)}`);
      return JSON.parse(text) as unknown;
    },
    close: () => pool.close(),
  };
}
