import { z } from 'zod';
import { STARTABLE_WORKFLOWS, type StartableWorkflow } from '../workflows.ts';
import { settingsOf } from './settings.ts';

const PAIR = /^([A-Z]\w{0,99})=(\w+)$/;

/** `Alert=workflow` entries. */
const alertWorkflows = z
  .string()
  .default('')
  .transform((text, context) => {
    const found = new Map<string, StartableWorkflow>();
    for (const entry of text.split(',').map((part) => part.trim())) {
      if (entry === '') continue;
      const [, alert, name] = PAIR.exec(entry) ?? [];
      const workflow = STARTABLE_WORKFLOWS.find((known) => known === name);
      if (alert !== undefined && workflow !== undefined) found.set(alert, workflow);
      else context.addIssue(`entry "${entry}" must be Alert=workflow, the workflow one of ${STARTABLE_WORKFLOWS.join(', ')}`);
    }
    return found;
  });

/** Who is told of alerts, and what an alert may start. */
export const MONITORING_SETTINGS = settingsOf(
  {
    PROMETHEUS_PROGRAM: z
      .string()
      .optional()
      .describe('The program that `npm start` runs as Prometheus [the one on PATH, else the one of the cache]'),
    ALERTMANAGER_PROGRAM: z.string().optional().describe('The same of Alertmanager'),
    GRAFANA_PROGRAM: z.string().optional().describe('The program that `npm start` runs as Grafana [the one on PATH]'),
    GRAFANA_PASSWORD: z.string().optional().describe('Password of its user admin at the first start [admin123]'),
    GRAFANA_URL: z
      .url()
      .optional()
      .describe("Grafana that `mlops check` asks, where it is somebody else's; none is started here [http://127.0.0.1:<GRAFANA_PORT>]"),
    PROMETHEUS_URL: z
      .url()
      .optional()
      .describe(
        "Prometheus that `mlops check` asks, where it is somebody else's; none is started here [http://127.0.0.1:<PROMETHEUS_PORT>]",
      ),
    PROMETHEUS_KEPT_DAYS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3_650)
      .default(30)
      .describe('Days for which the started Prometheus keeps what it measured'),
    ALERT_WORKFLOWS: alertWorkflows.describe(
      'What an alert may start, Alert=workflow, comma separated, such as FeaturesAreOld=featureMaterialization; nothing where it is empty',
    ),
    ALERT_SLACK_URL: z.url().optional().describe('Incoming webhook of Slack that is told of alerts'),
    ALERT_WEBHOOK_URL: z.url().optional().describe("Webhook of your own that is told of alerts, in Alertmanager's format"),
    ALERT_MAIL_TO: z.string().optional().describe('Who gets alerts by mail; needs ALERT_MAIL_FROM and ALERT_SMTP_HOST'),
    ALERT_MAIL_FROM: z.string().optional().describe('Sender of these mails'),
    ALERT_SMTP_HOST: z
      .string()
      .regex(/^[^\s/@]+:\d{1,5}$/, 'a host and a port, such as mail:587')
      .optional()
      .describe('Host and port that takes them, by STARTTLS'),
    ALERT_SMTP_USERNAME: z.string().optional().describe('User there'),
    ALERT_SMTP_PASSWORD: z.string().optional().describe('Password of that user'),
  },
  (env) => ({
    programs: { prometheus: env.PROMETHEUS_PROGRAM, alertmanager: env.ALERTMANAGER_PROGRAM, grafana: env.GRAFANA_PROGRAM },
    external: env.PROMETHEUS_URL !== undefined,
    grafanaExternal: env.GRAFANA_URL !== undefined,
    grafanaPassword: env.GRAFANA_PASSWORD,
    keptDays: env.PROMETHEUS_KEPT_DAYS,
    alertWorkflows: env.ALERT_WORKFLOWS,
    told: {
      slackUrl: env.ALERT_SLACK_URL,
      webhookUrl: env.ALERT_WEBHOOK_URL,
      mail:
        env.ALERT_MAIL_TO === undefined || env.ALERT_MAIL_FROM === undefined || env.ALERT_SMTP_HOST === undefined
          ? undefined
          : {
              ...{ to: env.ALERT_MAIL_TO, from: env.ALERT_MAIL_FROM, smarthost: env.ALERT_SMTP_HOST },
              ...{ username: env.ALERT_SMTP_USERNAME, password: env.ALERT_SMTP_PASSWORD },
            },
    },
  }),
);
export type MonitoringSettings = Readonly<ReturnType<typeof MONITORING_SETTINGS.read>>;

/** What is missing of a mail's way, by name. */
export const checkMonitoring = (env: {
  readonly ALERT_MAIL_TO?: string | undefined;
  readonly ALERT_MAIL_FROM?: string | undefined;
  readonly ALERT_SMTP_HOST?: string | undefined;
}): { name: string; message: string }[] =>
  env.ALERT_MAIL_TO === undefined
    ? []
    : (['ALERT_MAIL_FROM', 'ALERT_SMTP_HOST'] as const)
        .filter((name) => env[name] === undefined)
        .map((name) => ({ name, message: 'missing, though ALERT_MAIL_TO is set' }));
