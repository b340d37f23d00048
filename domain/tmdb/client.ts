import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Failure, missing, permanent } from '../../contracts/failures.ts';
import type { Logger } from '../../platform/log.ts';
import type { HttpAnswer, PacedRequests } from '../../platform/pacedRequests.ts';
import { issuesOf } from './answers.ts';
import { describeTmdbKey, readTmdbKey, type TmdbKey } from '../../contracts/tmdbKey.ts';
import { retryAfterMs } from './retryAfter.ts';

export interface TmdbClient {
  readonly hasKey: boolean;
  /** @throws Failure `SourceUnavailable` without a key, with how to get one */
  requireKey(): void;
  /**
   * Asks for one path, such as `/movie/popular`, again and again while that may help.
   * @throws Failure `SourceUnavailable`, `missing` where TMDB itself says that it does not know it (no other server's 404 means that), and `permanent` without a key, or where it refuses; TmdbUnusable where it gives no
   *   usable answer
   */
  get<T>(path: string, query: Readonly<Record<string, string>>, schema: z.ZodType<T>, signal: AbortSignal): Promise<T>;
}

export interface TmdbClientOptions {
  /** Such as `https://api.themoviedb.org/3` */
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly requests: PacedRequests;
  readonly log: Logger;
  /** Longest pause before the second try; it doubles with each further one. */
  readonly backOffMs?: number;
}

/** No usable answer in six tries: this one's trouble, or TMDB's. */
class TmdbUnusable extends Error {}

/** What there is to say of an address that gave no usable answer, whether or not asking again might help; null where the trouble is another. */
export function whyUnusable(error: unknown): string | null {
  const unusable = error instanceof Failure ? error.cause : error;
  return unusable instanceof TmdbUnusable ? unusable.message : null;
}

const TRIES = 6;
const MAX_BACK_OFF_MS = 20_000;

/** Body of every refusal, also where it comes with status 200 (developer.themoviedb.org/docs/errors). */
const refusalSchema = z.object({ success: z.literal(false), status_code: z.number().int(), status_message: z.string().default('') });
type Refusal = z.infer<typeof refusalSchema>;
const NOT_FOUND_CODES = [6, 34];
/** The HTTP status that TMDB documents for a code; what is not here passes by itself, as its 5xx do. */
const STATUSES: [status: number, codes: number[]][] = [
  [401, [3, 7, 10, 14, 17, 33]],
  [404, NOT_FOUND_CODES],
  [400, [5, 18, 20, 22, 23, 27]],
  [429, [25]],
];

type Outcome<T> = { readonly answer: T } | { readonly trouble: string; readonly holdMs?: number };

export function createTmdbClient({ url, apiKey, requests, log, backOffMs = 1_000 }: TmdbClientOptions): TmdbClient {
  async function ask<T>(path: string, query: Readonly<Record<string, string>>, schema: z.ZodType<T>, signal: AbortSignal) {
    const key = readTmdbKey(apiKey);
    try {
      return judge(path, key, await requests.get(addressOf(url, path, query, key), { headers: headersOf(key), signal }), schema);
    } catch (error) {
      if (error instanceof Failure) throw error;
      signal.throwIfAborted();
      return { trouble: `no answer: ${wordsOf(error)}` };
    }
  }

  return {
    hasKey: Boolean(apiKey),
    requireKey: () => void readTmdbKey(apiKey),
    async get(path, query, schema, signal) {
      for (let attempt = 1; ; attempt += 1) {
        const outcome: Outcome<z.output<typeof schema>> = await ask(path, query, schema, signal);
        if ('answer' in outcome) return outcome.answer;
        const { trouble, holdMs } = outcome;
        if (attempt === TRIES) throw new TmdbUnusable(`TMDB gave no usable answer to ${path} in ${TRIES} tries; at last, ${trouble}`);
        log.warn({ path, attempt, trouble, hold_ms: holdMs }, 'TMDB will be asked again');
        if (holdMs !== undefined) requests.hold(holdMs);
        await sleep(jitter(backOffMs * 2 ** (attempt - 1)), undefined, { signal });
      }
    },
  };
}

/** What an answer comes to. @throws Failure where asking again cannot help */
function judge<T>(path: string, key: TmdbKey, answer: HttpAnswer, schema: z.ZodType<T>): Outcome<T> {
  const body = parseJson(answer.text);
  const refusal = refusalSchema.safeParse(body).data;
  const status = refusal && answer.status === 200 ? statusOf(refusal) : answer.status;
  const said = `status ${status}${refusal ? `, code ${refusal.status_code}: ${refusal.status_message}` : ''}`;

  if (status === 200) return readAnswer(body, schema);
  if (status === 429) return { trouble: said, holdMs: retryAfterMs(answer.headers['retry-after'], Date.now()) };
  if (status >= 500 || status === 408) return { trouble: said };
  if (status === 401 || status === 403) {
    throw notAnswered(`TMDB refused the key in TMDB_API_KEY, which was sent as ${describeTmdbKey(key)} (${said})`);
  }
  if (refusal && NOT_FOUND_CODES.includes(refusal.status_code)) throw missing(`TMDB has no ${path} (${said})`, 'SourceUnavailable');
  const words = `TMDB refused ${path} (${said})${refusal ? '' : '; is TMDB_API_URL the address of the TMDB API?'}`;
  throw permanent('SourceUnavailable', words, { cause: new TmdbUnusable(words) });
}

function readAnswer<T>(body: unknown, schema: z.ZodType<T>): Outcome<T> {
  if (body === undefined) return { trouble: 'the answer is no JSON, or half of one' };
  const parsed = schema.safeParse(body);
  if (parsed.success) return { answer: parsed.data };
  return { trouble: `the answer is not what TMDB documents: ${issuesOf(parsed.error)}` };
}

const statusOf = ({ status_code }: Refusal): number => STATUSES.find(([, codes]) => codes.includes(status_code))?.[0] ?? 503;
const notAnswered = (message: string) => permanent('SourceUnavailable', message);

function addressOf(url: string, path: string, query: Readonly<Record<string, string>>, key: TmdbKey): string {
  const address = new URL(url.replace(/(?<!\/)\/+$/, '') + path);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  if (key.version === 'v3') address.searchParams.set('api_key', key.key);
  return address.href;
}

const headersOf = (key: TmdbKey): Record<string, string> => ({
  accept: 'application/json',
  ...(key.version === 'v4' && { authorization: `Bearer ${key.token}` }),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Full jitter, so that those who failed together do not come back together. */
const jitter = (ms: number) => Math.random() * Math.min(ms, MAX_BACK_OFF_MS);

const wordsOf = (error: unknown) => {
  const { name, message, code } = error as Error & { code?: string };
  return [name === 'TimeoutError' ? 'it took too long' : message, code].filter(Boolean).join(' ');
};
