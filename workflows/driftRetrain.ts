import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  condition,
  continueAsNew,
  defineSignal,
  deprecatePatch,
  executeChild,
  isCancellation,
  log,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { fieldErrorsOf, fieldErrorsText } from '../contracts/bounded.ts';
import {
  driftRetrainInputSchema,
  MAX_HANDLED_ALERTS,
  MAX_PENDING_ALERTS,
  waitingAlertSchema,
  type DriftRetrainInput,
  type DriftRetrainResult,
  type WaitingAlert,
} from '../contracts/events.ts';
import { specOfName } from '../contracts/models.ts';
import { trainingInputSchema } from '../contracts/training.ts';
import { DRIFT_ALERT_SIGNAL, runId } from '../contracts/workflows.ts';
import { movieTrainingPipeline } from './movieTrainingPipeline.ts';
import { parseInput } from './parseInput.ts';
import { tellToo } from './tellState.ts';

const driftAlert = defineSignal<[WaitingAlert]>(DRIFT_ALERT_SIGNAL);
const hurry = defineSignal('hurry');

/**
 * Answers drift alerts of one model: waits until no more come at once, trains the model, cools down, and begins again when alerts came meanwhile.
 * However often an alert is delivered, it is acted on once. However many come, what is carried over when it continues as new is small.
 */
export async function driftRetrain(given: DriftRetrainInput): Promise<DriftRetrainResult> {
  const input = parseInput(driftRetrainInputSchema, given);
  const { model_name, debounce_ms, cool_down_ms } = input;
  const alerts = createAlertInbox(input);
  const hasty = createHastyWaits();
  let { retrains, failed, cool_down_left_ms } = input;
  setHandler(driftAlert, alerts.receive, { description: 'A drift alert of the model: `{"event_id": <uuid>, "drift_score": 0.85}`' });
  setHandler(hurry, hasty.hurry, { description: 'Ends the wait for more alerts, or the cool-down, at once' });
  tellToo(() => waitingText(alerts.pending().length));

  do {
    if (cool_down_left_ms === 0) {
      await hasty.wait(debounce_ms, 'waits for more alerts');
      const first = alerts.takeAll()[0];
      if (!first) break; // started without an alert
      retrains += 1;
      if (!(await trained(model_name, first))) failed += 1;
      cool_down_left_ms = cool_down_ms;
    }
    cool_down_left_ms = await coolDown(cool_down_left_ms, hasty.wait);
    if (cool_down_left_ms > 0 || (alerts.pending().length > 0 && workflowInfo().continueAsNewSuggested)) {
      await continueAsNew<typeof driftRetrain>({
        model_name,
        debounce_ms,
        cool_down_ms,
        cool_down_left_ms,
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
 * Waits; where alerts make the history long meanwhile, another execution is to wait for the rest, since Temporal takes 10,000 signals of one.
 * @returns what is left, in ms
 */
async function coolDown(ms: number, wait: HastyWaits['wait']): Promise<number> {
  deprecatePatch('cool-down-continues-as-new'); // runs that began under 0.3.0 have its marker
  const until = Date.now() + ms;
  const ended = await wait(ms, 'cools down', () => workflowInfo().continueAsNewSuggested);
  return ended === 'early' ? Math.max(0, until - Date.now()) : 0;
}

type HastyWaits = ReturnType<typeof createHastyWaits>;

/** Waits that a signal ends; one that comes when nothing waits is of no effect. */
function createHastyWaits() {
  let isHurried = false;
  return {
    hurry: (): void => void (isHurried = true),
    /** @returns `early` where `endsEarly` ended it */
    wait: async (ms: number, summary: string, endsEarly: () => boolean = () => false): Promise<'ended' | 'early'> => {
      isHurried = false;
      // At least a millisecond: none at all means to `condition` that it waits for ever.
      await condition(() => isHurried || endsEarly(), Math.max(1, ms), { summary });
      return !isHurried && endsEarly() ? 'early' : 'ended';
    },
  };
}

/**
 * Trains the model as a run of its own, once. The run is named after the first alert that it answers, so that its id is the same in a replay
 * and different in every other execution.
 * @returns whether it succeeded; the run's own steps tell why it did not
 */
async function trained(name: DriftRetrainInput['model_name'], first: WaitingAlert): Promise<boolean> {
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

const waitingText = (alerts: number) => (alerts === 0 ? null : alerts === 1 ? '1 alert waits' : `${alerts} alerts wait`);

/** Alerts that wait, and the ids of those that were taken: a repeated alert is in one of the two. */
function createAlertInbox(carried: { pending: WaitingAlert[]; handled: string[] }) {
  let pending = carried.pending.slice(0, MAX_PENDING_ALERTS);
  let handled = carried.handled.slice(-MAX_HANDLED_ALERTS);
  const isKnown = (id: string) => handled.includes(id) || pending.some((alert) => alert.event_id === id);
  return {
    receive: (given: WaitingAlert): void => {
      const alert = waitingAlertSchema.safeParse(given);
      if (!alert.success)
        return log.warn('a signal that is no drift alert was dropped', { error: fieldErrorsText(fieldErrorsOf(alert.error, 'alert')) });
      if (isKnown(alert.data.event_id)) return;
      if (pending.length < MAX_PENDING_ALERTS) pending.push(alert.data);
      else log.info('the next training answers this alert too', { event_id: alert.data.event_id });
    },
    takeAll: (): WaitingAlert[] => {
      const taken = pending;
      pending = [];
      handled = [...handled, ...taken.map(({ event_id }) => event_id)].slice(-MAX_HANDLED_ALERTS);
      return taken;
    },
    pending: () => pending,
    handled: () => handled,
  };
}
