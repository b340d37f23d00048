import { rootCause, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  deprecatePatch,
  executeChild,
  isCancellation,
  log,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { CanaryActivities } from '../activities/canary.ts';
import type { DriftActivities } from '../activities/drift.ts';
import type { CanaryInput } from '../contracts/canary.ts';
import { clip, fieldErrorsOf, fieldErrorsText } from '../contracts/bounded.ts';
import {
  driftRetrainInputSchema,
  MAX_HANDLED_ALERTS,
  MAX_PENDING_ALERTS,
  waitingAlertSchema,
  type DriftRetrainInput,
  type DriftRetrainPlan,
  type DriftRetrainResult,
  type WaitingAlert,
} from '../contracts/events.ts';
import { specOfName, type ModelName } from '../contracts/models.ts';
import { trainingInputSchema, type ModelVersionRef } from '../contracts/training.ts';
import { canaryId, DRIFT_ALERT_SIGNAL, runId, WORKFLOWS } from '../contracts/workflows.ts';
import { canaryRollout } from './canaryRollout.ts';
import { movieTrainingPipeline } from './movieTrainingPipeline.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';
import { tellToo } from './tellState.ts';

const { openDriftDecision, findRolloutRoute, closeDriftDecision } = stepsOf(WORKFLOWS.driftRetrain.steps).by<
  DriftActivities & CanaryActivities
>();

/** One rollout goes on on a route at a time: the next one looks for its turn after a minute, then twice as late each time, up to an hour. */
const FIRST_TURN_MS = 60_000;
const LATEST_TURN_MS = 3_600_000;
const MOST_TURNS = 400;

const driftAlert = defineSignal<[WaitingAlert]>(DRIFT_ALERT_SIGNAL);
const hurry = defineSignal('hurry');

/**
 * Answers drift alerts of one model: waits until no more come at once, trains the model, keeps whether the gate promoted what it learnt, cools down, and begins
 * again when alerts came meanwhile. Where as many were trained within a day as may be, it waits until there is room.
 * However often an alert is delivered, it is acted on once. However many come, what is carried over when it continues as new is small.
 */
export async function driftRetrain(given: DriftRetrainInput): Promise<DriftRetrainResult> {
  const input = parseInput(driftRetrainInputSchema, given);
  const { model_name, debounce_ms, cool_down_ms, most_a_day, promotion, stages } = input;
  const alerts = createAlertInbox(input);
  const hasty = createHastyWaits();
  let { retrains, failed, cool_down_left_ms } = input;
  setHandler(driftAlert, alerts.receive, { description: 'A drift alert of the model: `{"event_id": <uuid>, "drift_score": 0.85}`' });
  setHandler(hurry, hasty.hurry, { description: 'Ends the wait for more alerts, for a turn on a route, or the cool-down, at once' });
  tellToo(() => waitingText(alerts.pending().length));

  do {
    if (cool_down_left_ms === 0) {
      await hasty.wait(debounce_ms, 'waits for more alerts');
      const taken = alerts.takeAll();
      if (!taken[0]) break; // started without an alert
      const waitMs = patched('keeps-decisions') ? await open(model_name, taken, most_a_day) : 0;
      if (waitMs > 0) {
        alerts.putBack(taken);
        cool_down_left_ms = waitMs;
      } else {
        retrains += 1;
        if (!(await trained(input, taken[0], hasty.wait))) failed += 1;
        cool_down_left_ms = cool_down_ms;
      }
    }
    cool_down_left_ms = await coolDown(cool_down_left_ms, hasty.wait);
    if (cool_down_left_ms > 0 || (alerts.pending().length > 0 && workflowInfo().continueAsNewSuggested)) {
      await continueAsNew<typeof driftRetrain>({
        model_name,
        debounce_ms,
        cool_down_ms,
        most_a_day,
        promotion,
        ...(stages && { stages }),
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

/** The run is named after the first alert that it answers, so that its id is the same in a replay and different in every other execution. */
const trainingRunId = (name: ModelName, first: WaitingAlert) => runId('movieTrainingPipeline', `drift-${name}-${first.event_id}`);

/** Keeps that these alerts lead to a training. @returns 0, or how long to wait first (ms) where as many were trained within a day as may be */
const open = (model_name: ModelName, alerts: readonly WaitingAlert[], most_a_day: number): Promise<number> =>
  openDriftDecision({
    ...{ run_id: trainingRunId(model_name, alerts[0]!), model_name, most_a_day },
    alerts: alerts.map(({ event_id }) => event_id),
  });

/**
 * Trains the model as a run of its own, once, on what there is to learn from now.
 * @returns whether it succeeded; the run's own steps tell why it did not
 */
async function trained(
  how: Pick<DriftRetrainPlan, 'model_name' | 'promotion' | 'stages'>,
  first: WaitingAlert,
  wait: HastyWaits['wait'],
): Promise<boolean> {
  const { model_name: name, promotion, stages } = how;
  const workflowId = trainingRunId(name, first);
  try {
    // Where nobody is answered by it there is nothing to watch.
    const route = promotion === 'canary' ? await findRolloutRoute({ model: name }) : null;
    const { models } = await executeChild(movieTrainingPipeline, {
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      args: [trainingInputSchema.parse({ models: [specOfName(name)], gate: { promote: route === null } })],
      staticSummary: `drift ${first.drift_score} of ${name}`,
    });
    const { version } = models[0]!;
    const goesOn = route !== null && version.gate.passed && !version.champion;
    await close(
      workflowId,
      goesOn
        ? await rolledOut({ model: name, version: version.version, route, ...(stages && { stages }) }, first, wait)
        : decisionOn(version),
    );
    return true;
  } catch (error) {
    if (isCancellation(error)) {
      await CancellationScope.nonCancellable(() => close(workflowId, { outcome: 'failed', version: null, reason: 'it was cancelled' }));
      throw error;
    }
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      // An earlier execution answered this alert; where it ended before it had said how, nobody will.
      await close(workflowId, { outcome: 'failed', version: null, reason: 'whoever began this training ended before it did' });
      return true;
    }
    log.warn('training after drift failed', { training_run_id: workflowId, error });
    await close(workflowId, { outcome: 'failed', version: null, reason: clip(rootCause(error) ?? 'it failed', REASON_CHARACTERS) });
    return false;
  }
}

const REASON_CHARACTERS = 500;
type Decision = Omit<Parameters<DriftActivities['closeDriftDecision']>[0], 'run_id'>;

/** Takes a challenger that passed the gate through stages of traffic, once no other is on its route. @returns what came of it */
async function rolledOut(rollout: CanaryInput & { route: string }, first: WaitingAlert, wait: HastyWaits['wait']): Promise<Decision> {
  const { route, version } = rollout;
  const kept = (why: string): Decision => ({ outcome: 'kept', version, reason: clip(why, REASON_CHARACTERS) });
  const reason = `drift ${first.drift_score}`;
  for (let turn = 0; turn < MOST_TURNS; turn += 1) {
    try {
      const ended = await executeChild(canaryRollout, {
        workflowId: canaryId(route),
        args: [{ ...rollout, reason }],
        staticSummary: `${reason} of ${rollout.model}`,
      });
      if (ended.outcome !== 'promoted') return kept(`its rollout: ${ended.reason}`);
      return { outcome: ended.outcome, version, reason: clip(`its rollout ${ended.reason}`, REASON_CHARACTERS) };
    } catch (error) {
      if (isCancellation(error)) throw error;
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) return kept(`its rollout: ${rootCause(error) ?? 'it failed'}`);
      await wait(Math.min(LATEST_TURN_MS, FIRST_TURN_MS * 2 ** turn), `waits for its turn on route ${route}`);
    }
  }
  return kept(`other rollouts went on on route ${route}`);
}

/** The one place that says what becomes of a challenger that drift led to: what the gate said of it, beside the champion, when it was registered. */
function decisionOn({ version, champion, gate }: ModelVersionRef): Decision {
  const broken = gate.rules.filter(({ passed }) => !passed).map(({ rule, detail }) => `${rule} (${detail})`);
  const reason = champion ? 'it passed the gate' : `the champion stays: ${broken.join('; ')}`;
  return { outcome: champion ? 'promoted' : 'kept', version, reason: clip(reason, REASON_CHARACTERS) };
}

async function close(run_id: string, decision: Decision): Promise<void> {
  if (patched('keeps-decisions')) await closeDriftDecision({ run_id, ...decision });
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
    /** As if they had not been taken: they come first again. */
    putBack: (taken: readonly WaitingAlert[]): void => {
      const ids = new Set(taken.map(({ event_id }) => event_id));
      handled = handled.filter((id) => !ids.has(id));
      pending = [...taken, ...pending].slice(0, MAX_PENDING_ALERTS);
    },
    pending: () => pending,
    handled: () => handled,
  };
}
