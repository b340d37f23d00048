/** The workflows of the platform: a row each, from which whatever lists them follows, and their ids. Nobody spells one by hand elsewhere. */

import { batchRecommendationsInputSchema } from './batch.ts';
import { backupInputSchema, restoreDrillInputSchema } from './backup.ts';
import { blobCleanupInputSchema } from './blobCleanup.ts';
import { collectionInputSchema } from './collection.ts';
import { dataImportInputSchema } from './dataImport.ts';
import { driftMonitorInputSchema } from './drift.ts';
import { erasureReplayInputSchema } from './erasure.ts';
import { fullSystemCheckInputSchema } from './systemCheck.ts';
import { materializationInputSchema } from './materialization.ts';
import { dataRetentionInputSchema } from './retention.ts';
import { modelSweepInputSchema } from './sweep.ts';
import { tmdbCollectionInputSchema, tmdbRetentionInputSchema } from './tmdb.ts';
import { trainingInputSchema } from './training.ts';
import { longStep, shortStep, TASK_QUEUES, type Starter, type Step, type TaskQueue, type WorkflowRow } from './workflowRow.ts';

export { TASK_QUEUES };
const { control, training } = TASK_QUEUES;
const MANY = { isMany: true } as const;
const manyBy = <Part extends string>(part: Part) => ({ isMany: true, part }) as const;
/** A step that is never given up: what it holds would stay half done. */
const ENDLESS = { attempts: Infinity } as const;
/** Outlasts a store that restarts. */
const OUTLASTING = { attempts: 20 } as const;

/** How a set that was opened comes into the catalogue. */
export const PUBLISHING = {
  stageSet: longStep(control, '12 hours'),
  checkDataQuality: longStep(control, '12 hours'),
  publishSet: longStep(control, '12 hours'),
  discardStaging: longStep(control, '12 hours'),
} as const;

