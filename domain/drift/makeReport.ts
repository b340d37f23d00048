import { randomUUID } from 'node:crypto';
import { Failure } from '../../contracts/failures.ts';
import type { ModelName } from '../../contracts/models.ts';
import type { DriftReport, JudgingSettings } from '../../contracts/drift.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import type { Pool } from '../../platform/postgres.ts';
import { listPushes } from '../pushes/pushes.ts';
import { readSnapshot, snapshotFolder } from '../recommender/data/snapshotFiles.ts';
import type { Snapshot } from '../recommender/data/snapshot.ts';
import { snapshotOf } from './championOf.ts';
import { judgeAnswers } from './judgeAnswers.ts';
import { judgeInput } from './judgeInput.ts';
import { readLive } from './readLive.ts';
import { referenceOf, type Window } from './reference.ts';
import { correct, verdictOf } from './verdict.ts';

const MOST_PUSHES = 20;

export interface Wanted {
  readonly runId: string;
  readonly name: ModelName;
  readonly version: string;
  readonly window: Window;
  readonly settings: JudgingSettings;
}

/** How a window differs from what a version learnt from, and whether its answers do worse; what cannot be told is said with its reason. */
export async function makeReport({ pool, blobs }: { pool: Pool; blobs: BlobStore }, wanted: Wanted): Promise<Omit<DriftReport, 'alert'>> {
  const { runId, name, version, window, settings } = wanted;
  const snapshotId = await snapshotOf(pool, { name, version });
  const snapshot = await readReference(blobs, snapshotId);
  const isThere = typeof snapshot !== 'string';
  const { live, ...read } = await readLive(pool, window, isThere ? snapshot : null);
  const limits = { ...settings, thresholds: settings.thresholds[name] ?? {} };
  const reference = isThere ? nonEmpty(referenceOf(snapshot, window)) : snapshot;
  const columns = correct(
    [...judgeInput(reference, live, limits), ...(await judgeAnswers(pool, { name, version }, window, limits))],
    settings,
  );
  const scores = columns.flatMap(({ score }) => score ?? []);
  return {
    report_id: randomUUID(),
    run_id: runId,
    ...{ model_name: name, model_version: version },
    ...{ from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString() },
    drifted: columns.some(({ state }) => state === 'drifted'),
    score: scores.length > 0 ? Math.max(...scores) : null,
    verdict: verdictOf(columns),
    created_at: new Date().toISOString(),
    settings,
    reference: {
      snapshot_id: snapshotId,
      ...(isThere ? { events: snapshot.interactions.length, users: snapshot.interactions.users.size } : { events: 0, users: 0 }),
      reason: typeof reference === 'string' ? reference : null,
    },
    ...{ events: read.events, users: read.users, sampled_events: read.sampledEvents },
    columns,
    pushes: await listPushes(pool, MOST_PUSHES),
  };
}

const nonEmpty = (reference: ReturnType<typeof referenceOf>) =>
  reference.sessions.movie.length === 0 ? 'the reference has nothing on the weekdays of the window' : reference;

/** @returns why there is none, where there is none */
async function readReference(blobs: BlobStore, snapshotId: string | null): Promise<Snapshot | string> {
  if (snapshotId === null) return 'the version does not say what it was trained on';
  try {
    return await readSnapshot(blobs, { uri: blobs.uriOf(snapshotFolder(snapshotId)), snapshot_id: snapshotId });
  } catch (error) {
    if (error instanceof Failure && (error.type === 'SnapshotMissing' || error.type === 'SnapshotCorrupt'))
      return `what the version was trained on is not there any more: ${error.message}`;
    throw error;
  }
}
