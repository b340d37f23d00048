import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { randomUUID } from 'node:crypto';
import type { FailureType } from '../../contracts/failures.ts';
import type { TrainingResult } from '../../contracts/training.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { answers } from '../replay/answers.ts';
import { busyBound } from '../support/busyBound.ts';
import { quietTemporal } from '../support/quietTemporal.ts';
import { pollAllQueues, startTimeSkipping } from '../support/timeSkipping.ts';

quietTemporal();

let environment: TestWorkflowEnvironment;
let stopPolling: () => Promise<void>;
/** When each attempt at neural_cf came, by the server's clock. */
let attempts: number[] = [];
let registered: string[] = [];
/** How many times from now on another version has become champion when a model is to be registered. */
let championChanges = 0;
let evaluated = 0;
/** What the attempt of this number throws. */
let failure: (attempt: number) => Error | undefined;

beforeAll(async () => {
  environment = await startTimeSkipping();
  stopPolling = await pollAllQueues(environment, {
    async trainMovieModel(input) {
      if (input.spec.kind !== 'neural_cf') return answers.trainMovieModel(input);
      attempts.push(await environment.currentTimeMs());
      const thrown = failure(attempts.length);
      if (thrown) throw thrown;
      return answers.trainMovieModel(input);
    },
    async evaluateTrainedModel(input) {
      evaluated += 1;
      return answers.evaluateTrainedModel(input);
    },
    async registerModel(input) {
      registered.push(input.model.kind);
      if (championChanges > 0) {
        championChanges -= 1;
        throw ApplicationFailure.nonRetryable('version 5 stands now', 'ChampionChanged' satisfies FailureType);
      }
      return answers.registerModel(input);
    },
  });
});
beforeEach(() => {
  attempts = [];
  registered = [];
  evaluated = 0;
});
afterAll(async () => {
  await stopPolling();
  await environment.teardown();
});

const run = (models: string[]): Promise<TrainingResult> =>
  environment.client.workflow.execute('movieTrainingPipeline', {
    workflowId: runId('movieTrainingPipeline', randomUUID()),
    taskQueue: TASK_QUEUES.control,
    args: [{ models: models.map((kind) => ({ kind })) }],
  }) as Promise<TrainingResult>;
/** Each attempt came so many seconds after the one before, and what the attempt itself and a busy machine take. */
function expectPauses(seconds: readonly number[]) {
  const pauses = attempts.slice(1).map((at, index) => (at - attempts[index]!) / 1000);
  expect(pauses).toHaveLength(seconds.length);
  const slack = busyBound(250) / 1000;
  pauses.forEach((pause, index) => {
    expect(pause).toBeGreaterThan(seconds[index]! - 0.1);
    expect(pause).toBeLessThan(seconds[index]! + slack);
  });
}

test('a step that fails is tried again, each time after twice as long', async () => {
  failure = (attempt) => (attempt <= 4 ? new Error('the database went away') : undefined);
  const { models } = await run(['neural_cf']);
  expect(models.map(({ version }) => version.name)).toEqual(['neural_cf']);
  expectPauses([1, 2, 4, 8]);
});

test('a step that busy workers gave back is offered again, as often as it takes', async () => {
  failure = (attempt) => (attempt <= 20 ? ApplicationFailure.nonRetryable('no room', 'WorkerBusy' satisfies FailureType) : undefined);
  const { models } = await run(['neural_cf']);
  expect(models).toHaveLength(1);
  expectPauses(Array<number>(20).fill(5));
});

test('a step that keeps failing is given up after eight attempts, and the run says why', async () => {
  failure = () => new Error('the disk is full');
  await expect(run(['neural_cf'])).rejects.toMatchObject({ cause: { cause: { cause: { message: 'the disk is full' } } } });
  expect(attempts).toHaveLength(8);
});

test('what no retry can mend is tried once, and leaves the other models of the run registered, which the failure says', async () => {
  failure = () => ApplicationFailure.nonRetryable('the loss is NaN', 'NumericalFailure' satisfies FailureType);
  await expect(run(['neural_cf', 'popularity'])).rejects.toMatchObject({
    cause: {
      type: 'ModelsFailed',
      message: 'one of the models failed; registered: popularity 1',
      cause: { cause: { cause: { type: 'NumericalFailure' } } },
    },
  });
  expect(attempts).toHaveLength(1);
  expect(registered).toEqual(['popularity']);
});

test('a model whose champion changed after its evaluation is evaluated again, beside the new one, and registered then', async () => {
  championChanges = 2;
  const { models } = await run(['popularity']);
  expect(models.map(({ version }) => version.name)).toEqual(['popularity']);
  expect([evaluated, registered.length]).toEqual([3, 3]);
});

test('where the champion changes again and again, the run says so in the end', async () => {
  championChanges = Infinity;
  await expect(run(['popularity'])).rejects.toMatchObject({ cause: { cause: { cause: { type: 'ChampionChanged' } } } });
  expect(evaluated).toBe(5);
  championChanges = 0;
});
