import { inspect } from 'node:util';
import pino from 'pino';
import type { BackupAnswer, BackupRequest, BackupTask } from '../contracts/backupJob.ts';
import { Failure } from '../contracts/failures.ts';
import { runId, TASK_QUEUES, type StartableWorkflow } from '../contracts/workflows.ts';
import { listBackups, summaryOf } from '../domain/backup/manifest.ts';
import { nameBackup, openBackups } from '../domain/backup/openBackups.ts';
import { openBackupPool } from '../domain/backup/openBackupPool.ts';
import { restoreFiles } from '../domain/backup/restoreBlobs.ts';
import { restoreBackup } from '../domain/backup/restoreBackup.ts';
import { takeBackup } from '../domain/backup/takeBackup.ts';
import type { UnderWay } from '../domain/backup/underWay.ts';
import { verifyBackup } from '../domain/backup/verify.ts';
import { createBlobStore } from '../platform/blobs/createBlobStore.ts';
import { readConfig, readVersion, type Config } from '../platform/config.ts';
import { createKafka } from '../platform/kafka/kafka.ts';
import { createTemporalClient } from '../platform/temporal/client.ts';
import { createTemporalRuns } from '../platform/temporal/runs.ts';
import { createTemporalSchedules } from '../platform/temporal/schedules.ts';

/**
 * Takes, lists, verifies or restores a backup and ends: the request is the one argument, as JSON; the answer is the one line on standard output, progress goes
 * to standard error. It reaches the engines itself, so that it needs no process of the platform.
 */
const request = JSON.parse(process.argv[2] ?? '{}') as BackupRequest;
const log = pino({ level: 'silent' });
const interrupted = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
const way: UnderWay = {
  signal: interrupted.signal,
  onProgress: (progress) => process.stderr.write(`${JSON.stringify(progress)}\n`),
};

type Tasks = { [Task in BackupTask]: (config: Config) => Promise<BackupAnswer<Task>> };
const TASKS: Tasks = {
  take: (config) =>
    withEngines(config, async (engines) => takeBackup({ ...engines, release: await readVersion() }, openBackups(config, request.url), way)),
  list: async (config) => {
    const backups = await listBackups(openBackups(config, request.url));
    return {
      url: request.url ?? config.backup.url ?? '',
      backups: backups.map(({ backupId, manifest }) =>
        manifest ? summaryOf(manifest) : { backup_id: backupId, unreadable: true as const },
      ),
    };
  },
  verify: async (config) => {
    const place = openBackups(config, request.url);
    return verifyBackup(place, await nameBackup(place, request.backup ?? 'newest'), way);
  },
  files: async (config) => {
    const place = openBackups(config, request.url);
    const backup_id = await nameBackup(place, request.backup ?? 'newest');
    return { backup_id, files: await restoreFiles(place, backup_id, createBlobStore(config.blobUrl, config.s3), way) };
  },
  restore: (config) =>
    withEngines(config, async ({ runs, ...engines }) => {
      const place = openBackups(config, request.url);
      const backupId = await nameBackup(place, request.backup ?? 'newest');
      const start = (workflow: StartableWorkflow, input: object) =>
        runs.startAgain(workflow, runId(workflow, `after-restore-${backupId}`), {
          taskQueue: TASK_QUEUES.control,
          input,
          startedBy: 'restore',
        });
      const startAfterwards = async () => {
        await start('erasureReplay', {});
        if (config.redisUrl !== undefined) await start('featureMaterialization', { full: true }); // what is online is in no backup
      };
      const databaseUrl = config.database.directUrl ?? config.database.url;
      return restoreBackup(place, backupId, { ...engines, databaseUrl, startAfterwards }, way);
    }),
};

async function withEngines<T>(config: Config, body: (engines: ReturnType<typeof openEngines>['engines']) => Promise<T>): Promise<T> {
  const { engines, close } = openEngines(config);
  try {
    return await body(engines);
  } finally {
    await close();
  }
}

function openEngines(config: Config) {
  const pool = openBackupPool(config.database, log);
  const client = createTemporalClient(config.temporal);
  const engines = {
    pool,
    blobs: createBlobStore(config.blobUrl, config.s3),
    kafka: createKafka({ ...config.kafka, clientId: 'backups', log }),
    schedules: createTemporalSchedules(client),
    runs: createTemporalRuns(client),
  };
  return { engines, close: () => Promise.all([pool.end(), client.connection.close()]) };
}

try {
  process.stdout.write(`${JSON.stringify(await TASKS[request.task](readConfig()))}\n`);
} catch (error) {
  // A disk that is full, or an address that is none, is told in its words too.
  if (!(error instanceof Failure)) process.stderr.write(`${inspect(error)}\n`);
  process.stdout.write(`${JSON.stringify({ failure: error instanceof Error ? error.message : String(error) })}\n`);
  process.exitCode = 1;
}
