import { setTimeout as sleep } from 'node:timers/promises';
import type { BackfillProgress } from '../contracts/schedules.ts';
import type { Api } from './api.ts';
import { isPassing } from './failure.ts';
import type { Terminal } from './terminal.ts';

const ERASE_LINE = '\r\u001b[2K';
/** As for any run: a restart of the API takes seconds, and the backfill goes on meanwhile. */
const BEAR_ABSENCE_MS = 60_000;

/**
 * Looks at a backfill, about once a second, until it has ended, and shows how many of its times are done.
 * @throws when the API has been away for a minute
 */
export async function waitForBackfill(
  api: Pick<Api, 'listBackfills'>,
  { scheduleId, runId }: { scheduleId: string; runId: string },
  terminal: Terminal,
  { quiet = false, everyMs = 1_000 } = {},
): Promise<BackfillProgress> {
  let shown = '';
  let lastSeenAt = Date.now();
  for (;;) {
    const backfill = await look(api, scheduleId, runId).catch((error: unknown) => {
      if (!isPassing(error) || Date.now() - lastSeenAt > BEAR_ABSENCE_MS) {
        if (!quiet && terminal.live) terminal.err(ERASE_LINE);
        throw error;
      }
      return undefined;
    });
    if (backfill) {
      lastSeenAt = Date.now();
      const text = progressText(backfill);
      if (!quiet && text !== shown) terminal.err(terminal.live ? `${ERASE_LINE}${text}` : `${text}\n`);
      shown = text;
      if (backfill.state !== 'queued' && backfill.state !== 'running') {
        if (!quiet && terminal.live) terminal.err(ERASE_LINE);
        return backfill;
      }
    }
    await sleep(everyMs);
  }
}

const look = async (api: Pick<Api, 'listBackfills'>, scheduleId: string, runId: string) =>
  (await api.listBackfills(scheduleId)).backfills.find(({ run_id }) => run_id === runId);

const progressText = ({ times, running, succeeded, failed }: BackfillProgress) =>
  `  ${succeeded + failed} of ${times ?? '?'} done, ${running} running, ${failed} failed`;
