import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApplicationFailure, type Context } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import path from 'node:path';
import { carrierOfRun, TRACE_HEADER, type RunEnd, type TraceCarrier } from '../../contracts/traceContext.ts';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { carrierIn } from '../../platform/temporal/traceCalls.ts';
import { answers } from '../replay/answers.ts';
import { startWorkers } from '../support/startWorkers.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';

const CALLER = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

interface Of {
  readonly name: string;
  readonly runId: string;
}
/** What the workers were told, and what steps were given. */
const ends: (Of & RunEnd)[] = [];
const signals: (Of & { readonly workflow: string; readonly sender: TraceCarrier })[] = [];
const steps: (Of & { readonly carrier: TraceCarrier | undefined })[] = [];

let temporal: TestTemporal;
let traced: Client;
let stopWorker: () => Promise<void>;
let compute: () => Promise<void> = async () => undefined;

beforeAll(async () => {
  temporal = await createTestTemporal();
  const { namespace, client } = temporal;
  const withCaller = <T extends { headers: Headers }>(input: T): T => ({
    ...input,
    headers: { ...input.headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(CALLER) },
  });
  traced = new Client({
    ...{ connection: client.connection, namespace },
    interceptors: {
      workflow: [
        {
          startWithDetails: (input, next) => next(withCaller(input)),
          signal: (input, next) => next(withCaller(input)),
        },
      ],
    },
  });
  stopWorker = await startWorkers(temporal, {
    workflowBundle: { codePath: path.join(PROJECT_ROOT, 'dist', 'workflow-bundle.cjs') },
    maxCachedWorkflows: 0, // each task of a workflow replays all before it
    activities: {
      ...answers,
      computeFeatures: (input: Parameters<typeof answers.computeFeatures>[0]) => compute().then(() => answers.computeFeatures(input)),
      removeExpired: () => Promise.reject(ApplicationFailure.nonRetryable('no disk', 'SourceCorrupt')),
    },
    interceptors: {
      activity: [
        ({ info: { activityType: name, workflowExecution } }: Context) => ({
          inbound: {
            execute(input, next) {
              steps.push({ name, runId: workflowExecution!.runId, carrier: carrierIn(input.headers) });
              return next(input);
            },
          },
        }),
      ],
    },
    sinks: {
      traces: {
        ended: { fn: ({ workflowType: name, runId }, end: RunEnd) => void ends.push({ name, runId, ...end }) },
        signalled: {
          fn: ({ workflowType: workflow, runId }, signal: { name: string; sender: TraceCarrier }) =>
            void signals.push({ workflow, runId, ...signal }),
        },
      },
    },
  });
});
afterAll(async () => {
  await stopWorker?.();
  await temporal?.close();
});

const endsOf = (name: string) => ends.filter((end) => end.name === name);
const taskQueue = TASK_QUEUES.control;

test('steps and children stand below the run that began them, and runs that go on as new beside each other; each end is told once', async () => {
  const span = { start: '2026-01-01T00:00:00Z', end: '2026-01-04T00:00:00Z', max_concurrent: 1, reprocess: 'none' };
  await traced.workflow.execute('scheduleBackfill', {
    ...{ taskQueue, workflowId: 'backfill/traced' },
    args: [{ schedule_id: 'nightly', ...span }],
  });
  await waitFor('all ends', () => endsOf('scheduleBackfill').length === 2);
  const [first, second] = endsOf('scheduleBackfill');
  expect([first, second].map((end) => [end!.starter, end!.failure])).toEqual([
    [CALLER, null],
    [CALLER, null],
  ]);
  const below = [carrierOfRun(CALLER, first!.runId), carrierOfRun(CALLER, second!.runId)];
  expect(steps.filter(({ name }) => name === 'planBackfill').map(({ carrier }) => carrier)).toEqual(below);
  expect(endsOf('movieDataCollection').map(({ starter }) => starter)).toEqual([below[0], below[0], below[1]]);
});

test('a signal that somebody traced is told with its sender, and so is one of a workflow to its part', async () => {
  const before = steps.length;
  let goOn = (): void => undefined;
  const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
  compute = () => mayGoOn;
  const run = await traced.workflow.start('movieDataCollection', { taskQueue, workflowId: 'collection/traced', args: [{}] });
  await waitFor('a step of its part', () => steps.slice(before).some(({ name }) => name === 'computeFeatures'));
  try {
    await run.signal('pause');
    const told = () => signals.filter(({ workflow }) => workflow !== 'tmdbCollection'); // a part that may still go on, or not
    await waitFor('both signals', () => told().length === 2);
    expect(told().map(({ workflow, name, sender }) => ({ workflow, name, sender }))).toEqual([
      { workflow: 'movieDataCollection', name: 'pause', sender: CALLER },
      { workflow: 'featureMaterialization', name: 'pause', sender: carrierOfRun(CALLER, run.firstExecutionRunId) },
    ]);
  } finally {
    goOn(); // else the worker waits for it at the end
  }
  await run.signal('resume');
  await run.result();
});

test('the end of a run that failed has the type of what was thrown in its step', async () => {
  const failing = traced.workflow.execute('dataRetention', { taskQueue, workflowId: 'retention/traced', args: [{}] });
  await expect(failing).rejects.toThrow();
  await waitFor('its end', () => endsOf('dataRetention').length > 0);
  expect(endsOf('dataRetention')).toMatchObject([{ starter: CALLER, failure: 'SourceCorrupt' }]);
});

test('where nobody traced the start nothing is handed on', async () => {
  const before = steps.length;
  await temporal.client.workflow.execute('fullSystemCheck', { taskQueue, workflowId: 'check/untraced', args: [{}] });
  await waitFor('its end', () => endsOf('fullSystemCheck').length > 0);
  expect(steps.slice(before)).toMatchObject([{ name: 'askSystems', carrier: undefined }]);
  expect(endsOf('fullSystemCheck')).toMatchObject([{ starter: null, failure: null }]);
});
