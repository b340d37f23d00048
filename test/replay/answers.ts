import type { BackfillActivities } from '../../activities/backfill.ts';
import type { BackupActivities } from '../../activities/backup.ts';
import type { BatchActivities } from '../../activities/batch.ts';
import type { BlobCleanupActivities } from '../../activities/blobCleanup.ts';
import type { CanaryActivities } from '../../activities/canary.ts';
import type { CollectionActivities } from '../../activities/collection.ts';
import type { DataImportActivities } from '../../activities/dataImport.ts';
import type { DriftActivities } from '../../activities/drift.ts';
import type { ErasureActivities } from '../../activities/erasure.ts';
import type { MaterializationActivities } from '../../activities/materialization.ts';
import type { PipelineActivities } from '../../activities/pipeline.ts';
import type { RegistrationActivities } from '../../activities/registration.ts';
import type { RetentionActivities } from '../../activities/retention.ts';
import type { ScalingActivities } from '../../activities/scaling.ts';
import type { SweepActivities } from '../../activities/sweep.ts';
import type { SystemCheckActivities } from '../../activities/systemCheck.ts';
import type { TmdbActivities } from '../../activities/tmdb.ts';
import type { TrainingActivities } from '../../activities/training.ts';
import type { WebhookActivities } from '../../activities/webhooks.ts';
import { nameOf } from '../../contracts/models.ts';

const asked = { asked: 2, kept: 2, gone: 0, set_aside: 0 };
const set = { folder: 'ml', format: 'csv', dataset: 'ml', source: 'ml', user_prefix: 'ml:' } as const;
const counts = { read: 2, written: 2, rejected: 0, rejects_path: null };

