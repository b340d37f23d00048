import type { WebhookDeliveryInput } from '../../contracts/webhooks.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { dispatchDeliveries, sweepDeliveries } from '../../domain/webhooks/deliveries.ts';
import { startLoop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';
import { createTemporalClient } from '../../platform/temporal/client.ts';
import { createTemporalRuns } from '../../platform/temporal/runs.ts';

const LOOK_EVERY_MS = 1_000;
const SWEEP_EVERY_MS = 3_600_000;

/** Starts a run for whatever webhooks are to be told of. */
export function dispatchWebhooks({ config, log, onShutdown }: Pick<ProcessContext, 'config' | 'log' | 'onShutdown'>, pool: Pool): void {
  const client = createTemporalClient(config.temporal);
  const { start } = createTemporalRuns(client);
  let sweepAt = 0;
  const loop = startLoop({ name: 'webhooks', restMs: LOOK_EVERY_MS, log }, async () => {
    if (performance.now() >= sweepAt) {
      await sweepDeliveries(pool);
      sweepAt = performance.now() + SWEEP_EVERY_MS;
    }
    await dispatchDeliveries(pool, ({ id, webhook }) => {
      const input: WebhookDeliveryInput = { delivery_id: id };
      return start('webhookDelivery', runId('webhookDelivery', id), {
        taskQueue: TASK_QUEUES.control,
        input,
        startedBy: `webhook/${webhook}`,
      });
    });
    return false;
  });
  onShutdown('webhooks', async () => {
    await loop.stop();
    await client.connection.close();
  });
}
