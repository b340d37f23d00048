import type { BatchModel, BatchPlan, BatchRecommendationsResult, BatchShard } from '../contracts/batch.ts';
import type { ModelName } from '../contracts/models.ts';
import { BATCH_SHARDS } from '../contracts/sizes.ts';
import { publishBatchShard } from '../domain/events/publishBatch.ts';
import { BATCH_MANIFEST, batchFolder } from '../domain/recommender/batch/batchFolder.ts';
import { readBatchPart } from '../domain/recommender/batch/batchTable.ts';
import { cutIntoShards } from '../domain/recommender/batch/batchUsers.ts';
import { chooseBatchModels } from '../domain/registry/batchModels.ts';
import type { BlobStore } from '../platform/blobs/store.ts';
import type { Logger } from '../platform/log.ts';
import type { Pool } from '../platform/postgres.ts';
import { currentWorkflowId } from '../platform/temporal/activity.ts';

/** What a batch of recommendations does beside working them out. */
export function createBatchActivities({ pool, blobs, log }: { pool: Pool; blobs: BlobStore; log: Logger }) {
  return {
    /** Fixes the models and the users: what is registered or rated later is for the next batch. */
    async planBatch({ model, version, users_per_shard }: PlanInput): Promise<BatchPlan> {
      const models = await chooseBatchModels(pool, model, version);
      const shards = await cutIntoShards(pool, users_per_shard, BATCH_SHARDS);
      log.info({ models, shards: shards.length }, 'batch planned');
      return { models, shards };
    },

    async publishShard({ part, shard, version, timestamp }: PublishInput): Promise<number> {
      const rows = await readBatchPart(await blobs.get(blobs.uriOf(part)));
      return publishBatchShard(pool, { batch: currentWorkflowId(), shard, version, timestamp, rows });
    },

    /** Writes the manifest last: where it stands, the table is whole. @returns the table's folder */
    async finishBatch({ parts, models, timestamp, ...totals }: FinishInput): Promise<string> {
      const manifest = { format: 1, batch: currentWorkflowId(), started_at: timestamp, models, ...totals, parts };
      const folder = batchFolder(currentWorkflowId());
      await blobs.put(`${folder}/${BATCH_MANIFEST}`, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
      log.info({ ...totals }, 'batch finished');
      return blobs.uriOf(folder);
    },
  };
}

interface PlanInput {
  readonly model: ModelName;
  readonly version: string | undefined;
  readonly users_per_shard: number;
}

interface PublishInput {
  readonly part: string;
  readonly shard: number;
  readonly version: string;
  readonly timestamp: string;
}

type FinishInput = Omit<BatchRecommendationsResult, 'model' | 'uri'> & {
  readonly parts: readonly BatchShard[];
  readonly models: readonly BatchModel[];
  readonly timestamp: string;
};

export type BatchActivities = ReturnType<typeof createBatchActivities>;
