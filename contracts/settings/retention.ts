import { z } from 'zod';
import { cronLineSchema } from '../cron.ts';
import { settingsOf } from './settings.ts';

const days = (fallback: number, purpose: string) => z.coerce.number().int().min(1).max(3_650).default(fallback).describe(purpose);

/** How long what is told of the past is kept. Answers of the model server and backups have settings of their own. */
export const RETENTION_SETTINGS = settingsOf(
  {
    HEALTH_KEPT_DAYS: days(7, 'Days for which is kept what services said of their health'),
    OUTCOMES_KEPT_DAYS: days(400, 'Days for which is kept what became of answers, by the hour'),
    RUN_LOGS_KEPT_DAYS: days(180, 'Days for which the log lines of steps of runs are kept; the runs themselves are for ever'),
    REJECTS_KEPT_DAYS: days(180, 'Days for which rows that imports set aside are kept, in processed/rejects/'),
    AUDIT_KEPT_DAYS: days(400, 'Days for which the audit log is kept'),
    RETENTION_CRON: cronLineSchema
      .default('15 2 * * *')
      .describe('When log lines of runs, rows that were set aside and entries of the audit log are removed, UTC'),
  },
  (env) => ({
    healthDays: env.HEALTH_KEPT_DAYS,
    outcomesDays: env.OUTCOMES_KEPT_DAYS,
    runLogsDays: env.RUN_LOGS_KEPT_DAYS,
    rejectsDays: env.REJECTS_KEPT_DAYS,
    auditDays: env.AUDIT_KEPT_DAYS,
  }),
);
export type RetentionSettings = Readonly<ReturnType<typeof RETENTION_SETTINGS.read>>;
