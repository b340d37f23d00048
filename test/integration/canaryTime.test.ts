import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ApplicationFailure } from '@temporalio/common';
import { randomUUID } from 'node:crypto';
import type { CanaryInput, CanaryLook, CanaryResult } from '../../contracts/canary.ts';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import type { answers } from '../replay/answers.ts';
import { quietTemporal } from '../support/quietTemporal.ts';
import { pollAllQueues, startTimeSkipping } from '../support/timeSkipping.ts';
import { waitFor } from '../support/waitFor.ts';

quietTemporal();

type Looked = Parameters<typeof answers.judgeCanary>[0];
let environment: TestWorkflowEnvironment;
let stopPolling: () => Promise<void>;
/** What a look finds in the test at hand. */
let judge: (looked: Looked) => CanaryLook['verdict'];
let tookMs = 5;
const looks: Looked[] = [];
const done: string[] = [];

beforeAll(async () => {
  environment = await startTimeSkipping();
  stopPolling = await pollAllQueues(environment, {
    async openCanary() {
      done.push('open');
    },
    async setCanaryStage({ stage }) {
      done.push(`stage ${stage}`);
      return { stop: null };
    },
    async judgeCanary(looked) {
      looks.push(looked);
      return { verdict: judge(looked), reason: 'as the test has it', took_ms: tookMs };
    },
    async promoteCanary() {
      done.push('promote');
      return { stop: null };
    },
    async endCanary({ outcome, reason }) {
      done.push(`${outcome}: ${reason}`);
    },
  });
});
afterEach(() => {
  looks.length = 0;
  done.length = 0;
  tookMs = 5;
});
afterAll(async () => {
  await stopPolling();
  await environment.teardown();
});

const start = (more: Partial<CanaryInput> = {}, route: string = randomUUID()) =>
  environment.client.workflow.start<(input: CanaryInput) => Promise<CanaryResult>>('canaryRollout', {
    workflowId: `canary/${route}`,
    taskQueue: TASK_QUEUES.control,
    args: [{ route, model: 'ease', version: '7', stages: [{ share: 0.1 }, { share: 1 }], check_seconds: 60, ...more }],
  });

const MINUTE_MS = 60_000;

test('a stage is looked at again and again with the time that it was watched, and what a look takes is a tenth of it at most', async () => {
  judge = ({ watched_ms }) => (watched_ms >= 10 * MINUTE_MS ? 'pass' : 'wait');
  const handle = await start();
  expect(await handle.result()).toEqual({ outcome: 'promoted', reason: 'passed all 2 stages' });
  expect(done).toEqual(['open', 'stage 0', 'stage 1', 'promote']);
  expect(looks.filter(({ stage }) => stage === 0).length).toBeGreaterThanOrEqual(9);
  looks.length = 0;
  tookMs = 30_000;
  await (await start()).result();
  expect(looks.filter(({ stage }) => stage === 0).length).toBeLessThanOrEqual(3);
});

test('what goes on in a later execution begins at its stage, with its time', async () => {
  judge = () => 'pass';
  await (await start({ carried: { stage: 1, watched_ms: 30 * MINUTE_MS } })).result();
  expect(done).toEqual(['stage 1', 'promote']);
  expect(looks).toMatchObject([{ stage: 1, watched_ms: expect.any(Number) }]);
  expect(looks[0]!.watched_ms).toBeGreaterThanOrEqual(31 * MINUTE_MS);
});

test('the time of a pause does not count', async () => {
  judge = ({ watched_ms, paused }) => (!paused && watched_ms >= 3 * MINUTE_MS ? 'pass' : 'wait');
  const handle = await start({ stages: [{ share: 0.1 }] });
  await waitFor('the stage', () => done.includes('stage 0'));
  await handle.signal('pause');
  await waitFor('a look at the pause', () => looks.some(({ paused }) => paused));
  await environment.sleep('2 hours');
  expect(looks.filter(({ paused }) => paused).length).toBeGreaterThan(50);
  expect(Math.max(...looks.map(({ watched_ms }) => watched_ms))).toBeLessThan(2 * MINUTE_MS);
  await handle.signal('resume');
  expect(await handle.result()).toMatchObject({ outcome: 'promoted' });
});

test('a look that fails is tried again; one that fails for good takes the version back, and the run fails', async () => {
  let tries = 0;
  judge = () => {
    tries += 1;
    if (tries < 3) throw new Error('the database is away');
    return 'roll_back';
  };
  expect(await (await start()).result()).toEqual({ outcome: 'rolled_back', reason: 'as the test has it' });
  expect(done).toEqual(['open', 'stage 0', 'rolled_back: as the test has it']);
  done.length = 0;
  judge = () => {
    throw ApplicationFailure.nonRetryable('there is no such rollout', 'NotFound');
  };
  await expect((await start()).result()).rejects.toThrow();
  expect(done).toEqual(['open', 'stage 0', 'rolled_back: a step of it failed; its run tells why']);
});

test('one that has not the id of its route is refused: two could go on there', async () => {
  judge = () => 'pass';
  const handle = await start({ route: 'default' });
  await expect(handle.result()).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/^a rollout on route default runs as canary\/default, not as /) },
  });
  expect(done).toEqual([]);
});
