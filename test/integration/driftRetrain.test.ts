import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { ApplicationFailure } from '@temporalio/common';
import type { WorkflowHandleWithSignaledRunId } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import type { CanaryLook } from '../../contracts/canary.ts';
import { MAX_PENDING_ALERTS, type DriftAlertEvent, type DriftPromotion, type DriftRetrainResult } from '../../contracts/events.ts';
import type { GateVerdict } from '../../contracts/training.ts';
import type { ClosedDecision, OpenedDecision } from '../../domain/drift/decisions.ts';
import { STATE_QUERY, type WorkflowState } from '../../contracts/workflowState.ts';
import { DRIFT_ALERT_SIGNAL, driftRetrainId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { createDriftSignal } from '../../workers/ingest/driftSignals.ts';
import { answers } from '../replay/answers.ts';
import { silentLog } from '../support/database.ts';
import { quietTemporal } from '../support/quietTemporal.ts';
import { pollAllQueues, startTimeSkipping } from '../support/timeSkipping.ts';
import { waitFor } from '../support/waitFor.ts';

const DAY_MS = 86_400_000;
const DEBOUNCE_MS = 10_000;
const COOL_DOWN_MS = 90 * DAY_MS;

quietTemporal();

let environment: TestWorkflowEnvironment;
let stopPolling: () => Promise<void>;
/** What training does in the test at hand. */
let train: () => Promise<void>;
/** What the gate says of what it learnt. */
let gate: GateVerdict;
/** What a rollout sees at each look. */
let canary: CanaryLook['verdict'];
/** Of the route that asks the model; null where none does. */
let route: string | null;
/** How long a training must wait, at each time that it is asked. */
let waits: number[];
let decisions: { opened: OpenedDecision[]; closed: ClosedDecision[] };

beforeAll(async () => {
  environment = await startTimeSkipping();
  stopPolling = await pollAllQueues(environment, {
    async trainMovieModel(input) {
      await train();
      return answers.trainMovieModel(input);
    },
    async registerModel(input) {
      return { ...(await answers.registerModel(input)), gate, champion: gate.passed && input.gate.promote };
    },
    findRolloutRoute: async () => route,
    judgeCanary: async () => ({ verdict: canary, reason: `it is to ${canary}`, took_ms: 5 }),
    async openDriftDecision(decision) {
      decisions.opened.push(decision);
      return waits.shift() ?? 0;
    },
    async closeDriftDecision(decision) {
      decisions.closed.push(decision);
    },
  });
});
beforeEach(() => {
  train = async () => undefined;
  gate = { passed: true, rules: [] };
  canary = 'pass';
  route = 'default';
  waits = [];
  decisions = { opened: [], closed: [] };
});
afterAll(async () => {
  await stopPolling();
  await environment.teardown();
});

type Handle = WorkflowHandleWithSignaledRunId<() => Promise<DriftRetrainResult>>;

const alert = (): DriftAlertEvent => ({
  event_id: randomUUID(),
  model_name: 'popularity',
  drift_score: 0.85,
  threshold: 0.7,
  timestamp: '2026-01-01T00:00:00.000Z',
});

const send = (given: DriftAlertEvent, promotion: DriftPromotion = 'gate'): Promise<Handle> =>
  environment.client.workflow.signalWithStart('driftRetrain', {
    workflowId: driftRetrainId('popularity'),
    taskQueue: TASK_QUEUES.control,
    args: [{ model_name: 'popularity', debounce_ms: DEBOUNCE_MS, cool_down_ms: COOL_DOWN_MS, promotion }],
    signal: DRIFT_ALERT_SIGNAL,
    signalArgs: [given],
  }) as Promise<Handle>;

/** Ids of the training runs that one execution started, with when (ms). */
async function trainings(handle: Handle): Promise<{ id: string; at: number }[]> {
  const { events = [] } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ startChildWorkflowExecutionInitiatedEventAttributes: started, eventTime }) =>
    started ? [{ id: String(started.workflowId), at: Number(eventTime?.seconds) * 1_000 }] : [],
  );
}

/** The next training goes on until it is told how to end; those after it end at once. */
function holdNextTraining() {
  let isTraining = false;
  let finish!: () => void;
  let fail!: (reason: unknown) => void;
  const training = new Promise<void>((resolve, reject) => ([finish, fail] = [resolve, reject]));
  train = () => {
    isTraining = true;
    train = async () => undefined;
    return training;
  };
  return { begins: () => waitFor('the training to begin', () => isTraining), finish, fail };
}

