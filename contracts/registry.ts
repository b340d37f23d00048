import { z } from 'zod';
import { byName } from './byName.ts';
import { gateVerdictSchema, type Metrics } from './training.ts';

/** Labels of a version, kept for MLflow's users. What serves is decided by the alias `champion`. */
export const stageSchema = z.enum(['None', 'Staging', 'Production', 'Archived']);
export type Stage = z.infer<typeof stageSchema>;

export type RegistryRunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

const tagsSchema = byName(z.string());
export type Tags = z.infer<typeof tagsSchema>;

export const modelVersionSchema = z.object({
  name: z.string(),
  version: z.string(),
  source: z.string().describe('Blob folder of the model'),
  registry_run_id: z.string().nullable(),
  stage: stageSchema,
  status: z.enum(['PENDING_REGISTRATION', 'FAILED_REGISTRATION', 'READY']),
  description: z.string(),
  gate: gateVerdictSchema.nullable().describe('What the gate said; null where nobody judged'),
  origin: z.string().nullable().describe("The pipeline run that registered it; null for a client's own versions"),
  tags: tagsSchema,
  learnt_from_erased: z
    .number()
    .int()
    .optional()
    .describe(
      'Users that it learnt from and that were erased since, where there are any; a version that is trained anew knows none of them',
    ),
  aliases: z.array(z.string()),
  metrics: byName(z.number()).describe("The latest value of each of its run's metrics"),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type ModelVersion = z.infer<typeof modelVersionSchema>;

/** Beside the answer to who makes a version champion. */
export const championWarning = {
  warning: z.string().optional().describe('Where a client logged the version: it is not served, and what answered before goes on'),
};

/** A version with what it was made by. */
export const modelVersionDetailSchema = modelVersionSchema.extend({
  params: byName(z.string()).describe('Hyper-parameters, those that were left out by the size of the data'),
  run_tags: tagsSchema.describe(
    'Of its run: `snapshot_id`, `data_sets`, `parameters` (how many numbers it learnt), `code_version`, `backend` and more',
  ),
});
export type ModelVersionDetail = z.infer<typeof modelVersionDetailSchema>;

export const registeredModelSchema = z.object({
  name: z.string(),
  description: z.string(),
  tags: tagsSchema,
  aliases: z.record(z.string(), z.string()).describe('Version by alias'),
  latest_versions: z.array(modelVersionSchema).describe('The newest of each stage, and those that an alias names'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type RegisteredModel = z.infer<typeof registeredModelSchema>;

export const registeredModelDetailSchema = registeredModelSchema.extend({
  versions: z.array(modelVersionSchema).describe('Newest first'),
  next_cursor: z.string().nullable().describe('Where the next page of versions begins; null where there are no more'),
});
export type RegisteredModelDetail = z.infer<typeof registeredModelDetailSchema>;

/** One change of an alias or a stage. */
export const registryChangeSchema = z.object({
  change: z.enum(['alias', 'stage']),
  alias: z.string().nullable().describe('Null where the stage changed'),
  version: z.string().describe('That it is about; of an alias that was taken away, the one that had it'),
  from: z.string().nullable().describe('The version of the alias, or the stage, before; null where there was none'),
  to: z.string().nullable().describe('Null where the alias names none any more'),
  by: z.string().describe('Who changed it'),
  reason: z.string(),
  at: z.iso.datetime(),
});
export type RegistryChange = z.infer<typeof registryChangeSchema>;

/** The figures of some versions side by side. */
export const comparisonSchema = z.object({
  name: z.string(),
  versions: z.array(z.string()),
  same_data: z.boolean().nullable().optional().describe('Whether all were learnt from and judged on one snapshot; null where one has none'),
  metrics: z.array(
    z.object({
      metric: z.string(),
      better: z.enum(['higher', 'lower']).nullable().describe('Null of a metric that is not one of ours'),
      values: z.record(z.string(), z.number().nullable()).describe('By version; null where it was not measured'),
      best: z.string().nullable().describe('The version with the best figure; null where none is, or two are alike'),
    }),
  ),
});
export type Comparison = z.infer<typeof comparisonSchema>;

/** What a version was made of, when it was champion, and where it answers. */
export const lineageSchema = z.object({
  data: z.object({ sets: z.array(z.string()), snapshot_id: z.string().nullable() }),
  run: z
    .object({
      registry_run_id: z.string(),
      experiment: z.string(),
      name: z.string(),
      user_id: z.string(),
      status: z.string(),
      started_at: z.iso.datetime(),
      ended_at: z.iso.datetime().nullable(),
      params: byName(z.string()),
      code_version: z.string().nullable(),
      backend: z.string().nullable(),
    })
    .nullable(),
  version: modelVersionSchema,
  parameters: z.number().int().nullable().describe('How many numbers it learnt; null where that is not known'),
  champion: z.array(
    z.object({
      from: z.iso.datetime(),
      until: z.iso.datetime().nullable().describe('Null while it is'),
      by: z.string(),
      reason: z.string(),
    }),
  ),
  routes: z.array(
    z.object({
      route: z.string(),
      variant: z.string(),
      preference: z.number().int().describe('1: the variant asks this model first'),
      serves: z.boolean().describe('Whether this version is the one that is asked'),
    }),
  ),
});
export type Lineage = z.infer<typeof lineageSchema>;

/** What runs are kept under. */
export const experimentSchema = z.object({
  experiment_id: z.string(),
  name: z.string(),
  description: z.string(),
  runs: z.number().int(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type Experiment = z.infer<typeof experimentSchema>;

/** A run of an experiment. Times are ISO 8601. */
export interface RegistryRun {
  registry_run_id: string;
  experiment_id: string;
  name: string;
  user_id: string;
  status: RegistryRunStatus;
  origin: string | null;
  /** Of a trial: the run of its sweep */
  parent_run_id: string | null;
  params: Record<string, string>;
  /** The latest value of each. */
  metrics: Metrics;
  tags: Tags;
  started_at: string;
  ended_at: string | null;
}

/** How another MLflow server that the registry is logged to stands. */
export const mirrorStateSchema = z.object({
  target: z.string().describe('The address of the server'),
  reached_at: z.iso.datetime().nullable().describe('The last time that it answered; null: never'),
  failure: z.string().nullable().describe('Why it was not reached since; null where it was'),
  behind: z
    .object({ runs: z.number().int(), models: z.number().int(), versions: z.number().int() })
    .describe('How many it does not have yet as they are now, or has though they were deleted'),
  refused: z.array(z.string()).describe('What it did not take, and why; the last few'),
});
export type MirrorState = z.infer<typeof mirrorStateSchema>;
