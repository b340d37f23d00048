import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { continueAsNew, defineSignal, executeChild, isCancellation, log, setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import {
  driftAlertEventSchema,
  driftRetrainInputSchema,
  MAX_HANDLED_ALERTS,
  type DriftAlertEvent,
  type DriftRetrainInput,
  type DriftRetrainResult,
} from '../contracts/events.ts';
import { specOfName } from '../contracts/models.ts';
import { trainingInputSchema } from '../contracts/training.ts';
import { DRIFT_ALERT_SIGNAL, runId } from '../contracts/workflows.ts';
import { movieTrainingPipeline } from './movieTrainingPipeline.ts';
import { parseInput } from './parseInput.ts';

const driftAlert = defineSignal<[DriftAlertEvent]>(DRIFT_ALERT_SIGNAL);

/**
 * Answers drift alerts of one model: waits until no more come at once, trains the model, cools down, and begins again when alerts came meanwhile.
 * However often an alert is delivered, it is acted on once.
 */
export async function driftRetrain(given: DriftRetrainInput): Promise<DriftRetrainResult> {
  const input = parseInput(driftRetrainInputSchema, given);
  const { model_name, debounce_ms, cool_down_ms } = input;
  const alerts = createAlertInbox(input);
  let { retrains, failed } = input;
  setHandler(driftAlert, alerts.receive);

  do {
    await sleep(debounce_ms, { summary: 'debounce' });
    const first = alerts.takeAll()[0];
    if (!first) break; // started without an alert
    retrains += 1;
    if (!(await trained(model_name, first))) failed += 1;
    await sleep(cool_down_ms, { summary: 'cool down' });
    if (alerts.pending().length > 0 && workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof driftRetrain>({
        model_name,
        debounce_ms,
        cool_down_ms,
        pending: alerts.pending(),
        handled: alerts.handled(),
        retrains,
        failed,
      });
    }
  } while (alerts.pending().length > 0);
  return { retrains, failed, handled: alerts.handled() };
}

/**
 * Trains the model as a run of its own, once. The run is named after the first alert that it answers, so that its id is the same in a replay
 * and different in every other execution.
 * @returns whether it succeeded; the run's own steps tell why it did not
 */
async function trained(name: DriftRetrainInput['model_name'], first: DriftAlertEvent): Promise<boolean> {
  const workflowId = runId('movieTrainingPipeline', `drift-${name}-${first.event_id}`);
  try {
    await executeChild(movieTrainingPipeline, {
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      args: [trainingInputSchema.parse({ models: [specOfName(name)] })],
      staticSummary: `drift ${first.drift_score} of ${name}`,
    });
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    if (error instanceof WorkflowExecutionAlreadyStartedError) return true; // an earlier execution answered this alert
    log.warn('training after drift failed', { training_run_id: workflowId, error });
    return false;
  }
}

/** Alerts that wait, and the ids of those that were taken: a repeated alert is in one of the two. */
function createAlertInbox(carried: { pending: DriftAlertEvent[]; handled: string[] }) {
  let pending = [...carried.pending];
  let handled = [...carried.handled];
  const isKnown = (id: string) => handled.includes(id) || pending.some((alert) => alert.event_id === id);
  return {
    receive: (given: DriftAlertEvent): void => {
      const alert = driftAlertEventSchema.safeParse(given);
      if (!alert.success) return log.warn('a signal that is no drift alert was dropped', { error: alert.error.message });
      if (!isKnown(alert.data.event_id)) pending.push(alert.data);
    },
    takeAll: (): DriftAlertEvent[] => {
      const taken = pending;
      pending = [];
      handled = [...handled, ...taken.map(({ event_id }) => event_id)].slice(-MAX_HANDLED_ALERTS);
      return taken;
    },
    pending: () => pending,
    handled: () => handled,
  };
}
