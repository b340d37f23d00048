import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Context } from '@temporalio/activity';
import { randomUUID } from 'node:crypto';
import type { TrainingInput, TrainingResult } from '../../contracts/training.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { answers } from '../replay/answers.ts';
import { quietTemporal } from '../support/quietTemporal.ts';
import { pollAllQueues, startTimeSkipping } from '../support/timeSkipping.ts';
import { waitFor } from '../support/waitFor.ts';

quietTemporal();

let environment: TestWorkflowEnvironment;
let stopPolling: () => Promise<void>;
let trainedOn: string[] = [];
let notes: string[] = [];
let atOnce = 0;
let mostAtOnce = 0;
/** A training ends when so many have run at once. */
let awaited = 1;

const activities: Partial<typeof answers> = {
  async trainMovieModel(input) {
    trainedOn.push(Context.current().info.taskQueue);
    mostAtOnce = Math.max(mostAtOnce, (atOnce += 1));
    await waitFor(`${awaited} trainings at once`, () => mostAtOnce >= awaited);
    atOnce -= 1;
    return answers.trainMovieModel(input);
  },
  async evaluateTrainedModel(input) {
    const full_ndcg_at_10 = input.model.kind === 'neural_cf' ? 0.47 : 0.37;
    return { ...(await answers.evaluateTrainedModel(input)), metrics: { full_ndcg_at_10, rmse: 0.9 } };
  },
  async noteGpuWait(input) {
    notes.push(input.gpu);
    return answers.noteGpuWait(input);
  },
};

beforeAll(async () => {
  environment = await startTimeSkipping();
  stopPolling = await pollAllQueues(environment, activities);
});
beforeEach(() => {
  [trainedOn, notes, atOnce, mostAtOnce, awaited] = [[], [], 0, 0, 1];
});
afterAll(async () => {
  await stopPolling();
  await environment.teardown();
});

type Given = Partial<Record<keyof TrainingInput, unknown>>;
const start = (input: Given) =>
  environment.client.workflow.start('movieTrainingPipeline', {
    workflowId: runId('movieTrainingPipeline', randomUUID()),
    taskQueue: TASK_QUEUES.control,
    args: [input],
  });
const run = async (input: Given) => (await (await start(input)).result()) as TrainingResult;

test('a run makes its models side by side, as many at a time as it is told, and names the best by the rule it states', async () => {
  awaited = 3;
  const { winner } = await run({});
  expect(mostAtOnce).toBe(3);
  expect(winner).toEqual({
    name: 'neural_cf',
    version: '1',
    metric: 'full_ndcg_at_10',
    value: 0.47,
    rule: 'highest full_ndcg_at_10 of 3 on the same split',
  });
  [mostAtOnce, awaited] = [0, 1];
  await run({ max_parallel: 1 });
  expect(mostAtOnce).toBe(1);
});

describe('a training that wants a GPU, where no GPU worker is', () => {
  const models = [{ kind: 'neural_cf' }];

  test('goes to the CPU when none took it in time and one was only preferred, and the run says so', async () => {
    await run({ models, resources: { gpu: 'preferred', gpu_wait_s: 1 } });
    expect([trainedOn, notes]).toEqual([[TASK_QUEUES.training], ['preferred']]);
  });

  test('waits where it requires one, which the run says, and trains once there is one', async () => {
    const handle = await start({ models, resources: { gpu: 'required', gpu_wait_s: 1 } });
    const result = handle.result();
    await waitFor('the run to say that it waits', async () => notes.length > 0);
    expect(trainedOn).toEqual([]);
    const stopGpu = await pollAllQueues(environment, activities, [TASK_QUEUES.trainingGpu]);
    await result;
    await stopGpu();
    expect(trainedOn).toEqual([TASK_QUEUES.trainingGpu]);
  });

  test('never looks for one where it asks for none', async () => {
    await run({ models });
    expect([trainedOn, notes]).toEqual([[TASK_QUEUES.training], []]);
  });
});
