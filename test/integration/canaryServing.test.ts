import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RecommendAnswer } from '../../contracts/recommendations.ts';
import { createCanaryActivities } from '../../activities/canary.ts';
import { listRollouts } from '../../domain/canary/rollouts.ts';
import { setAlias } from '../../domain/registry/aliases.ts';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { startTinyServing, type TinyServing } from '../support/tinyServing.ts';
import { waitFor } from '../support/waitFor.ts';
import { startWorkerOfAnswers } from '../support/workerOfAnswers.ts';

let serving: TinyServing;
let temporal: TestTemporal;
let stopWorker: () => Promise<void>;
beforeAll(async () => {
  [serving, temporal] = await Promise.all([startTinyServing(['popularity', 'ease']), createTestTemporal()]);
  const { pool } = serving.database;
  stopWorker = await startWorkerOfAnswers(temporal, pool, createCanaryActivities({ pool }));
});
afterAll(async () => {
  await stopWorker?.();
  await temporal?.close();
  await serving?.stop();
});

const statuses = new Set<number>();
async function ask(user: string): Promise<RecommendAnswer> {
  const answer = await fetch(`${serving.url}/recommend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ user_id: user, k: 3 }),
  });
  statuses.add(answer.status);
  return (await answer.json()) as RecommendAnswer;
}

test('real users are answered by the version as it grows, keep it, are never without an answer, and all have it when it is champion', async () => {
  const { pool } = serving.database;
  const users = Array.from({ length: 100 }, (_, nth) => `u${nth}`);
  await pool.query(
    `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at)
     select gen_random_uuid(), user_id, 5, 'like', now() from unnest($1::text[]) as user_id`,
    [users],
  );
  const version = await serving.promote('ease');
  const champion = String(Number(version) - 1);
  // Taken up first, so that it is not taken up late, when the one of before is champion again.
  await waitFor('the version to be champion for now', async () => (await ask('u1')).model.version === version);
  await setAlias(pool, { name: 'ease', alias: 'champion', version: champion });
  await waitFor('the champion of before', async () => (await ask('u1')).model.version === champion);
  const handle = await temporal.client.workflow.start('canaryRollout', {
    workflowId: 'canary/default',
    taskQueue: TASK_QUEUES.control,
    args: [
      {
        ...{ model: 'ease', version, check_seconds: 1, limits: { latency_ratio: 100 } },
        stages: [0.2, 0.6, 1].map((share) => ({ share, min_minutes: 0, min_answers: 60 })),
      },
    ],
  });
  const had = new Map<string, string[]>(users.map((user) => [user, []]));
  const rollout = await waitFor('the end', async () => {
    for (const user of users) {
      const { model, seen_from } = await ask(user);
      // A busy database may not tell of a user in time: popularity then answers, as it is to.
      if (seen_from !== 'unavailable') had.get(user)!.push(`${model.name}/${model.version}`);
    }
    const [canary] = await listRollouts(pool, { limit: 1 });
    return canary?.state === 'running' ? undefined : canary;
  });
  expect(rollout).toMatchObject({ state: 'promoted', stages: [{ verdict: 'pass' }, { verdict: 'pass' }, { verdict: 'pass' }] });
  const [before, after] = [`ease/${champion}`, `ease/${version}`];
  expect(new Set([...had.values()].flat())).toEqual(new Set([before, after]));
  const lost = [...had.values()].filter((answers) => answers.includes(after) && answers.lastIndexOf(before) > answers.indexOf(after));
  expect(lost).toEqual([]); // who has the version never gets the one before again
  expect(rollout.stages.map(({ report }) => report!.arms.canary.faults)).toEqual([0, 0, 0]);
  expect(rollout.stages[0]!.report!.arms.canary.latency_ms).toBeGreaterThan(0);
  await handle.result();
  await waitFor('the route as before', async () => {
    const { model, variant } = await ask('u1');
    return model.version === version && variant === 'main';
  });
  expect([...statuses]).toEqual([200]);
});
