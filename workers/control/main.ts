import path from 'node:path';
import { createBackfillActivities } from '../../activities/backfill.ts';
import { createBackupActivities } from '../../activities/backup.ts';
import { createBatchActivities } from '../../activities/batch.ts';
import { createBlobCleanupActivities } from '../../activities/blobCleanup.ts';
import { createCanaryActivities } from '../../activities/canary.ts';
import { createCollectionActivities } from '../../activities/collection.ts';
import { createDataImportActivities } from '../../activities/dataImport.ts';
import { createDriftActivities } from '../../activities/drift.ts';
import { createErasureActivities } from '../../activities/erasure.ts';
import { createMaterializationActivities } from '../../activities/materialization.ts';
import { createPipelineActivities } from '../../activities/pipeline.ts';
import { createRegistrationActivities } from '../../activities/registration.ts';
import { createRetentionActivities } from '../../activities/retention.ts';
import { createScalingActivities } from '../../activities/scaling.ts';
import { createSweepActivities } from '../../activities/sweep.ts';
import { createSystemCheckActivities } from '../../activities/systemCheck.ts';
import { createTmdbActivities } from '../../activities/tmdb.ts';
import { createWebhookActivities } from '../../activities/webhooks.ts';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import { definitionsWith } from '../../domain/features/definitions.ts';
import { openOnlineStore } from '../../domain/features/online/openOnlineStore.ts';
import { createErasedUsers } from '../../domain/users/erased.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { PROJECT_ROOT, readVersion } from '../../platform/config.ts';
import { createKafka } from '../../platform/kafka/kafka.ts';
import { runProcess } from '../../platform/process.ts';
import { openWorkerProcess, pollTaskQueue } from '../temporalWorker.ts';
import { dispatchErasures } from './dispatchErasures.ts';
import { dispatchWebhooks } from './dispatchWebhooks.ts';
import { followOutcomes } from './followOutcomes.ts';
import { forgetOldEvents } from './forgetOldEvents.ts';
import { forgetServed } from './forgetServed.ts';
import { keepFiles, reconcileRuns } from './reconcileRuns.ts';
import { measureCertificates } from './measureCertificates.ts';
import { measureBackups } from './measureBackups.ts';
import { measureFeatures } from './measureFeatures.ts';
import { measureModels } from './measureModels.ts';
import { measureRollouts } from './measureRollouts.ts';
import { measureSystemChecks } from './measureSystemChecks.ts';
import { measureUsers } from './measureUsers.ts';
import { measureWorkflows } from './measureWorkflows.ts';
import { mirrorToServer } from './mirror.ts';
import { openTmdb } from './openTmdb.ts';

/** Workflow tasks, and the activities of collection, imports, feature materialization and registration. */
await runProcess('worker-control', async (context) => {
  const { config, log } = context;
  const { pool } = await openWorkerProcess(context, 'WORKER_CONTROL_METRICS_PORT');
  const store = openOnlineStore({ redisUrl: config.redisUrl, pool, log });
  context.onShutdown('online store', () => store.close());
  const blobs = createBlobStore(config.blobUrl, config.s3);
  const sampleDir = path.join(PROJECT_ROOT, 'data', 'movielens-small');
  const { schedules } = reconcileRuns(context, pool);
  const { histories } = dispatchErasures(context, pool);
  // Nothing connects before a user is erased.
  const kafka = createKafka({ ...config.kafka, clientId: context.name, log });
  const erased = createErasedUsers(pool, config.erasureKey);
  dispatchWebhooks(context, pool);
  keepFiles(context, blobs);
  mirrorToServer(context, { pool, blobs });
  forgetServed(context, pool);
  forgetOldEvents(context, pool);
  followOutcomes(context, pool);
  measureRollouts(context, pool);
  measureModels(context, pool);
  measureUsers(context, pool);
  measureWorkflows(context, pool);
  measureCertificates(context);
  measureBackups(context, pool);
  measureSystemChecks(context, pool);
  const release = await readVersion();
  const definitions = definitionsWith(config.features);
  const featureMetrics = measureFeatures({ pool, metrics: context.metrics, log, views: definitions.views });
  context.onShutdown('feature metrics', () => featureMetrics.stop());
  pollTaskQueue(context, pool, {
    taskQueue: TASK_QUEUES.control,
    workflowBundle: { codePath: path.join(PROJECT_ROOT, 'dist', 'workflow-bundle.cjs') },
    activities: {
      ...createCollectionActivities({ pool, dataDir: config.dataDir }),
      ...createDataImportActivities({
        pool,
        log,
        dataDir: config.dataDir,
        sampleDir,
        bounds: config.quality,
        sources: config.imports,
        erased,
      }),
      ...createMaterializationActivities({ pool, store, definitions, log }),
      ...createBackfillActivities({ pool, schedules }),
      ...createRegistrationActivities({ pool, blobs, log }),
      ...createPipelineActivities({ pool, log }),
      ...createSweepActivities({ pool, blobs, log }),
      ...createBatchActivities({ pool, blobs, log }),
      ...createBlobCleanupActivities({ pool, blobs, log }),
      ...createBackupActivities({ config, blobs, kafka, schedules, release, log }),
      ...createDriftActivities({ pool, blobs, log }),
      ...createErasureActivities({
        ...{ pool, blobs, onlineStore: store, definitions, kafka, histories, erased, log },
        ...{ dataDir: config.dataDir, stateDir: config.stateDir },
      }),
      ...createWebhookActivities({ pool, settings: config.webhooks }),
      ...createCanaryActivities({ pool }),
      ...createRetentionActivities({ pool, config, log }),
      ...createScalingActivities({ pool, settings: config.scaling }),
      ...createSystemCheckActivities({ config, log }),
      ...createTmdbActivities({ pool, log, dataDir: config.dataDir, client: openTmdb(context) }),
    },
  });
});
