import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createBatchActivities } from '../../activities/batch.ts';
import type { BatchRecommendationsResult } from '../../contracts/batch.ts';
import { runId } from '../../contracts/workflows.ts';
import { readBatchPart, type BatchRow } from '../../domain/recommender/batch/batchTable.ts';
import { listSteps } from '../../domain/runs/readRun.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import { silentLog } from '../support/database.ts';
import { startTrainingWorkers, type TrainingWorkers } from '../support/trainingWorkers.ts';
import { waitFor } from '../support/waitFor.ts';

const USERS = 100;
let workers: TrainingWorkers;
let blobs: BlobStore;

beforeAll(async () => {
  workers = await startTrainingWorkers();
  blobs = createBlobStore(`file:${workers.folder}`);
  const models = [
    { kind: 'popularity' },
    { kind: 'neural_cf', epochs: 1, negatives: 1, embedding_dim: 8, hidden_units: [16], batch_size: 4096 },
  ];
  await (
    await workers.start('movieTrainingPipeline', 'first', { models, gate: { min_gain_over_popularity: 0, max_loss_to_champion: 1 } })
  ).result();
  // Somebody who came after the training.
  await workers.database.pool.query(
    "insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at) values (gen_random_uuid(), 'late', 1, 'view', now())",
  );
});
afterAll(() => workers.close());

const start = (run: string, input: object) =>
  workers.start('batchRecommendations', run, { model: 'neural_cf', version: '1', k: 3, users_per_shard: 40, ...input });
async function readTable(uri: string): Promise<BatchRow[]> {
  const parts = (await blobs.list(uri)).filter((name) => name.startsWith('part-'));
  return (await Promise.all(parts.map(async (part) => readBatchPart(await blobs.get(`${uri}/${part}`))))).flat();
}
const outboxOf = async (batch: string) =>
  (
    await workers.database.pool.query<{ key: string; payload: { recommendations: { movie_id: string }[] } }>(
      "select aggregateid as key, payload from outbox where payload ->> 'batch' = $1 order by key",
      [runId('batchRecommendations', batch)],
    )
  ).rows;

describe('a batch of recommendations', () => {
  let first: BatchRecommendationsResult;

  test('has the best movies for every user in one table, and one event each on its way', async () => {
    first = (await (await start('first', {})).result()) as BatchRecommendationsResult;
    expect(first).toMatchObject({
      model: { name: 'neural_cf', version: '1' },
      users: USERS + 1,
      rows: 3 * (USERS + 1),
      popular_users: 1,
      unanswered_users: 0,
      events: USERS + 1,
    });
    const rows = await readTable(first.uri);
    expect((await blobs.list(first.uri)).filter((name) => !name.startsWith('part-'))).toEqual(['_manifest.json']);
    expect(rows).toHaveLength(first.rows);
    expect(new Set(rows.map(({ user_id, rank }) => `${user_id} ${rank}`)).size).toBe(first.rows);
    expect(rows.filter(({ user_id }) => user_id === 'late').map(({ model }) => model)).toEqual(Array(3).fill('popularity'));
    const { rows: seen } = await workers.database.pool.query<{ seen: string }>("select user_id || ' ' || movie_id as seen from ratings");
    const known = new Set(seen.map((row) => row.seen));
    expect(rows.filter(({ user_id, movie_id }) => known.has(`${user_id} ${movie_id}`))).toEqual([]);
    const events = await outboxOf('first');
    expect(events).toHaveLength(USERS + 1);
    const inTable = rows.filter(({ user_id }) => user_id === events[0]!.key).map(({ movie_id }) => movie_id);
    expect(events[0]!.payload.recommendations.map(({ movie_id }) => movie_id)).toEqual(inTable);
  });

  test('whose worker is killed with -9 on the way has the same table, and no event twice', async () => {
    const handle = await start('killed', { users_per_shard: 15 });
    const steps = async () =>
      (await listSteps(workers.database.pool, runId('batchRecommendations', 'killed'))).map(({ step }) => `${step.step} ${step.state}`);
    await waitFor('some shards', async () => (await steps()).filter((step) => step === 'publish_shard success').length >= 2);
    await workers.replaceTraining('SIGKILL');
    const killed = (await handle.result()) as BatchRecommendationsResult;
    const byUser = (rows: BatchRow[]) => rows.map(({ user_id, rank, movie_id }) => `${user_id} ${rank} ${movie_id}`).sort();
    expect(byUser(await readTable(killed.uri))).toEqual(byUser(await readTable(first.uri)));
    expect(await outboxOf('killed')).toHaveLength(USERS + 1);
  });

  test('sends a shard once, however often its step is tried', async () => {
    const activities = createBatchActivities({ pool: workers.database.pool, blobs, log: silentLog });
    const environment = new MockActivityEnvironment({
      workflowExecution: { workflowId: runId('batchRecommendations', 'twice'), runId: 'a' },
    });
    const input = {
      part: `runs/${runId('batchRecommendations', 'first')}/recommendations/part-00000.parquet`,
      shard: 0,
      version: '1',
      timestamp: '2026-01-01T00:00:00Z',
    };
    const sent = [await environment.run((given: typeof input) => activities.publishShard(given), input)];
    await workers.database.pool.query("delete from outbox where payload ->> 'batch' = $1", [runId('batchRecommendations', 'twice')]); // relayed
    sent.push(await environment.run((given: typeof input) => activities.publishShard(given), input));
    expect(sent).toEqual([40, 40]);
    expect(await outboxOf('twice')).toEqual([]);
  });

  test('of a model that is not there fails at once, in words', async () => {
    const handle = await start('absent', { version: '99' });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { cause: { type: 'ModelMissing', message: 'there is no version 99 of model neural_cf' } },
    });
  });
});
