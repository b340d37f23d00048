import { workflowInfo } from '@temporalio/workflow';
import type { BatchActivities } from '../activities/batch.ts';
import type { TrainingActivities } from '../activities/training.ts';
import { batchRecommendationsInputSchema, type BatchRecommendationsInput, type BatchRecommendationsResult } from '../contracts/batch.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';
import { sideBySide } from './sideBySide.ts';
import { whenThereIsRoom } from './trainingQueues.ts';

const { planBatch, recommendShard, publishShard, finishBatch } = stepsOf(WORKFLOWS.batchRecommendations.steps).by<
  TrainingActivities & BatchActivities
>();

/**
 * Works out the best movies for every user, shard by shard over the workers, into one table, and sends them to Kafka. A shard that is tried again
 * writes the same part of the table and sends nothing twice.
 */
export async function batchRecommendations(given: BatchRecommendationsInput): Promise<BatchRecommendationsResult> {
  const { model, version, users_per_shard, max_parallel, publish, ...wanted } = parseInput(batchRecommendationsInputSchema, given);
  const timestamp = workflowInfo().startTime.toISOString();
  const { models, shards } = await planBatch({ model, version, users_per_shard });
  const asked = models[0]!;
  const outcomes = await sideBySide([...shards.entries()], max_parallel, async ([shard, range]) => {
    const made = await whenThereIsRoom(() => recommendShard({ models, range, shard, ...wanted }));
    const events = publish ? await publishShard({ part: made.part, shard, version: asked.version, timestamp }) : 0;
    return { ...made, events };
  });
  const parts = outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
  const sum = (of: (part: (typeof parts)[number]) => number) => parts.reduce((total, part) => total + of(part), 0);
  const totals = {
    users: sum(({ users }) => users),
    rows: sum(({ rows }) => rows),
    popular_users: sum(({ popular_users }) => popular_users),
    unanswered_users: sum(({ unanswered_users }) => unanswered_users),
    events: sum(({ events }) => events),
  };
  const uri = await finishBatch({ ...totals, parts, models, timestamp });
  return { model: { name: asked.name, version: asked.version }, uri, ...totals };
}