test('ten alerts within the debounce start one training, named after the first', async () => {
  const alerts = Array.from({ length: 10 }, alert);
  const [first] = alerts;
  let handle!: Handle;
  for (const one of alerts) handle = await send(one);

  expect(await handle.result()).toEqual({ retrains: 1, failed: 0, handled: alerts.map(({ event_id }) => event_id) });
  expect((await trainings(handle)).map(({ id }) => id)).toEqual([`training/drift-popularity-${first!.event_id}`]);
});

test('alerts that come during the training start a second one, after the cool-down of 90 days', async () => {
  const [early, late, latest] = [alert(), alert(), alert()];
  const held = holdNextTraining();
  const handle = await send(early);
  const result = handle.result(); // time skips only while somebody waits for a result
  await held.begins();
  await send(late);
  await send(latest);
  held.finish();

  expect(await result).toEqual({ retrains: 2, failed: 0, handled: [early, late, latest].map(({ event_id }) => event_id) });
  const [one, two, ...others] = await trainings(handle);
  expect(others).toEqual([]);
  expect(two!.id).toBe(`training/drift-popularity-${late.event_id}`);
  expect(two!.at - one!.at).toBeGreaterThanOrEqual(COOL_DOWN_MS + DEBOUNCE_MS);
});

test('it tells what it waits for and how many alerts wait, and a signal ends each wait at once', async () => {
  const held = holdNextTraining();
  const handle = await send(alert());
  const says = async () => (await handle.query<WorkflowState>(STATE_QUERY)).says;
  const toSay = (pattern: RegExp) => waitFor(`${pattern}`, async () => pattern.test(await says()));
  await toSay(/^waits for more alerts until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, 1 alert waits; next open_drift_decision$/);
  await handle.signal('hurry'); // nobody waits for a result, so that no time is skipped
  await held.begins();
  expect(await says()).toBe('movieTrainingPipeline popularity; next close_drift_decision');
  await send(alert());
  await toSay(/^movieTrainingPipeline popularity, 1 alert waits; next close_drift_decision$/);
  held.finish();
  await toSay(/^cools down until .*, 1 alert waits$/);
  await handle.signal('hurry');
  await toSay(/^waits for more alerts until .*, 1 alert waits$/);
  const [first] = await trainings(handle);
  await handle.signal('hurry');
  const second = await waitFor('the second', async () => (await trainings(handle))[1]);
  expect(second.at - first!.at).toBeLessThan(COOL_DOWN_MS);
  expect(await handle.result()).toMatchObject({ retrains: 2, failed: 0 });
});

test('an alert delivered again starts nothing: while it waits, while it is trained for, and in a later execution', async () => {
  const repeated = alert();
  const held = holdNextTraining();
  await send(repeated);
  const handle = await send(repeated);
  const result = handle.result();
  await held.begins();
  await send(repeated);
  held.finish();
  expect(await result).toEqual({ retrains: 1, failed: 0, handled: [repeated.event_id] });

  train = () => Promise.reject(ApplicationFailure.nonRetryable('a repeated alert must not train'));
  const again = await send(repeated);
  expect(await again.result()).toMatchObject({ failed: 0 });
});

test('ingest hands an alert on to a retraining that runs, and not to one that ended after it had acted on it', async () => {
  const signal = createDriftSignal({
    temporal: environment.client,
    drift: { debounceMs: DEBOUNCE_MS, coolDownMs: COOL_DOWN_MS, mostRunsADay: 4, promotion: 'gate' as const, canaryStages: undefined },
    log: silentLog,
  });
  const [one, two] = [alert(), alert()];
  await signal(one);
  await signal(two);
  const handle = environment.client.workflow.getHandle<() => Promise<DriftRetrainResult>>(driftRetrainId('popularity'));
  expect((await handle.result()).handled).toEqual([one.event_id, two.event_id]);
  const { runId } = await handle.describe();

  await signal(two);
  expect((await handle.describe()).runId).toBe(runId);
});

test('a training that fails is counted, and the next alert is answered', async () => {
  const [failing, next] = [alert(), alert()];
  const held = holdNextTraining();
  const handle = await send(failing);
  const result = handle.result();
  await held.begins();
  await send(next);
  held.fail(ApplicationFailure.nonRetryable('loss is NaN', 'NumericalFailure'));
  expect(await result).toEqual({ retrains: 2, failed: 1, handled: [failing.event_id, next.event_id] });
});

test('a signal that is no drift alert is dropped', async () => {
  const good = alert();
  await send({ ...good, drift_score: 'high' } as never);
  const handle = await send(good);
  expect(await handle.result()).toEqual({ retrains: 1, failed: 0, handled: [good.event_id] });
});