/** Activities that answer at once, with small results of the real shape. */
export const answers: BackfillActivities &
  BackupActivities &
  CanaryActivities &
  CollectionActivities &
  DataImportActivities &
  MaterializationActivities &
  PipelineActivities &
  SweepActivities &
  BatchActivities &
  BlobCleanupActivities &
  ErasureActivities &
  TrainingActivities &
  RegistrationActivities &
  RetentionActivities &
  ScalingActivities &
  WebhookActivities &
  DriftActivities &
  SystemCheckActivities &
  TmdbActivities = {
  planBackfill: async ({ carried }) => ({
    workflow: 'movieDataCollection',
    workflow_id: 'collection/recorded',
    input: {},
    times: carried ? ['2026-01-03T03:00:00Z'] : ['2026-01-01T03:00:00Z', '2026-01-02T03:00:00Z'],
    already_run: 1,
    next: carried ? null : '2026-01-02T03:00:00Z',
  }),
  takeBackup: async () => ({
    backup_id: '20260101T010000000Z-00000001',
    taken_at: '2026-01-01T01:00:00.000Z',
    release: '1.2.3',
    schema_version: 45,
    tables: 2,
    rows: 2,
    blobs: 1,
    bytes: 8,
    is_encrypted: true,
    new_blobs: 1,
    new_bytes: 4,
    seconds: 1,
    lacks: [],
  }),
  askSystems: async () => ({ ok: true, checked_at: '2026-01-01T00:00:00.000Z', systems: [] }),
  removeExpired: async () => ({ run_logs: 2, rejects: 0 }),
  removeOldBackups: async () => ['20251201T010000000Z-00000001'],
  drillRestore: async () => ({
    backup_id: '20260101T010000000Z-00000001',
    taken_at: '2026-01-01T01:00:00.000Z',
    age_s: 3_600,
    restore_s: 2,
    verify_s: 1,
    compare_s: 1,
    tables: 2,
    rows: 2,
    blobs: 1,
    bytes: 8,
  }),
  writePopularMovies: async () => ({ path: 'popular.json', movies: 2 }),
  removeUnusedBlobs: async ({ dry_run }) => ({
    dry_run,
    written_before: '2026-01-01T00:00:00.000Z',
    run_open_since: null,
    unused: [],
    unknown: [],
  }),
  openErasure: async () => ({
    stores: [
      { store: 'interactions', by: 'control', group: 'source' },
      { store: 'models', by: 'training', group: 'derived' },
    ],
  }),
  eraseStore: async () => ({ erased: 1, found: 0 }),
  eraseLearnt: async () => ({ erased: 1, found: 0 }),
  findReaders: async () => ({ runs: [] }),
  closeErasure: async ({ receipt }) => ({ receipt, erased: 2, kept: [] }),
  mergeErasures: async () => 1,
  repeatErasures: async ({ known }) => ({ known, looked_at: 2, receipts: [] }),
  writeWatchLog: async () => ({ path: 'watch_log.csv', parquet_path: 'watch_log.parquet', rows: 2 }),
  openImportedSet: async () => ({ ...set, text_encoding: 'utf-8' }),
  openCollectedSet: async () => set,
  stageSet: async () => undefined,
  checkDataQuality: async () => ({ rules: 12, newest_at: '2018-09-24T14:27:30.000Z' }),
  publishSet: async () => ({ movies: counts, users: counts, ratings: counts }),
  discardStaging: async () => undefined,
  resolveViews: async () => ['movie_features', 'user_features'],
  computeFeatures: async ({ view }) => ({ view, computed: 2 }),
  bringOnline: async ({ view }) => ({ view, online: 2, start: null }),
  prepareTrainingData: async () => ({ snapshot_id: 'ab', uri: 'blob:snapshots/ab', interactions: 2, users: 1, movies: 2 }),
  trainMovieModel: async ({ spec }) => ({
    kind: spec.kind,
    name: nameOf(spec),
    uri: `blob:trained/${spec.kind}/cd`,
    digest: 'cd',
    bytes: 10,
    train_ms: 5,
    backend: 'cpu',
    history_uri: 'blob:runs/history.json',
    resumed_from_epoch: null,
  }),
  evaluateTrainedModel: async ({ model }) => ({
    kind: model.kind,
    name: model.name,
    uri: 'blob:reports/ef',
    html_uri: 'blob:reports/ef.html',
    metrics: { full_ndcg_at_10: 0.4 },
    baseline: { full_ndcg_at_10: 0.3 },
    evidence: { gain_over_popularity: { value: 0.1, low: 0.05, high: 0.15 }, champion: null, latency_ms: 5 },
  }),
  trainTrial: async ({ spec }) => ({
    value: 'epochs' in spec && spec.epochs ? 0.3 + spec.epochs / 100 : 0.3,
    epochs: 1,
    trained_epochs: 1,
    metrics: { full_ndcg_at_10: 0.3 },
    checks: [{ epoch: 1, value: 0.3 }],
    train_ms: 5,
  }),
  openSweep: async () => '1'.repeat(32),
  recordTrial: async ({ trial }) => ({ ...trial, registry_run_id: '2'.repeat(32) }),
  closeSweep: async () => undefined,
  planBatch: async ({ model }) => ({
    models: [{ name: model, version: '1', source: 'blob:trained/ab' }],
    shards: [
      { after: '', upTo: '2' },
      { after: '2', upTo: '4' },
    ],
  }),
  recommendShard: async ({ shard }) => ({ part: `part-${shard}`, users: 2, rows: 20, popular_users: 0, unanswered_users: 0 }),
  publishShard: async () => 2,
  finishBatch: async () => 'blob:runs/batch/recorded/recommendations',
  markWinner: async () => undefined,
  noteGpuWait: async ({ gpu }) => ({ message: gpu }),
  registerModel: async ({ model, gate }) => ({
    name: model.name,
    version: '1',
    registry_run_id: '0'.repeat(32),
    champion: gate.promote,
    gate: { passed: true, rules: [] },
  }),
  findRolloutRoute: async () => 'default',
  openCanary: async () => undefined,
  setCanaryStage: async () => ({ stop: null }),
  judgeCanary: async () => ({ verdict: 'pass', reason: '10 of 10 minutes, 1000 of 1000 answers', took_ms: 5 }),
  promoteCanary: async () => ({ stop: null }),
  endCanary: async () => undefined,
  lookAtHealth: async () => ({ state: 'calm', wanted: 1 }),
  planDrift: async () => ({
    models: [
      { name: 'ials', version: '2' },
      { name: 'popularity', version: '1' },
    ],
    from: '2026-01-05T00:00:00.000Z',
    to: '2026-01-12T00:00:00.000Z',
  }),
  judgeDrift: async ({ name }) => ({ report_id: '00000000-0000-4000-8000-000000000007', model_name: name, drifted: false, alert: 'none' }),
  openDriftDecision: async () => 0,
  closeDriftDecision: async () => undefined,
  sendWebhook: async () => ({ response_status: 200 }),
  giveUpWebhook: async () => undefined,
  hasTmdbKey: async () => true,
  fetchTmdbGenres: async () => 19,
  fetchTmdbPages: async ({ from, to }) => ({ pages: to - from + 1, requested: to - from + 1, total_pages: 60 }),
  loadTmdbList: async ({ list }) => ({ list, read: 2, written: 2, added: 1, duplicates: 0, rejected: 0, rejects_path: null }),
  fetchStaleTmdbDetails: async () => asked,
  writeTmdbPopular: async () => ({ path: 'popular.json', movies: 2 }),
  refreshExpiringTmdb: async () => asked,
  eraseExpiredTmdb: async () => ({ movies: 0, details: 0, genres: 0, titles: 0, raw: 0 }),
};
