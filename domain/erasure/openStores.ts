import type { BlobStore } from '../../platform/blobs/store.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { FeatureDefinitions } from '../features/definitions.ts';
import type { OnlineStore } from '../features/online/store.ts';
import { createBatchStore, createCheckpointStore } from './batches.ts';
import { createHistoryStore, type RunHistories } from './histories.ts';
import { createDownloadStore, createRejectStore } from './importFiles.ts';
import { createModelStore, createSnapshotStore } from './learnt.ts';
import { createOnlineFeatureStore } from './onlineFeatures.ts';
import { createReportStore } from './reports.ts';
import type { Store } from './store.ts';
import type { STORES, StoreName } from './stores.ts';
import { createLedgerStore, createRowStore, createStagingStore, offlineRowsOf, USER_TABLES } from './tables.ts';
import { createTopicStore } from './topics.ts';
import { createWaitingAnswerStore } from './waitingAnswers.ts';
import { createWatchLogStore } from './watchLogs.ts';

export interface StoreDeps {
  readonly pool: Pool;
  readonly blobs: BlobStore;
  readonly onlineStore: OnlineStore;
  readonly definitions: FeatureDefinitions;
  readonly kafka: Pick<Kafka, 'browse' | 'retention' | 'createProducer'>;
  readonly histories: RunHistories;
  /** Folder of raw/ and processed/ */
  readonly dataDir: string;
  readonly stateDir: string;
}

type By<Worker> = { [Name in StoreName]: (typeof STORES)[Name]['by'] extends Worker ? Name : never }[StoreName];

/** What the control worker goes through. */
export function openControlStores(deps: StoreDeps): Readonly<Record<By<'control'>, Store>> {
  const { pool, blobs, dataDir } = deps;
  return {
    ratings: createRowStore(pool, USER_TABLES.ratings),
    users: createRowStore(pool, USER_TABLES.users),
    interactions: createRowStore(pool, USER_TABLES.interactions),
    searches: createRowStore(pool, USER_TABLES.searches),
    served_answers: createRowStore(pool, USER_TABLES.served_answers),
    outbox: createRowStore(pool, USER_TABLES.outbox),
    staging: createStagingStore(pool),
    waiting_answers: createWaitingAnswerStore(deps.stateDir),
    features_offline: createRowStore(pool, offlineRowsOf(deps.definitions)),
    features_online: createOnlineFeatureStore(deps.onlineStore, deps.definitions),
    ledger: createLedgerStore(pool),
    histories: createHistoryStore(deps.histories),
    topics: createTopicStore(deps.kafka),
    watch_log: createWatchLogStore(pool, dataDir),
    rejects: createRejectStore(pool, dataDir),
    downloads: createDownloadStore(pool, dataDir),
    batches: createBatchStore(blobs),
    reports: createReportStore(blobs),
    checkpoints: createCheckpointStore({ pool, blobs }),
  };
}

/** What a training worker goes through, with the memory that it has. */
export const openTrainingStores = (deps: Pick<StoreDeps, 'pool' | 'blobs'>): Readonly<Record<By<'training'>, Store>> => ({
  snapshots: createSnapshotStore(deps),
  models: createModelStore(deps),
});
