import { z } from 'zod';
import { settingsOf, share } from './settings.ts';

export const QUALITY_SETTINGS = settingsOf(
  {
    QUALITY_MAX_REJECT_SHARE: share(0.05, 'Rows that may break a quality rule before data is not published, of all rows'),
    QUALITY_MAX_VOLUME_DROP: share(0.2, 'How far rows may fall below the median of the last published runs before data is not published'),
    QUALITY_VOLUME_RUNS: z.coerce.number().int().min(1).max(100).default(5).describe('Published runs that the median is taken of'),
    QUALITY_MAX_AGE_DAYS: z.coerce
      .number()
      .min(0)
      .optional()
      .describe('How old the newest rating may be when data is published; any age when missing'),
  },
  (env) => ({
    maxRejectShare: env.QUALITY_MAX_REJECT_SHARE,
    maxVolumeDrop: env.QUALITY_MAX_VOLUME_DROP,
    volumeRuns: env.QUALITY_VOLUME_RUNS,
    maxAgeDays: env.QUALITY_MAX_AGE_DAYS,
  }),
);
/**
 * How much may be wrong before data is not published: rows that break one rule, of all rows of their kind; how far rows may fall below the median of the
 * last published runs of the same data. Without a limit on the age where it is missing, as published sets are history.
 */
export type QualityBounds = Readonly<ReturnType<typeof QUALITY_SETTINGS.read>>;