export const WORKFLOWS = {
  movieDataCollection: {
    prefix: 'collection',
    description: 'Collects movies and ratings from a source into the catalogue',
    input: collectionInputSchema,
    startedBy: ['operator', 'schedule'],
    defaultSchedule: { id: 'movie-data-collection', cron: 'collectionCron', input: {} },
    steps: {
      openCollectedSet: longStep(control, '2 hours'),
      ...PUBLISHING,
      writePopularMovies: longStep(control, '2 hours'),
      writeWatchLog: longStep(control, '2 hours'),
      hasTmdbKey: longStep(control, '2 hours'),
    },
    children: [
      { workflow: 'featureMaterialization', after: 'writeWatchLog' },
      { workflow: 'tmdbCollection', after: 'hasTmdbKey' },
    ],
  },
  featureMaterialization: {
    prefix: 'materialize',
    description: 'Computes feature views and brings the latest values online',
    input: materializationInputSchema,
    startedBy: ['operator', 'schedule', 'workflow'],
    defaultSchedule: { id: 'feature-materialization', cron: 'materializationCron', input: {} },
    steps: {
      resolveViews: longStep(control, '6 hours', OUTLASTING),
      computeFeatures: longStep(control, '6 hours', { ...OUTLASTING, ...manyBy('view') }),
      bringOnline: longStep(control, '6 hours', { ...OUTLASTING, ...manyBy('view') }),
    },
    children: [],
  },
  movieTrainingPipeline: {
    prefix: 'training',
    description: 'Prepares a snapshot of the data, then trains, evaluates and registers each model',
    input: trainingInputSchema,
    startedBy: ['operator', 'schedule', 'workflow'],
    defaultSchedule: { id: 'movie-training-pipeline', cron: 'trainingCron', input: {} },
    steps: {
      prepareTrainingData: longStep(training, '2 hours'),
      markWinner: shortStep('1 minute'),
    },
    children: [{ workflow: 'movieModelTraining', after: 'prepareTrainingData', isMany: true }],
  },
  movieModelTraining: {
    prefix: null,
    description: 'Trains, evaluates and registers one model of a training run',
    input: null,
    startedBy: ['workflow'],
    steps: {
      trainMovieModel: longStep(training, '12 hours'),
      noteGpuWait: shortStep('1 minute', { onlyWhen: 'no worker with a GPU took the training in time' }),
      evaluateTrainedModel: longStep(training, '12 hours'),
      registerModel: shortStep('1 minute', { label: 'register_model_to_mlflow' }), // as the guide calls it
    },
    children: [],
  },
  modelSweep: {
    prefix: 'sweep',
    description: 'Looks for good hyper-parameters of one kind of model within a budget',
    input: modelSweepInputSchema,
    startedBy: ['operator', 'schedule'],
    steps: {
      prepareTrainingData: longStep(training, '12 hours'),
      openSweep: shortStep('1 minute'),
      trainTrial: longStep(training, '12 hours', manyBy('trial')),
      recordTrial: shortStep('1 minute', manyBy('trial.trial')),
      closeSweep: shortStep('1 minute'),
    },
    children: [],
  },
  batchRecommendations: {
    prefix: 'batch',
    description: 'Works out the best movies for every user, into a table and to Kafka',
    input: batchRecommendationsInputSchema,
    startedBy: ['operator', 'schedule'],
    steps: {
      planBatch: shortStep('10 minutes'),
      recommendShard: longStep(training, '2 hours', manyBy('shard')),
      publishShard: shortStep('10 minutes', manyBy('shard')),
      finishBatch: shortStep('10 minutes'),
    },
    children: [],
  },
  tmdbCollection: {
    prefix: 'tmdb-collection',
    description: 'Collects titles and their details from TMDB, to show; needs TMDB_API_KEY',
    input: tmdbCollectionInputSchema,
    startedBy: ['operator', 'schedule', 'workflow'],
    steps: {
      fetchTmdbGenres: longStep(control, '2 hours'),
      fetchTmdbPages: longStep(control, '2 hours', MANY),
      loadTmdbList: longStep(control, '2 hours', MANY),
      writeTmdbPopular: longStep(control, '2 hours'),
      fetchStaleTmdbDetails: longStep(control, '2 hours', MANY),
    },
    children: [],
  },
  tmdbRetention: {
    prefix: 'tmdb-retention',
    description: 'Refreshes what TMDB said before it is too old, and erases what is',
    input: tmdbRetentionInputSchema,
    startedBy: ['operator', 'schedule'],
    defaultSchedule: { id: 'tmdb-retention', cron: 'tmdbRetentionCron', input: {} },
    steps: {
      refreshExpiringTmdb: longStep(control, '1 hour', MANY),
      eraseExpiredTmdb: longStep(control, '1 hour'),
    },
    children: [],
  },
  blobCleanup: {
    prefix: 'blob-cleanup',
    description: 'Removes snapshots, models, files of runs and uploads that nothing refers to any more',
    input: blobCleanupInputSchema,
    startedBy: ['operator', 'schedule'],
    defaultSchedule: { id: 'blob-cleanup', cron: 'blobCleanupCron', input: {} },
    steps: { removeUnusedBlobs: longStep(control, '6 hours') },
    children: [],
  },
  dataRetention: {
    prefix: 'retention',
    description: 'Removes log lines of runs and rows that were set aside which are kept long enough',
    input: dataRetentionInputSchema,
    startedBy: ['operator', 'schedule'],
    defaultSchedule: { id: 'data-retention', cron: 'retentionCron', input: {} },
    steps: { removeExpired: longStep(control, '2 hours') },
    children: [],
  },
  fullSystemCheck: {
    prefix: 'check',
    description: 'Asks each of the nine systems whether it is well',
    input: fullSystemCheckInputSchema,
    startedBy: ['operator', 'schedule'],
    defaultSchedule: { id: 'full-system-check', cron: 'systemCheckCron', input: {} },
    steps: { askSystems: shortStep('1 minute') },
    children: [],
  },
  dataImport: {
    prefix: 'import',
    description: 'Imports a MovieLens set from a folder, a zip or an address, or an own log of choices from a file',
    input: dataImportInputSchema,
    startedBy: ['operator', 'schedule'],
    steps: { openImportedSet: longStep(control, '6 hours'), ...PUBLISHING },
    children: [],
  },
  webhookDelivery: {
    prefix: 'webhook',
    description: 'Tells the receiver of a webhook of a change in the registry, until it takes it or for half an hour',
    input: null,
    startedBy: ['change'],
    steps: {
      sendWebhook: shortStep('1 minute', { attempts: 30 }),
      giveUpWebhook: shortStep('1 minute', { attempts: Infinity, onlyWhen: 'the receiver did not take it' }),
    },
    children: [],
  },
  driftMonitor: {
    prefix: 'drift',
    description:
      'Compares what comes in with what each champion learnt from, and how its answers do with how they did; alerts where a drift holds',
    input: driftMonitorInputSchema,
    startedBy: ['operator', 'schedule'],
    defaultSchedule: { id: 'drift-monitor', cron: 'driftCron', input: {} },
    steps: {
      planDrift: shortStep('1 minute'),
      judgeDrift: longStep(control, '1 hour', manyBy('name')),
    },
    children: [],
  },
  userErasure: {
    prefix: 'erasure',
    description: 'Erases a user from every store, and looks again',
    input: null,
    startedBy: ['request'],
    steps: {
      openErasure: shortStep('10 minutes', { attempts: Infinity }),
      eraseStore: longStep(control, '12 hours', { attempts: Infinity, ...manyBy('store') }),
      eraseLearnt: longStep(training, '12 hours', { attempts: Infinity, ...manyBy('store') }),
      findReaders: shortStep('10 minutes', { attempts: Infinity }),
      closeErasure: shortStep('10 minutes', { attempts: Infinity }),
    },
    children: [],
  },
  erasureReplay: {
    prefix: 'erasure-replay',
    description: 'After a backup was restored, erases again every user who was erased and is here',
    input: erasureReplayInputSchema,
    startedBy: ['operator'],
    steps: { mergeErasures: longStep(control, '2 hours'), repeatErasures: longStep(control, '12 hours') },
    children: [],
  },
  backup: {
    prefix: 'backup',
    description: 'Writes a backup of the database, the blob store, the offsets of consumers and the schedules to BACKUP_URL',
    input: backupInputSchema,
    startedBy: ['operator', 'schedule'],
    defaultSchedule: { id: 'backup', cron: 'backupCron', needs: 'BACKUP_URL', input: {} },
    steps: { takeBackup: longStep(control, '12 hours'), removeOldBackups: longStep(control, '2 hours') },
    children: [],
  },
  restoreDrill: {
    prefix: 'restore-drill',
    description: 'Restores the newest backup into a scratch database, compares every row, and drops the database',
    input: restoreDrillInputSchema,
    startedBy: ['operator', 'schedule'],
    defaultSchedule: { id: 'restore-drill', cron: 'backupDrillCron', needs: 'BACKUP_URL', input: {} },
    steps: { drillRestore: longStep(control, '12 hours', { attempts: 3 }) },
    children: [],
  },
  driftRetrain: {
    prefix: 'drift-retrain',
    description: 'Trains a model anew when a drift alert comes',
    input: null,
    startedBy: ['alert'],
    steps: {
      openDriftDecision: shortStep('1 minute', OUTLASTING),
      findRolloutRoute: shortStep('1 minute', { ...OUTLASTING, onlyWhen: 'a rollout promotes' }),
      closeDriftDecision: shortStep('1 minute', OUTLASTING),
    },
    children: [
      { workflow: 'movieTrainingPipeline', after: 'findRolloutRoute' },
      { workflow: 'canaryRollout', after: 'findRolloutRoute', onlyWhen: 'a rollout promotes, and the gate was passed' },
    ],
  },
  canaryRollout: {
    prefix: 'canary',
    description: 'Takes a version through stages of traffic on a route, and promotes it or takes it back',
    input: null,
    startedBy: ['rollout', 'workflow'],
    steps: {
      openCanary: shortStep('1 minute', ENDLESS),
      setCanaryStage: shortStep('1 minute', ENDLESS),
      judgeCanary: shortStep('30 minutes', { ...ENDLESS, whilePaused: true, isLook: true }),
      promoteCanary: shortStep('1 minute', ENDLESS),
      endCanary: shortStep('1 minute', { ...ENDLESS, whilePaused: true, onlyWhen: 'the version is not promoted' }),
    },
    children: [],
  },
  systemHealthWatch: {
    prefix: 'health',
    description: 'Watches a service that has too much to do, and says how many replicas of it are wanted',
    input: null,
    startedBy: ['overload'],
    steps: { lookAtHealth: shortStep('1 minute', { ...ENDLESS, isLook: true }) },
    children: [],
  },
  scheduleBackfill: {
    prefix: 'backfill',
    description: 'Runs what a schedule would have run in a span of time',
    input: null,
    startedBy: ['backfill'],
    steps: { planBackfill: shortStep('1 minute', { attempts: Infinity }) },
    children: [{ workflow: 'scheduled', after: 'planBackfill', isMany: true }],
  },
} as const satisfies Record<string, WorkflowRow>;

