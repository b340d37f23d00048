import { follow, type Client } from '../client/index.ts';
import { isOpen } from '../contracts/runs.ts';
import type { BackfillProgress } from '../contracts/schedules.ts';
import { passesByItself } from './failure.ts';
import type { Terminal } from './terminal.ts';

const ERASE_LINE = '\r\u001b[2K';
const LOOK_EVERY_MS = 1_000;

/**
 * Looks at a backfill, about once a second, until it has ended, and shows how many of its times are done.
 * @throws when the API has been away for a minute
 */
export async function waitForBackfill(
  { schedules }: Client,
  { scheduleId, runId }: { scheduleId: string; runId: string },
  terminal: Terminal,
  { quiet = false } = {},
): Promise<BackfillProgress> {
  const look = async () => {
    const { backfills } = await schedules.backfills({ params: { schedule_id: scheduleId } });
    return backfills.find(({ run_id }) => run_id === runId);
  };
  let shown = '';
  const show = (backfill: BackfillProgress | undefined) => {
    const text = backfill ? progressText(backfill) : shown;
    if (!quiet && text !== shown) terminal.err(terminal.live ? `${ERASE_LINE}${text}` : `${text}\n`);
    shown = text;
  };
  try {
    return await follow(look, { everyMs: LOOK_EVERY_MS, isPassing: passesByItself, onLook: show, hasEnded });
  } finally {
    if (!quiet && terminal.live) terminal.err(ERASE_LINE);
  }
}

const hasEnded = (backfill: BackfillProgress | undefined): backfill is BackfillProgress => backfill !== undefined && !isOpen(backfill);

const progressText = ({ times, running, succeeded, failed }: BackfillProgress) =>
  `  ${succeeded + failed} of ${times ?? '?'} done, ${running} running, ${failed} failed`;
