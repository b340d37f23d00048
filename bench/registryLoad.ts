import { Pool, request } from 'undici';

/** A call: a GET where it has no body. */
export interface Question {
  readonly path: string;
  readonly body?: object;
}

export const CONNECTIONS = 8;
/** MLflow's server takes minutes for some of them. */
const WAITS = { headersTimeout: 600_000, bodyTimeout: 600_000 };
/** Below the five seconds after which both servers close a connection on which nothing is asked. */
const IDLE_MS = 1_000;

const optionsOf = ({ body }: Question) =>
  body
    ? ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), ...WAITS } as const)
    : ({ method: 'GET', ...WAITS } as const);

/** Asks over a connection of its own. @returns the answer @throws for one that is none */
export async function ask(url: string, question: Question): Promise<unknown> {
  const { statusCode, body } = await request(url + question.path, { reset: true, ...optionsOf(question) });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${question.path}: ${statusCode} ${text.slice(0, 300)}`);
  return JSON.parse(text) as unknown;
}

/**
 * Asks over eight connections, each its next question when the last was answered, for so long; what was asked then is waited for.
 * @returns milliseconds of each answer, and how long all took
 */
export async function loadFor(seconds: number, url: string, next: () => Question): Promise<{ times: number[]; seconds: number }> {
  const pool = new Pool(url, { connections: CONNECTIONS, keepAliveTimeout: IDLE_MS, ...WAITS });
  const times: number[] = [];
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  const keepAsking = async () => {
    while (performance.now() < until) {
      const question = next();
      const askedAt = performance.now();
      const { statusCode, body } = await pool.request({ path: question.path, ...optionsOf(question) });
      if (statusCode !== 200) throw new Error(`${question.path}: ${statusCode} ${(await body.text()).slice(0, 300)}`);
      await body.dump({ limit: Infinity });
      times.push(performance.now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, keepAsking));
  const took = (performance.now() - startedAt) / 1_000;
  await pool.close();
  return { times, seconds: took };
}
