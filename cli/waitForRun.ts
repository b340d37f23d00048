import { followRun, type Client } from '../client/index.ts';
import type { RunDetail } from '../contracts/runs.ts';
import { inOurWords, passesByItself } from './failure.ts';
import type { createRunProgress } from './progress.ts';

/**
 * Looks at a run, about twice a second, until it has ended.
 * @throws when the API has been away for a minute; the run itself is not touched
 */
export async function waitForRun(api: Client, runId: string, progress: ReturnType<typeof createRunProgress>): Promise<RunDetail> {
  const onAbsence = (error: unknown) => {
    const told = inOurWords(error);
    progress.note(`${told instanceof Error ? told.message : String(told)} Waiting for it; the run goes on.`);
  };
  try {
    return await followRun(api, runId, { onLook: (run) => progress.show(run), onAbsence, isPassing: passesByItself });
  } finally {
    progress.end();
  }
}
