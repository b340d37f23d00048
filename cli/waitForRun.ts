import { setTimeout as sleep } from 'node:timers/promises';
import type { RunDetail } from '../contracts/runs.ts';
import type { Api } from './api.ts';
import { isPassing } from './failure.ts';
import type { createProgress } from './progress.ts';

/** A restart of the API, or of an engine behind it, takes seconds; the run goes on meanwhile. */
const BEAR_ABSENCE_MS = 60_000;
const LOOK_EVERY_MS = 500;

/**
 * Looks at a run, about twice a second, until it has ended.
 * @throws when the API has been away for a minute; the run itself is not touched
 */
export async function waitForRun(
  api: Pick<Api, 'showRun'>,
  runId: string,
  progress: ReturnType<typeof createProgress>,
): Promise<RunDetail> {
  let lastSeenAt = Date.now();
  let away = false;
  try {
    for (;;) {
      try {
        const run = await api.showRun(runId);
        lastSeenAt = Date.now();
        away = false;
        progress.show(run);
        if (run.state !== 'queued' && run.state !== 'running') return run;
      } catch (error) {
        if (!isPassing(error) || Date.now() - lastSeenAt > BEAR_ABSENCE_MS) throw error;
        if (!away) progress.note(`${error instanceof Error ? error.message : String(error)} Waiting for it; the run goes on.`);
        away = true;
      }
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    progress.end();
  }
}
