import { z } from 'zod';
import { gateVerdictSchema, metricsSchema, type Metrics } from './training.ts';

/** Labels of a version, kept for MLflow's users. What serves is decided by the alias `champion`. */
const stageSchema = z.enum(['None', 'Staging', 'Production', 'Archived']);
export type Stage = z.infer<typeof stageSchema>;

export type RegistryRunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

const tagsSchema = z.record(z.string(), z.string());
export type Tags = z.infer<typeof tagsSchema>;

const modelVersionSchema = z.object({
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
  aliases: z.array(z.string()),
  metrics: metricsSchema.describe("The latest value of each of its run's metrics"),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type ModelVersion = z.infer<typeof modelVersionSchema>;

/** A version with what it was made by. */
export const modelVersionDetailSchema = modelVersionSchema.extend({
  params: z.record(z.string(), z.string()).describe('Hyper-parameters, those that were left out by the size of the data'),
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

export const registeredModelDetailSchema = registeredModelSchema.extend({ versions: z.array(modelVersionSchema) });
export type RegisteredModelDetail = z.infer<typeof registeredModelDetailSchema>;

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
