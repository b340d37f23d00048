import { z } from 'zod';
import { settingsOf } from './settings.ts';

/** How much each caller may ask. */
export const ACCESS_SETTINGS = settingsOf(
  {
    RATE_LIMIT_PER_MINUTE: z.coerce
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .describe(
        'Requests a minute that each key, or each address without one, may send to each process; 0: as many as they like. A key may have its own',
      ),
  },
  (env) => ({ requestsPerMinute: env.RATE_LIMIT_PER_MINUTE }),
);
