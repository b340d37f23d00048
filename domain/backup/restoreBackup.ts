import { setTimeout as sleep } from 'node:timers/promises';
import { putScheduleBodySchema } from '../../contracts/schedules.ts';
import { runId, SCHEDULABLE_WORKFLOWS, TASK_QUEUES } from '../../contracts/workflows.ts';
import type { BackedUpEngines, RestoreResult } from '../../contracts/backup.ts';
import { conflict, permanent } from '../../contracts/failures.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import { runMigrations } from '../../platform/migrate.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { TemporalSchedules } from '../../platform/temporal/schedules.ts';
import { restoreOffsets } from './engines.ts';
import { readBlobList, readEnginesPart } from './lists.ts';
import { loadTables } from './loadTables.ts';
import { placeOf, readManifest, summaryOf } from './manifest.ts';
import type { BackupPlace } from './place.ts';
import { listLaterErasures, restoreBlobs } from './restoreBlobs.ts';
import type { UnderWay } from './underWay.ts';
import { inspectTarget, noteFinished, noteLoaded } from './target.ts';
import { verifyBackup } from './verify.ts';

export interface RestoreTarget {
  readonly pool: Pool;
  /** The same database, past a pooler */
  readonly databaseUrl: string;
  readonly blobs: BlobStore;
  readonly kafka: Kafka;
  readonly schedules: Pick<TemporalSchedules, 'createIfMissing'>;
  /** Starts what the workers do as soon as they run: whoever was erased after the backup is erased again */
  readonly startAfterwards: (backupId: string) => Promise<void>;
}

/**
 * Restores a backup into an empty stack of which the engines run and nothing else does. All of it is read and found good before anything is changed. Interrupted
 * it is run again: until all rows are there, none is; afterwards it goes on.
 * @throws Failure `missing`, `Conflict` or `SourceCorrupt`, before anything was changed
 */
export async function restoreBackup(place: BackupPlace, backupId: string, target: RestoreTarget, way: UnderWay): Promise<RestoreResult> {
  const startedAt = performance.now();
  const manifest = await readManifest(place, backupId);
  const own = placeOf(place, manifest);
  const state = await inspectTarget(target.pool, manifest);
  await refuseConsumers(target.kafka, way);
  const { faults } = await verifyBackup(place, backupId, way);
  if (faults.length > 0) throw permanent('SourceCorrupt', `the backup ${backupId} is damaged: ${faults.join('; ')}`);
  const list = await readBlobList(own, manifest, way.signal);
  const engines = await readEnginesPart(own, manifest, way.signal);
  const later = await listLaterErasures(place, way.signal);

  const written = await restoreBlobs(own, { blobs: target.blobs, list }, way);
  if (later) await restoreBlobs(later.own, { blobs: target.blobs, list: later.list }, way);
  if (state === 'empty') {
    await runMigrations(target.databaseUrl, manifest.schema_version);
    await loadTables(target.pool, { place: own, manifest, atEnd: (connection) => noteLoaded(connection, manifest) }, way);
  }
  await runMigrations(target.databaseUrl);
  const offsets = await restoreOffsets(target.kafka, engines.offsets ?? []);
  const schedules = await restoreSchedules(target.schedules, engines);
  await target.startAfterwards(backupId);
  await noteFinished(target.pool, backupId);
  const { taken_at, tables, rows } = summaryOf(manifest);
  const seconds = Math.round(performance.now() - startedAt) / 1_000;
  return { backup_id: backupId, taken_at, tables, rows, blobs: written, offsets, schedules, lost_runs: engines.open_runs, seconds };
}

/** Kafka takes one that was killed for a member for so long. */
const MEMBERS_GONE_MS = 40_000;
const LOOK_EVERY_MS = 1_000;

/** One that runs would store what the backup has too, and go on where it is. @throws Failure `Conflict` */
async function refuseConsumers(kafka: Kafka, { signal, onProgress }: UnderWay): Promise<void> {
  for (const until = performance.now() + MEMBERS_GONE_MS; ; await sleep(LOOK_EVERY_MS, undefined, { signal })) {
    const running = (await kafka.browse.groups()).filter(({ members }) => members > 0).map(({ name }) => name);
    if (running.length === 0) return;
    if (performance.now() > until)
      throw conflict(`processes run that read from Kafka (${running.join(', ')}): end them first, \`mlops down\``);
    onProgress({ waits_for: running });
  }
}

/** What is there stays. @returns how many were made */
async function restoreSchedules(target: RestoreTarget['schedules'], { schedules }: BackedUpEngines): Promise<number> {
  let made = 0;
  for (const { schedule_id: id, workflow: named, ...told } of schedules ?? []) {
    const workflow = SCHEDULABLE_WORKFLOWS.find((name) => name === named);
    if (workflow === undefined) continue; // of another namespace's user, or of a workflow that is no more
    const { cron, timezone, input, paused, note, overlap, catchup_window_s } = told;
    const body = putScheduleBodySchema.parse({ workflow, cron, timezone, input, paused, note, overlap, catchup_window_s });
    const action = { workflowId: runId(workflow, id), taskQueue: TASK_QUEUES.control };
    if (await target.createIfMissing(id, { ...body, ...action })) made += 1;
  }
  return made;
}
