import { milliseconds, settingsOf } from './settings.ts';

export const DRIFT_SETTINGS = settingsOf(
  {
    DRIFT_DEBOUNCE_MS: milliseconds(10_000, 'Drift alerts that come within this time start one training'),
    DRIFT_COOL_DOWN_MS: milliseconds(600_000, 'After a drift retrain, the next one waits at least this long'),
  },
  (env) => ({ debounceMs: env.DRIFT_DEBOUNCE_MS, coolDownMs: env.DRIFT_COOL_DOWN_MS }),
);
export type DriftSettings = Readonly<ReturnType<typeof DRIFT_SETTINGS.read>>;
