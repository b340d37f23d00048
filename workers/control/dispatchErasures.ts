import type { UserErasureInput } from '../../contracts/erasure.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import type { RunHistories } from '../../domain/erasure/histories.ts';
import { listWaitingErasures, markStarted } from '../../domain/erasure/requests.ts';
import { startLoop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';
import { createTemporalClient } from '../../platform/temporal/client.ts';
import { createTemporalRuns } from '../../platform/temporal/runs.ts';

const LOOK_EVERY_MS = 1_000;

/** Starts a run for each erasure that was asked for. Killed in between it starts it again, which changes nothing: a run is known by its receipt. */
export function dispatchErasures(
  { config, log, onShutdown }: Pick<ProcessContext, 'config' | 'log' | 'onShutdown'>,
  pool: Pool,
): { histories: RunHistories } {
  const client = createTemporalClient(config.temporal);
  const runs = createTemporalRuns(client);
  const loop = startLoop({ name: 'erasures', restMs: LOOK_EVERY_MS, log }, async () => {
    for (const { receipt, by } of await listWaitingErasures(pool)) {
      const input: UserErasureInput = { receipt };
      await runs.start('userErasure', runId('userErasure', receipt), { taskQueue: TASK_QUEUES.control, input, startedBy: by });
      await markStarted(pool, receipt);
    }
    return false;
  });
  onShutdown('erasures', async () => {
    await loop.stop();
    await client.connection.close();
  });
  return { histories: runs };
}
