import { ALERTS, runbookUrl, type Alert } from './alerts.ts';
import { RECORDINGS } from './recordings.ts';
import type { Yaml } from './yaml.ts';

/** The rules as Prometheus reads them. */
export const rules = (): Yaml => ({
  groups: [
    { name: 'recordings', rules: RECORDINGS.map(({ record, expr }) => ({ record, expr })) },
    { name: 'alerts', rules: Object.entries(ALERTS).map(ruleOf) },
  ],
});

const ruleOf = ([alert, { expr, for: holds, severity, summary }]: [string, Alert]): Yaml => ({
  ...{ alert, expr, for: holds, labels: { severity } },
  annotations: annotationsOf(alert, summary),
});

export const annotationsOf = (alert: string, summary: string) => ({ summary, runbook_url: runbookUrl(alert) });
