import { runOfAlert, type AlertsAnswer, type ReceivedAlert } from '../../contracts/alerts.ts';
import { alerts as described } from '../../contracts/endpoints/alerts.ts';
import { Failure } from '../../contracts/failures.ts';
import { API } from '../../contracts/metrics/api.ts';
import { runId } from '../../contracts/workflows.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { ApiDeps } from '../deps.ts';
import { launchRun } from '../launchRun.ts';
import { parseWorkflowInput } from '../workflowCatalogue.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

type Answered = AlertsAnswer['alerts'][number];
type AlertDeps = Pick<ApiDeps, 'pool' | 'runs' | 'metrics' | 'alertWorkflows' | 'log'>;

export function createAlertEndpoints({ pool, runs, metrics, alertWorkflows, log }: AlertDeps): Endpoint[] {
  const { alerts_received_total: received } = addMetrics(metrics, API.alerts);

  async function receive(given: ReceivedAlert, startedBy: string): Promise<Answered> {
    const { status, fingerprint, labels } = given;
    const alert = labels['alertname'] ?? '';
    const workflow = status === 'firing' ? alertWorkflows.get(alert) : undefined;
    if (workflow === undefined) return { alert, fingerprint, outcome: 'noted', run_id: null };
    const run = runOfAlert(given);
    const answer = { alert, fingerprint, run_id: runId(workflow, run) };
    try {
      await launchRun(
        { pool, runs },
        { workflow, run, input: parseWorkflowInput(workflow, {}), startedBy, note: `Started by the alert ${alert}` },
      );
      log.info({ alert, run_id: answer.run_id }, 'an alert starts a run');
      return { ...answer, outcome: 'started' };
    } catch (error) {
      if (error instanceof Failure && error.kind === 'conflict') return { ...answer, outcome: 'known' };
      throw error; // Alertmanager tells it again, and what has started is known then
    }
  }

  return [
    endpoint(described.receive, async ({ body, principal }) => {
      const answered: Answered[] = [];
      for (const alert of body.alerts) {
        const answer = await receive(alert, principal.name);
        received.inc({ status: alert.status, outcome: answer.outcome });
        answered.push(answer);
      }
      return { alerts: answered };
    }),
  ];
}
