import { z } from 'zod';
import { recordOf } from './bounded.ts';
import { ID_CHARACTERS } from './sizes.ts';
import { plainText } from './text.ts';

const MOST_ALERTS = 1_000;
const MOST_LABELS = 100;
const LABEL_CHARACTERS = 4_000;
const TIME_CHARACTERS = 50;

const labels = recordOf(plainText(ID_CHARACTERS), z.string().max(LABEL_CHARACTERS), MOST_LABELS);

const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: labels.describe('`alertname` says which alert it is'),
  startsAt: z.iso.datetime({ offset: true }).max(TIME_CHARACTERS),
  fingerprint: z
    .string()
    .regex(/^[\da-f]{1,64}$/, 'hexadecimal digits')
    .describe("Of the alert's labels"),
});

/** What Alertmanager sends to a webhook, as far as it is read. */
export const alertsBodySchema = z.object({
  version: z.literal('4'),
  alerts: z.array(alertSchema).max(MOST_ALERTS),
});
export type ReceivedAlert = z.infer<typeof alertSchema>;

const ALERT_OUTCOMES = ['started', 'known', 'noted'] as const;
export const alertsAnswerSchema = z.object({
  alerts: z.array(
    z.object({
      alert: z.string(),
      fingerprint: z.string(),
      outcome: z
        .enum(ALERT_OUTCOMES)
        .describe(
          '`started`: a run; `known`: it was told before, and its run stands; `noted`: it starts nothing (ALERT_WORKFLOWS), or it is over',
        ),
      run_id: z.string().nullable(),
    }),
  ),
});
export type AlertsAnswer = z.infer<typeof alertsAnswerSchema>;

/** The name of the run that an alert starts: told again, it is the same one. */
export const runOfAlert = ({ fingerprint, startsAt }: Pick<ReceivedAlert, 'fingerprint' | 'startsAt'>): string =>
  `alert-${fingerprint}-${new Date(startsAt).toISOString().replace(/[-:]/g, '')}`;
