import { z } from 'zod';
import { driftPromotionSchema } from '../events.ts';
import { milliseconds, settingsOf } from './settings.ts';

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
  },
  (env) => ({
    debounceMs: env.DRIFT_DEBOUNCE_MS,
    coolDownMs: env.DRIFT_COOL_DOWN_MS,
    mostRunsADay: env.DRIFT_MOST_RUNS_A_DAY,
    promotion: env.DRIFT_PROMOTION,
  }),
);
export type DriftSettings = Readonly<ReturnType<typeof DRIFT_SETTINGS.read>>;
