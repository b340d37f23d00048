import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { startWords } from '../../contracts/aboutRun.ts';
import type { DriftAlertEvent, DriftRetrainInput, DriftRetrainResult, Topic, WaitingAlert } from '../../contracts/events.ts';
import type { DriftSettings } from '../../contracts/settings/drift.ts';
import { DRIFT_ALERT_SIGNAL, driftRetrainId, TASK_QUEUES, type WorkflowName } from '../../contracts/workflows.ts';
import type { Logger } from '../../platform/log.ts';
import { startWith } from '../../platform/temporal/searchAttributes.ts';
import { withTemporalDeadline } from '../../platform/temporal/client.ts';

const WORKFLOW: WorkflowName = 'driftRetrain';
/** The topic that the alerts come from. */
const STARTED_BY_ALERTS = 'kafka/model-drift-alerts' satisfies `kafka/${Topic}`;
type AlertToSignal = Pick<DriftAlertEvent, 'model_name' | 'event_id' | 'drift_score'>;

/**
 * Hands an alert to its model's `driftRetrain`, which is started where it does not run. A running one drops an alert it has met; one that has
 * ended is asked for the alerts it acted on, so that an alert handed on twice starts nothing either way.
 */
export const createDriftSignal =
  ({ temporal, drift, log }: { temporal: Client; drift: DriftSettings; log: Logger }) =>
  async ({ model_name, event_id, drift_score }: AlertToSignal): Promise<void> => {
    const workflowId = driftRetrainId(model_name);
    if ((await withTemporalDeadline(temporal, () => handledByLastRun(temporal, workflowId))).includes(event_id)) return;
    const input: DriftRetrainInput = {
      model_name,
      debounce_ms: drift.debounceMs,
      cool_down_ms: drift.coolDownMs,
      most_a_day: drift.mostRunsADay,
      promotion: drift.promotion,
      ...(drift.canaryStages && { stages: drift.canaryStages }),
    };
    const start = { workflowId, taskQueue: TASK_QUEUES.control, args: [input] };
    const signal = { signal: DRIFT_ALERT_SIGNAL, signalArgs: [{ event_id, drift_score } satisfies WaitingAlert] };
    await withTemporalDeadline(temporal, () =>
      startWith(startWords(WORKFLOW, input, STARTED_BY_ALERTS), (words) =>
        temporal.workflow.signalWithStart(WORKFLOW, { ...start, ...signal, ...words }),
      ),
    );
    log.info({ event_id, workflow_id: workflowId, drift_score }, 'drift alert handed on');
  };

async function handledByLastRun(temporal: Client, workflowId: string): Promise<readonly string[]> {
  const handle = temporal.workflow.getHandle<() => Promise<DriftRetrainResult>>(workflowId);
  try {
    const { status } = await handle.describe();
    return status.name === 'COMPLETED' ? (await handle.result()).handled : [];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}
