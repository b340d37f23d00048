import { useEffect, useRef, useState } from 'preact/hooks';
import type { RequestOf } from '../../../client/request.ts';
import type { experiments } from '../../../contracts/endpoints/experiments.ts';
import type { ListedRun, RunTable } from '../../../contracts/experiments.ts';
import { api } from '../../api/calls.ts';
import { usePoll, type Polled } from '../../api/usePoll.ts';

/** What the address says is the API's to check. */
export type RunsQuery = NonNullable<RequestOf<(typeof experiments)['runs']>['query']>;

const FIRST = 100;
const NEXT = 2_500;
const EVERY_MS = 5_000;
/** Rows before the last one that is there at which more are fetched. */
const AHEAD = 200;

interface More {
  /** The place behind which it begins: another one as soon as the first page is another */
  readonly after: string;
  readonly runs: readonly ListedRun[];
  readonly next: string | null;
}

/**
 * Runs of a search, as many as are looked at: the first page, asked again and again, and what is behind it as somebody comes near. Until another search is
 * answered the runs of the one before stay.
 */
export function useRunPages(asked: RunsQuery): {
  readonly first: Polled<RunTable>;
  readonly runs: readonly ListedRun[];
  /** Whether they are those of the search before */
  readonly isOld: boolean;
  readonly reach: (end: number) => void;
} {
  const key = JSON.stringify(asked);
  const first = usePoll((signal) => api.experiments.runs({ query: { ...asked, limit: FIRST }, signal }), key, EVERY_MS);
  const [more, setMore] = useState<More>();
  const after = first.data?.next_cursor ?? null;
  const current = after !== null && more?.after === after ? more : undefined;
  const latest = useRef<{ readonly page: RunTable; readonly runs: readonly ListedRun[] }>(undefined);
  if (first.data !== undefined) latest.current = { page: first.data, runs: [...first.data.runs, ...(current?.runs ?? [])] };
  else if (first.error !== undefined) latest.current = undefined;
  const wanted = useRef(0);
  const asking = useRef<AbortController>(undefined);
  useEffect(() => () => asking.current?.abort(), [after]);

  const fetchOn = async () => {
    if (after === null || (asking.current && !asking.current.signal.aborted)) return;
    const over = (asking.current = new AbortController());
    let loaded: More = current ?? { after, runs: [], next: after };
    const missing = () => wanted.current > FIRST + loaded.runs.length - AHEAD;
    try {
      while (missing() && loaded.next !== null && !over.signal.aborted) {
        const query = { ...asked, limit: NEXT, cursor: loaded.next, columns: asked.columns };
        const page = await api.experiments.runs({ query, signal: over.signal });
        loaded = { after, runs: [...loaded.runs, ...page.runs], next: page.next_cursor };
        if (!over.signal.aborted) setMore(loaded);
      }
    } catch {
      // Said by the first page, which is asked again and again; who comes near again asks anew.
    } finally {
      over.abort();
    }
  };
  return {
    first: { ...first, data: latest.current?.page },
    runs: latest.current?.runs ?? [],
    isOld: first.data === undefined,
    reach: (end) => {
      wanted.current = end;
      void fetchOn();
    },
  };
}
