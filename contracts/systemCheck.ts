import { z } from 'zod';

/** What is asked of the nine systems of the guide, in its order: a name for each, since two of them ask Airflow, and monitoring is two programs. */
export const SYSTEM_PARTS = [
  'data_pipeline',
  'feature_store',
  'version_control',
  'ci',
  'orchestration',
  'model_registry',
  'model_serving',
  'prometheus',
  'grafana',
  'events',
] as const;

export type SystemPart = (typeof SYSTEM_PARTS)[number];

/** Number and name of one of the nine, as the guide has them. */
export const SYSTEM_NAMES: Readonly<Record<SystemPart, string>> = {
  data_pipeline: '1 data pipeline',
  feature_store: '2 feature store',
  version_control: '3 version control',
  ci: '4 CI/CD',
  orchestration: '5 orchestration',
  model_registry: '6 model registry',
  model_serving: '7 model serving',
  prometheus: '8 monitoring',
  grafana: '8 monitoring',
  events: '9 events',
};

export const SYSTEM_STATES = ['ok', 'failed', 'absent'] as const;

export const systemCheckSchema = z.object({
  system: z.string().describe('Number and name of one of the nine, as the guide has them'),
  part: z.enum(SYSTEM_PARTS),
  asked: z.string().describe('As a person would ask it'),
  state: z.enum(SYSTEM_STATES).describe('absent: it is not installed here, and the rest goes on without it'),
  answer: z.string().describe('What answered, or why it did not'),
  ms: z.number(),
});
/** How one of the nine systems of the guide answered. */
export type SystemCheck = z.infer<typeof systemCheckSchema>;

export const fullSystemCheckInputSchema = z.strictObject({});
export type FullSystemCheckInput = z.input<typeof fullSystemCheckInputSchema>;

export const fullSystemCheckResultSchema = z.object({
  ok: z.boolean().describe('None of them failed'),
  checked_at: z.iso.datetime(),
  systems: z.array(systemCheckSchema),
});
export type FullSystemCheckResult = z.infer<typeof fullSystemCheckResultSchema>;