test('of more alerts than one training needs to know, the others are answered by it too', async () => {
  const first = alert();
  const alerts = Array.from({ length: MAX_PENDING_ALERTS + 20 }, alert);
  const held = holdNextTraining();
  const handle = await send(first);
  const result = handle.result();
  await held.begins();
  for (const one of alerts) await send(one);
  held.finish();
  const known = [first, ...alerts.slice(0, MAX_PENDING_ALERTS)].map(({ event_id }) => event_id);
  expect(await result).toEqual({ retrains: 2, failed: 0, handled: known });
});

describe('what became of a training is kept', () => {
  test('promoted by the gate', async () => {
    const [one, two] = [alert(), alert()];
    await send(one);
    await (await send(two)).result();
    const run_id = `training/drift-popularity-${one.event_id}`;
    expect(decisions).toEqual({
      opened: [{ run_id, model_name: 'popularity', alerts: [one.event_id, two.event_id], most_a_day: 4 }],
      closed: [{ run_id, outcome: 'promoted', version: '1', reason: 'it passed the gate' }],
    });
  });

  test('the champion stays, with what the gate said', async () => {
    const rule = { rule: 'no_loss_to_champion', passed: false, value: 0.3, bound: 0.1, detail: 'lost 30 % to version 3' };
    gate = { passed: false, rules: [{ ...rule, rule: 'latency', passed: true }, rule] };
    await (await send(alert())).result();
    const reason = 'the champion stays: no_loss_to_champion (lost 30 % to version 3)';
    expect(decisions.closed).toMatchObject([{ outcome: 'kept', version: '1', reason }]);
  });

  test('promoted by a rollout on the default route, where that is what promotes', async () => {
    const handle = await send(alert(), 'canary');
    await handle.result();
    expect((await trainings(handle)).map(({ id }) => id)).toEqual([expect.stringContaining('training/drift-'), 'canary/default']);
    expect(decisions.closed).toMatchObject([
      { outcome: 'promoted', version: '1', reason: expect.stringContaining('its rollout passed all') },
    ]);
  });

  test('taken back by its rollout: the champion stays', async () => {
    canary = 'roll_back';
    await (await send(alert(), 'canary')).result();
    expect(decisions.closed).toMatchObject([{ outcome: 'kept', version: '1', reason: 'its rollout: it is to roll_back' }]);
  });

  test('promoted by the gate where no route asks the model: there is nobody to watch', async () => {
    route = null;
    const handle = await send(alert(), 'canary');
    await handle.result();
    expect((await trainings(handle)).map(({ id }) => id)).toHaveLength(1);
    expect(decisions.closed).toMatchObject([{ outcome: 'promoted', version: '1', reason: 'it passed the gate' }]);
  });

  test('not rolled out where the gate held it back', async () => {
    gate = { passed: false, rules: [] };
    const handle = await send(alert(), 'canary');
    await handle.result();
    expect((await trainings(handle)).map(({ id }) => id)).toHaveLength(1);
    expect(decisions.closed).toMatchObject([{ outcome: 'kept' }]);
  });

  test('failed, with the reason', async () => {
    train = () => Promise.reject(ApplicationFailure.nonRetryable('loss is NaN', 'NumericalFailure'));
    await (await send(alert())).result();
    expect(decisions.closed).toMatchObject([{ outcome: 'failed', version: null, reason: expect.stringContaining('loss is NaN') }]);
  });
});

test('where as many were trained in a day as may be, the alerts wait until there is room, and a repeated one is still known', async () => {
  const [one, two] = [alert(), alert()];
  waits = [DAY_MS];
  const began = await environment.currentTimeMs();
  await send(one);
  await send(one);
  const handle = await send(two);
  expect(await handle.result()).toMatchObject({ retrains: 1, handled: [one.event_id, two.event_id] });
  expect(decisions.opened.map(({ alerts }) => alerts)).toEqual([[one.event_id, two.event_id], [one.event_id, two.event_id]]); // prettier-ignore
  const [training] = await trainings(handle);
  expect(training!.at - began).toBeGreaterThanOrEqual(DAY_MS);
});

test('a thousand deliveries of one alert are one training', async () => {
  const repeated = alert();
  const handle = await send(repeated);
  await Promise.all(Array.from({ length: 999 }, () => handle.signal(DRIFT_ALERT_SIGNAL, repeated)));
  expect(await handle.result()).toEqual({ retrains: 1, failed: 0, handled: [repeated.event_id] });
  expect(decisions.opened.length).toBe(1);
});

// The last one: this server skips no time any more once an activity outlived its workflow.
test('a retraining that is cancelled keeps that it was', async () => {
  const held = holdNextTraining();
  const handle = await send(alert());
  const result = handle.result();
  await held.begins();
  await handle.cancel();
  await expect(result).rejects.toThrow();
  held.finish();
  expect(decisions.closed).toMatchObject([{ outcome: 'failed', reason: 'it was cancelled' }]);
});
