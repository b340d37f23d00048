import PQueue from 'p-queue';
import { Agent, request } from 'undici';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Requests to one service, of which all callers in the process together stay under one bound. */
export interface PacedRequests {
  /** Waits for its turn, then asks and reads the whole answer. @throws when there is none in time, or the signal aborts */
  get(url: string, options: { headers: Record<string, string>; signal: AbortSignal }): Promise<HttpAnswer>;
  /** Sends nothing for so long; what is under way ends. */
  hold(ms: number): void;
  close(): Promise<void>;
}

export interface Pace {
  readonly requestsPerSecond: number;
  readonly connections: number;
  /** For the whole of an answer, from the moment that it is asked for. */
  readonly timeoutMs: number;
}

/** A second and a little: the network may bring two requests closer together than they were sent, and the bound is to hold where they arrive. */
const WINDOW_MS = 1_050;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

export function createPacedRequests({ requestsPerSecond, connections, timeoutMs }: Pace): PacedRequests {
  const agent = new Agent({ connections, pipelining: 1, connect: { timeout: CONNECT_TIMEOUT_MS }, maxResponseSize: MAX_ANSWER_BYTES });
  const queue = new PQueue({ concurrency: connections, intervalCap: requestsPerSecond, interval: WINDOW_MS, strict: true });
  let heldUntil = 0;
  let release: NodeJS.Timeout | undefined;

  async function ask(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<HttpAnswer> {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const answer = await request(url, { dispatcher: agent, headers, signal: inTime });
    return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
  }

  return {
    get: (url, { headers, signal }) => queue.add(() => ask(url, headers, signal), { signal }),
    hold(ms) {
      const until = Date.now() + ms;
      if (until <= heldUntil) return;
      heldUntil = until;
      queue.pause();
      clearTimeout(release);
      release = setTimeout(() => queue.start(), ms);
    },
    async close() {
      clearTimeout(release);
      queue.clear();
      await agent.destroy();
    },
  };
}
