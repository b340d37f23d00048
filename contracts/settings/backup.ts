import { z } from 'zod';
import { cronLineSchema } from '../cron.ts';
import { settingsOf } from './settings.ts';

export const BACKUP_SETTINGS = settingsOf(
  {
    BACKUP_URL: z
      .string()
      .regex(/^file:.|^s3:\/\/[a-z\d][a-z\d.-]+(\/.*)?$/, 'file:<folder> or s3://<bucket>/<prefix>')
      .optional()
      .describe(
        'Where backups are written to, file:<folder> or s3://<bucket>/<prefix>, of this platform alone; without it none are taken by themselves',
      ),
    BACKUP_KEY: z
      .string()
      .min(32)
      .optional()
      .describe(
        'What backups are encrypted with, 32 characters or more; without it they are written as they are. Keep it elsewhere: without it a backup is lost',
      ),
    BACKUP_KEPT_DAYS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3_650)
      .default(30)
      .describe('Days for which a backup is kept; the newest always is'),
    BACKUP_CRON: cronLineSchema.default('0 1 * * *').describe('When a backup is taken, UTC'),
    BACKUP_DRILL_CRON: cronLineSchema.default('0 2 * * 1').describe('When the newest backup is restored into a scratch database, UTC'),
  },
  (env) => ({ url: env.BACKUP_URL, key: env.BACKUP_KEY, keptDays: env.BACKUP_KEPT_DAYS }),
);
export type BackupSettings = Readonly<ReturnType<typeof BACKUP_SETTINGS.read>>;