type Rows = typeof WORKFLOWS;
/** Every workflow, also one that runs as a part of another's run alone. */
export type WorkflowType = keyof Rows;
export const WORKFLOW_TYPES = Object.keys(WORKFLOWS) as [WorkflowType, ...WorkflowType[]];

type ActivitiesOn<Queue, Steps> = {
  [Activity in keyof Steps]: Steps[Activity] extends { readonly queue: Queue } ? Activity : never;
}[keyof Steps];
/** The activities that whoever works on a queue must have: a step that nobody does would be tried for ever. */
export type ActivityOn<Queue extends TaskQueue> = { [W in WorkflowType]: ActivitiesOn<Queue, Rows[W]['steps']> }[WorkflowType];

export const rowOf = (workflow: WorkflowType): WorkflowRow => WORKFLOWS[workflow];

/** Workflows that have runs of their own. */
export type WorkflowName = { [W in WorkflowType]: Rows[W]['prefix'] extends string ? W : never }[WorkflowType];
export const WORKFLOW_NAMES = WORKFLOW_TYPES.filter((workflow) => rowOf(workflow).prefix !== null) as [WorkflowName, ...WorkflowName[]];

type StartedBy<S extends Starter> = { [W in WorkflowType]: S extends Rows[W]['startedBy'][number] ? W : never }[WorkflowType];
const startedBy = <S extends Starter>(starter: S) =>
  WORKFLOW_TYPES.filter((workflow) => rowOf(workflow).startedBy.includes(starter)) as [StartedBy<S>, ...StartedBy<S>[]];

