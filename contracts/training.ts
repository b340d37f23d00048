import { z } from 'zod';
import { blobNameSchema, blobUriSchema } from './blobUri.ts';
import { dataSetNameSchema } from './dataSets.ts';
import { gateEvidenceSchema, gateSettingsSchema } from './gate.ts';
import { modelKindSchema, modelNameSchema, modelSpecSchema, nameOf } from './models.ts';

/**
 * How interactions are held out. `leave_one_out`: each user's last movie is for test, the one before for validation. `temporal`: one moment for all;
 * what came at it or after it is for test. `per_user`: a random tenth of each user's movies is for test, another for validation.
 */
export const SPLIT_KINDS = ['leave_one_out', 'temporal', 'per_user'] as const;
export const splitKindSchema = z.enum(SPLIT_KINDS);
export type SplitKind = z.infer<typeof splitKindSchema>;

/** An immutable, content-addressed copy of what a training run learns from. */
export const datasetRefSchema = z.object({
  snapshot_id: blobNameSchema.describe('sha256 of the content'),
  uri: blobUriSchema.describe('Blob folder: interactions.parquet, movies.parquet, manifest.json'),
  interactions: z.number().int(),
  users: z.number().int(),
  movies: z.number().int(),
  sets: z.array(z.string()).optional().describe('Data sets whose ratings are in it; not said of a snapshot of 0.3.0'),
});
export type DatasetRef = z.infer<typeof datasetRefSchema>;

/** A trained model: a blob folder that holds weights, vocabulary, config and metrics, all that serving needs. */
export const modelRefSchema = z.object({
  kind: modelKindSchema,
  name: modelNameSchema.describe('That it is registered under'),
  uri: z.string(),
  digest: z.string().describe('sha256 of manifest.json, which has that of each file; the last part of the URI'),
  bytes: z.number().int(),
  parameters: z.number().int().optional().describe('Numbers that it learnt or counted; not said of a model of 0.3.0'),
  train_ms: z.number(),
  backend: z.string().describe('Where TensorFlow ran: gpu or cpu'),
  history_uri: z.string().describe('JSON lines of training progress, one an epoch'),
  resumed_from_epoch: z.number().int().nullable(),
});
export type ModelRef = z.infer<typeof modelRefSchema>;

export const metricsSchema = z.record(z.string(), z.number());
export type Metrics = z.infer<typeof metricsSchema>;

/** The evaluation of one model. The whole report is under `uri`. */
export const reportRefSchema = z.object({
  kind: modelKindSchema,
  name: modelNameSchema.describe('That the model is registered under'),
  uri: z.string(),
  html_uri: z.string().describe('The report as a page to look at'),
  metrics: metricsSchema,
  baseline: metricsSchema,
  evidence: gateEvidenceSchema,
});
export type ReportRef = z.infer<typeof reportRefSchema>;

/** What the gate said of a version; kept with it. */
export const gateVerdictSchema = z.object({
  passed: z.boolean(),
  rules: z.array(
    z.object({ rule: z.string(), passed: z.boolean(), value: z.number().nullable(), bound: z.number().nullable(), detail: z.string() }),
  ),
});
export type GateVerdict = z.infer<typeof gateVerdictSchema>;

export const modelVersionRefSchema = z.object({
  name: z.string(),
  version: z.string(),
  registry_run_id: z.string(),
  champion: z.boolean(),
  gate: gateVerdictSchema,
});
export type ModelVersionRef = z.infer<typeof modelVersionRefSchema>;

/** Whether a training runs on a GPU. `preferred`: on one that is free soon, else on the CPU; `required`: waits for one, however long. */
export const resourcesSchema = z.strictObject({
  gpu: z.enum(['none', 'preferred', 'required']).default('none'),
  gpu_wait_s: z.number().int().min(1).max(86_400).default(30).describe('How soon a GPU worker must take it where one is preferred'),
});
export type Resources = z.infer<typeof resourcesSchema>;

export const chosenSetsSchema = z
  .array(dataSetNameSchema)
  .min(1)
  .max(50)
  .optional()
  .describe('Data sets whose ratings are learnt from, beside what events told; all of them where this is left out');

/** The guide's two networks, the baseline, and `ials`, which learns in seconds and beats it in full ranking on the sample too. */
const DEFAULT_KINDS = ['popularity', 'movie_predictor', 'neural_cf', 'ials'] as const;

export const trainingInputSchema = z.strictObject({
  models: z
    .array(modelSpecSchema)
    .min(1)
    .max(16)
    .default(() => DEFAULT_KINDS.map((kind) => modelSpecSchema.parse({ kind })))
    .refine((models) => new Set(models.map(nameOf)).size === models.length, 'each kind at most once, neural_cf once for each objective'),
  seed: z.number().int().min(0).max(2_147_483_647).default(42).describe('Seed of the split and of the sampled negatives'),
  split: splitKindSchema.default('leave_one_out'),
  sets: chosenSetsSchema,
  gate: gateSettingsSchema.prefault({}),
  experiment: z.string().min(1).max(200).default('movie_recommendation'),
  max_parallel: z.number().int().min(1).max(16).default(16).describe('Models that are made side by side'),
  resources: resourcesSchema.prefault({}),
});
export type TrainingInput = z.infer<typeof trainingInputSchema>;

/** What the pipeline hands the child that makes one model. */
export const modelTrainingInputSchema = z.strictObject({
  dataset: datasetRefSchema,
  spec: modelSpecSchema,
  experiment: trainingInputSchema.shape.experiment,
  gate: trainingInputSchema.shape.gate,
  resources: trainingInputSchema.shape.resources,
});
export type ModelTrainingInput = z.infer<typeof modelTrainingInputSchema>;

export const modelResultSchema = z.object({ model: modelRefSchema, report: reportRefSchema, version: modelVersionRefSchema });
export type ModelResult = z.infer<typeof modelResultSchema>;

/** The best of the models that a run made, by the figure they are judged by on the same split. */
export const winnerSchema = z.object({
  name: z.string(),
  version: z.string(),
  metric: z.string(),
  value: z.number(),
  rule: z.string().describe('How it was picked'),
});
export type Winner = z.infer<typeof winnerSchema>;

export const trainingResultSchema = z.object({
  dataset: datasetRefSchema,
  models: z.array(modelResultSchema),
  winner: winnerSchema.nullable().describe('Its version has the tag `winner_of`; null where no figure was measured'),
});
export type TrainingResult = z.infer<typeof trainingResultSchema>;

/** What training says in its heartbeats; seen in the run's state while it goes on. */
export const trainingProgressSchema = z.object({
  epoch: z.number().int(),
  epochs: z.number().int(),
  loss: z.number().nullable(),
  samples_per_s: z.number(),
  eta_s: z.number().nullable(),
  validation_ndcg_at_10: z.number().optional().describe('At the end of an epoch, where the kind stops early'),
  validation_rmse: z.number().optional().describe('The same, where ratings are learnt'),
});
export type TrainingProgress = z.infer<typeof trainingProgressSchema>;

/** What a step says in its heartbeats that has not begun, since others have its worker's memory. */
export const waitingProgressSchema = z.object({
  waits_for: z.string(),
  before: z.number().int().describe('How many wait that came before it'),
});
export type WaitingProgress = z.infer<typeof waitingProgressSchema>;
