import { alertsAnswerSchema, alertsBodySchema } from '../alerts.ts';
import type { EndpointDescription } from './endpoint.ts';

/** What Alertmanager tells. */
export const alerts = {
  receive: {
    method: 'post',
    path: '/api/v1/alerts/webhook',
    tag: 'alerts',
    role: 'operator',
    summary: 'Take alerts of Alertmanager; one that ALERT_WORKFLOWS names starts its workflow, once however often it is told',
    body: alertsBodySchema,
    answer: alertsAnswerSchema,
  },
} as const satisfies Record<string, EndpointDescription>;