/** Workflows that a caller starts by name. */
export type StartableWorkflow = StartedBy<'operator'>;
export const STARTABLE_WORKFLOWS = startedBy('operator');
/** Workflows that a schedule may start. */
export const SCHEDULABLE_WORKFLOWS = startedBy('schedule');

export const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const LABELS: ReadonlyMap<string, string> = new Map(
  WORKFLOW_TYPES.flatMap((workflow) => Object.entries(rowOf(workflow).steps)).flatMap(([activity, { label }]) =>
    label === undefined ? [] : [[activity, label]],
  ),
);

/** Name of an activity's step in the ledger, the API and the CLI. */
export const stepOf = (activity: string): string => LABELS.get(activity) ?? snakeCase(activity);

const STEPS: ReadonlyMap<string, Step> = new Map(WORKFLOW_TYPES.flatMap((workflow) => Object.entries(rowOf(workflow).steps)));

/** Steps of which several at once are several parts of the work, and not one that is tried again. */
export const MANY_STEPS: readonly string[] = [...STEPS].flatMap(([activity, { isMany }]) => (isMany ? [stepOf(activity)] : []));

/** Whether a step begins also while its run is paused. */
export const goesOnPaused = (activity: string): boolean => STEPS.get(activity)?.whilePaused === true;

/** Whether a step is a look that comes again and again, of which the ledger keeps nothing. */
export const isLook = (activity: string): boolean => STEPS.get(activity)?.isLook === true;

/** Which part of the work an activity with this input does; null where it is the only one, or does not say. */
export function partOf(activity: string, input: unknown): string | null {
  const at = STEPS.get(activity)?.part?.split('.') ?? [];
  const found = at.reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name], input);
  return at.length > 0 && (typeof found === 'string' || typeof found === 'number') ? String(found) : null;
}

/** Id of a run: `<prefix>/<run>`, for example `training/2026-11-23-a1`. The same string names it in Temporal, the API and the CLI. */
export const runId = (workflow: WorkflowName, run: string): string => `${WORKFLOWS[workflow].prefix}/${run}`;

/** What a trial of a sweep is known by: its blob folder and its run in the registry. */
export const trialId = (sweepRunId: string, trial: number): string => `${sweepRunId}/trial-${trial}`;

/** Id of the child of a training run that makes one model. */
export const modelRunId = (trainingRunId: string, name: string): string => `${trainingRunId}/${name}`;

/** Id of the child of a collection run that asks TMDB. */
export const tmdbRunId = (collectionRunId: string): string => `${collectionRunId}/tmdb`;

/** Id of the child of a collection run that brings the features up to what was collected. */
export const featuresRunId = (collectionRunId: string): string => `${collectionRunId}/features`;

/** One rollout at a time on a route. */
export const canaryId = (route: string): string => runId('canaryRollout', route);

export const healthWatchId = (service: string): string => runId('systemHealthWatch', service);

export const driftRetrainId = (modelName: string): string => runId('driftRetrain', modelName);

/**
 * The run that an execution belongs to. One whose id is its parent's and a name behind it is a part of its parent's run, where its steps are shown. Any
 * other stands for itself, whatever its id looks like: whoever starts a workflow in Temporal is free to choose one.
 * @param parentId id of the workflow that started it; null where none did
 */
export function runOf(workflowId: string, parentId: string | null): { runId: string; subject: string | null } {
  if (parentId === null || !workflowId.startsWith(`${parentId}/`)) return { runId: workflowId, subject: null };
  return { runId: parentId, subject: workflowId.slice(parentId.length + 1) };
}

/** A run's own part of its id, as callers may choose it: letters, digits and `._:+-`, at most 100. */
export const RUN_NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,99}$/;

/** Signal of `driftRetrain`: one drift alert for its model. */
export const DRIFT_ALERT_SIGNAL = 'driftAlert';
