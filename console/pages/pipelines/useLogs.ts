import { useEffect, useRef, useState } from 'preact/hooks';
import { runParamsOf } from '../../../contracts/endpoints/runAddress.ts';
import type { RunLogLine } from '../../../contracts/runs.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';

const LINES_OF_PAGE = 500;
/** A page left open for a day keeps no more. */
const MOST_LINES = 5_000;
const EVERY_MS = 2_000;

/** The log lines of one step of a run as they come. @param follows false once no more can come */
export function useLogs(runId: string, of: { step: string; subject: string | null }, follows: boolean) {
  const key = [runId, of.step, of.subject].join('|');
  const [lines, setLines] = useState<readonly RunLogLine[]>([]);
  const read = useRef({ key, count: 0 });
  if (read.current.key !== key) read.current = { key, count: 0 };
  const page = usePoll(
    async (signal) => {
      const query = { step: of.step, ...(of.subject !== null && { subject: of.subject }), after: read.current.count, limit: LINES_OF_PAGE };
      return { key, ...(await api.runs.logs({ params: runParamsOf(runId), query, signal })) };
    },
    key,
    follows ? EVERY_MS : 0,
  );
  const { data, refresh } = page;
  useEffect(() => {
    if (data?.key !== key) return;
    const isFirst = read.current.count === 0;
    read.current.count += data.lines.length;
    setLines((before) => [...(isFirst ? [] : before), ...data.lines].slice(-MOST_LINES));
    if (data.lines.length === LINES_OF_PAGE) refresh();
  }, [data, key, refresh]);
  return { lines, error: page.error };
}
