import { z } from 'zod';
import { gateVerdictSchema, metricsSchema } from './training.ts';

/** Labels of a version, kept for MLflow's users. What serves is decided by the alias `champion`. */
export const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;
export const stageSchema = z.enum(STAGES);
export type Stage = (typeof STAGES)[number];

export const RUN_STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
export type RegistryRunStatus = (typeof RUN_STATUSES)[number];

const tagsSchema = z.record(z.string(), z.string());
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
  aliases: z.array(z.string()),
  metrics: metricsSchema.describe("The latest value of each of its run's metrics"),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type ModelVersion = z.infer<typeof modelVersionSchema>;

export const registeredModelSchema = z.object({
  name: z.string(),
  description: z.string(),
  tags: tagsSchema,
  aliases: z.record(z.string(), z.string()).describe('Version by alias'),
  latest_versions: z.array(modelVersionSchema).describe('The newest of each stage'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
});
export type RegisteredModel = z.infer<typeof registeredModelSchema>;

export const registeredModelDetailSchema = registeredModelSchema.extend({ versions: z.array(modelVersionSchema) });
export type RegisteredModelDetail = z.infer<typeof registeredModelDetailSchema>;

export const registryRunSchema = z.object({
  registry_run_id: z.string(),
  experiment_id: z.string(),
  name: z.string(),
  user_id: z.string(),
  status: z.enum(RUN_STATUSES),
  artifact_uri: z.string(),
  origin: z.string().nullable(),
  params: z.record(z.string(), z.string()),
  metrics: metricsSchema.describe('The latest value of each'),
  tags: tagsSchema,
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
});
export type RegistryRun = z.infer<typeof registryRunSchema>;
