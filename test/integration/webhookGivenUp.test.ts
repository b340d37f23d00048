import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { randomUUID } from 'node:crypto';
import { createWebhookActivities } from '../../activities/webhooks.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { createModelVersion, holdModel } from '../../domain/registry/versions.ts';
import { dispatchDeliveries, listDeliveries } from '../../domain/webhooks/deliveries.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { quietTemporal } from '../support/quietTemporal.ts';
import { pollAllQueues, startTimeSkipping } from '../support/timeSkipping.ts';
import { startReceiver, type Receiver } from '../support/webhookReceiver.ts';

quietTemporal();

const SETTINGS = { allowedHosts: ['127.0.0.0/8'], allowsHttp: true, secretKey: undefined };

let database: TestDatabase;
let receiver: Receiver;
let environment: TestWorkflowEnvironment;
let stopPolling: () => Promise<void>;
/** When each attempt came, by the server's clock, in seconds. */
let attempts: number[] = [];
beforeAll(async () => {
  [database, receiver, environment] = await Promise.all([createTestDatabase(), startReceiver(), startTimeSkipping()]);
  const activities = createWebhookActivities({ pool: database.pool, settings: SETTINGS });
  stopPolling = await pollAllQueues(
    environment,
    {
      async sendWebhook(input) {
        attempts.push((await environment.currentTimeMs()) / 1000);
        return activities.sendWebhook(input);
      },
      giveUpWebhook: activities.giveUpWebhook,
    },
    [TASK_QUEUES.control],
  );
});
beforeEach(async () => {
  attempts = [];
  await database.pool.query('truncate webhooks cascade');
});
afterAll(async () => {
  await stopPolling?.();
  await environment?.teardown();
  await receiver?.stop();
  await database?.drop();
});

/** Tells a webhook at this path of the receiver of a change. @returns how the run of the delivery ended, and what is listed of it */
async function deliverTo(path: string) {
  const { pool } = database;
  const made = await pool.query<{ webhook_id: string }>(
    `insert into webhooks (name, url, events) values ($1, $2, '{model_version.created}') returning webhook_id`,
    [path, `http://127.0.0.1:${receiver.port}${path}`],
  );
  await holdModel(pool, path.slice(1));
  await createModelVersion(pool, { name: path.slice(1), source: 's3://b/x', registryRunId: null, origin: null, tags: {} });
  const started: string[] = [];
  await dispatchDeliveries(pool, ({ id }) => Promise.resolve(started.push(id)));
  const [id = ''] = started;
  const run = environment.client.workflow.execute('webhookDelivery', {
    workflowId: runId('webhookDelivery', id),
    taskQueue: TASK_QUEUES.control,
    args: [{ delivery_id: id }],
  });
  const ended = await run.then(
    () => 'delivered',
    (error: unknown) => {
      if (error instanceof WorkflowFailedError) return 'failed';
      throw error;
    },
  );
  const listed = await listDeliveries(pool, made.rows[0]!.webhook_id, 10);
  return { ended, listed };
}

test('a delivery that nobody takes is tried thirty times in some 25 minutes, then given up, and is listed so with the last answer', async () => {
  const { ended, listed } = await deliverTo('/500');
  expect(ended).toBe('failed');
  expect(listed).toMatchObject([{ status: 'failed', attempts: 30, response_status: 500, error: 'it answered 500' }]);
  expect(receiver.at('/500')).toHaveLength(30);
  const pauses = attempts.slice(1).map((at, nth) => at - attempts[nth]!);
  expect(pauses.slice(0, 6).map(Math.floor)).toEqual([1, 2, 4, 8, 16, 32]);
  expect(pauses.slice(6).map(Math.floor)).toEqual(Array<number>(23).fill(60));
});

test('one whose webhook is gone is given up, and says why', async () => {
  const activities = createWebhookActivities({ pool: database.pool, settings: SETTINGS });
  const why = { kind: 'permanent', type: 'DeliveryFailed', message: 'the webhook was deleted before it was told' };
  await expect(activities.sendWebhook({ delivery_id: randomUUID() })).rejects.toMatchObject(why);
});

test('one that is taken at its last attempt is delivered', async () => {
  const { ended, listed } = await deliverTo(`/${'503,'.repeat(29)}200`);
  expect(ended).toBe('delivered');
  expect(listed).toMatchObject([{ status: 'delivered', attempts: 30, response_status: 200, error: null }]);
});

test('one whose receiver asks for more time than two minutes waits two minutes each time, and is given up all the same', async () => {
  const { ended, listed } = await deliverTo('/429:86400');
  expect(ended).toBe('failed');
  expect(listed).toMatchObject([{ status: 'failed', attempts: 30, response_status: 429, error: 'it answered 429' }]);
  const pauses = attempts.slice(1).map((at, nth) => Math.floor(at - attempts[nth]!));
  expect(pauses).toEqual(Array<number>(29).fill(120));
});
