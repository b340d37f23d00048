import { z } from 'zod';
import { canaryStagesSchema, readStage } from '../canaryStages.ts';
import { driftPromotionSchema } from '../events.ts';
import { milliseconds, settingsOf } from './settings.ts';

function readStages(text: string) {
  const stages = text.trim().split(/\s+/).map(readStage);
  return stages.every((stage) => stage !== undefined) ? stages : undefined;
}

function refused(text: string, context: z.RefinementCtx): typeof z.NEVER {
  context.addIssue({ code: 'custom', message: 'is a list of SHARE[:MINUTES[:ANSWERS]], with a space between them', input: text });
  return z.NEVER;
}

export const DRIFT_SETTINGS = settingsOf(
  {
    DRIFT_DEBOUNCE_MS: milliseconds(10_000, 'Drift alerts that come within this time start one training'),
    DRIFT_COOL_DOWN_MS: milliseconds(600_000, 'After a drift retrain, the next one waits at least this long'),
    DRIFT_MOST_RUNS_A_DAY: z.coerce
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(4)
      .describe('Drift retrains of a model within 24 hours, at most'),
    DRIFT_PROMOTION: driftPromotionSchema
      .default('gate')
      .describe(
        'What makes a version champion that drift led to: `gate`, at once where the gate lets it, or `canary`, a rollout on the default route',
      ),
    DRIFT_CANARY_STAGES: z
      .string()
      .transform((text, context) => readStages(text) ?? refused(text, context))
      .pipe(canaryStagesSchema)
      .optional()
      .describe(
        'Stages of such a rollout, each SHARE[:MINUTES[:ANSWERS]], such as 0.1:30:500 1:60:2000 [0.01:10:100 0.1:30:1000 0.5:60:1000 1:10:1000]',
      ),
  },
  (env) => ({
    debounceMs: env.DRIFT_DEBOUNCE_MS,
    coolDownMs: env.DRIFT_COOL_DOWN_MS,
    mostRunsADay: env.DRIFT_MOST_RUNS_A_DAY,
    promotion: env.DRIFT_PROMOTION,
    canaryStages: env.DRIFT_CANARY_STAGES,
  }),
);
export type DriftSettings = Readonly<ReturnType<typeof DRIFT_SETTINGS.read>>;
