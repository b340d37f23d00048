import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { followCalls, isAbout, isToldOf } from './asked.ts';
import { hearChanges, isLive } from './changes.ts';
import { isPassing } from './failures.ts';
import { noteStale, tries } from './connection.ts';
import { nextWaitMs } from './waits.ts';

export interface Polled<T> {
  /** The latest answer; kept while the API is away. Undefined before the first */
  readonly data: T | undefined;
  /** Why the latest question had no answer */
  readonly error: unknown;
  readonly refresh: () => void;
}

/** What is told of when it changes is asked for so seldom. */
const SELDOM_MS = 30_000;
/** From one question to the next, however often something changes. */
const GAP_MS = 1_000;

/**
 * Asks now, and again and again while the page is seen: at once when the API tells that what is asked for has changed.
 * @param key what the question is about: another one begins anew, without the answer to the one before
 * @param everyMs time from an answer to the next question; longer while there is none, and 0: once
 */
export function usePoll<T>(ask: (signal: AbortSignal) => Promise<T>, key: string, everyMs = 3_000): Polled<T> {
  const [state, setState] = useState<{ key: string; data?: T; error?: unknown }>({ key });
  const [asked, setAsked] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  const refresh = useCallback(() => setAsked((count) => count + 1), []);
  const tried = tries.value;
  const who = useRef(Symbol('poll')).current;
  const answeredAt = useRef<{ readonly key: string; readonly at: number }>(undefined);

  useEffect(() => {
    const over = new AbortController();
    const calls = followCalls(over.signal);
    let isStale = false;
    let askedAt = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const look = async () => {
      isStale = false;
      askedAt = performance.now();
      try {
        const data = await latest.current(over.signal);
        failures = 0;
        if (over.signal.aborted) return;
        answeredAt.current = { key, at: Date.now() };
        noteStale(who);
        setState({ key, data });
      } catch (error) {
        if (over.signal.aborted) return;
        failures += 1;
        if (answeredAt.current?.key === key) noteStale(who, { since: answeredAt.current.at, error });
        setState((before) => ({ ...(before.key === key && before), key, error }));
        if (!isPassing(error)) return;
      }
      plan();
    };
    const plan = () => {
      if (document.hidden || over.signal.aborted || (everyMs === 0 && failures === 0)) return;
      clearTimeout(timer); // of a question that was asked beside this one
      timer = setTimeout(() => void look(), waitMs());
    };
    const waitMs = () => {
      if (isStale && failures === 0) return Math.max(0, askedAt + GAP_MS - performance.now());
      return nextWaitMs(isLive.peek() && isToldOf(calls) ? Math.max(everyMs, SELDOM_MS) : everyMs, failures);
    };
    const stopHearing = hearChanges((subjects) => {
      if (everyMs === 0 || (subjects !== null && !isAbout(calls, subjects))) return;
      isStale = subjects !== null;
      if (timer !== undefined) plan();
    });
    const onSight = () => {
      clearTimeout(timer);
      if (!document.hidden && everyMs > 0) void look();
    };
    document.addEventListener('visibilitychange', onSight);
    void look();
    return () => {
      over.abort();
      clearTimeout(timer);
      stopHearing();
      document.removeEventListener('visibilitychange', onSight);
    };
  }, [key, everyMs, asked, tried]);

  useEffect(() => () => noteStale(who), [key]);

  const isCurrent = state.key === key;
  return { data: isCurrent ? state.data : undefined, error: isCurrent ? state.error : undefined, refresh };
}
