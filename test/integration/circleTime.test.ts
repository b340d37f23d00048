import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { randomUUID } from 'node:crypto';
import type { CanaryPlan, RolloutRef } from '../../contracts/canary.ts';
import type { DriftAlertEvent, DriftRetrainResult } from '../../contracts/events.ts';
import type { ModelName } from '../../contracts/models.ts';
import { driftRetrainId, runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { createDriftSignal } from '../../workers/ingest/driftSignals.ts';
import { answers } from '../replay/answers.ts';
import { silentLog } from '../support/database.ts';
import { quietTemporal } from '../support/quietTemporal.ts';
import { startRemoteWorker, type Call, type RemoteWorker } from '../support/remoteWorker.ts';
import { startTimeSkipping } from '../support/timeSkipping.ts';

quietTemporal();

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 30;
const MODELS = ['ials', 'ease'] as const;
const MOST_A_DAY = 2;
/** Of alerts from outside, while nothing drifts. */
const DAY_OF_BURSTS = 10;
/** On which the worker dies while retrainings wait: for more alerts, or for a turn on the route. */
const DEATHS_WHILE_WAITING: readonly number[] = [7, 17];

/** What users like, day by day: it turns twice. */
const tasteOn = (day: number) => (day < 5 ? 0 : day < 16 ? 1 : 2);

interface Version {
  readonly version: string;
  readonly taste: number;
  /** That its offline evaluation does not show */
  readonly isWorse: boolean;
}

const alertOf = (model_name: ModelName): DriftAlertEvent => ({
  event_id: randomUUID(),
  model_name,
  drift_score: 2,
  threshold: 1,
  timestamp: '2026-01-01T00:00:00.000Z',
});

/** What the activities of a stack would keep in its database, as they would keep it: the same step done again changes nothing. */
function createWorld(now: () => Promise<number>) {
  let day = 0;
  let waited = 0;
  let whenClosed: () => Promise<void> = async () => undefined;
  const champions = new Map<string, Version>(MODELS.map((name) => [name, { version: '1', taste: 0, isWorse: false }]));
  const versions = new Map<string, Version & { name: string; trained: string }>();
  const reports = new Map<string, { drifted: boolean; alert: 'none' | 'waits' | 'sent' | 'open' | 'resolved' }>();
  const lastWindow = new Map<string, { version: string; drifted: boolean }>();
  const open = new Map<string, string>();
  const decisions = new Map<string, { name: string; alerts: readonly string[]; at: number; outcome: string; reason: string }>();
  const rollouts = new Map<string, CanaryPlan & { outcome: string | null; stage: number }>();
  const alerts: DriftAlertEvent[] = [];
  const done: Record<string, number> = {};
  const trainings: string[] = [];

  const isAnswered = (alert: string) => [...decisions.values()].some((one) => one.alerts.includes(alert) && one.outcome !== 'training');
  function judged(name: ModelName, version: string, drifted: boolean) {
    const before = lastWindow.get(name);
    lastWindow.set(name, { version, drifted });
    const alert = open.get(name);
    if (alert && !drifted) {
      open.delete(name);
      return 'resolved';
    }
    if (!drifted) return 'none';
    if (alert && !isAnswered(alert)) return 'open';
    return alert || (before?.version === version && before.drifted) ? 'sent' : 'waits';
  }

  const doubles: Partial<typeof answers> = {
    planDrift: async () => ({
      models: MODELS.map((name) => ({ name, version: champions.get(name)!.version })),
      ...{ from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' },
    }),
    async openDriftDecision({ run_id, model_name, alerts: answered, most_a_day }) {
      const at = await now();
      const [oldest, ...others] = [...decisions].flatMap(([id, one]) =>
        id !== run_id && one.name === model_name && at - one.at < DAY_MS ? [one] : [],
      );
      if (oldest && others.length + 1 >= most_a_day) {
        waited += 1;
        return Math.max(1, oldest.at + DAY_MS - at);
      }
      if (!decisions.has(run_id)) decisions.set(run_id, { name: model_name, alerts: answered, at, outcome: 'training', reason: '' });
      return 0;
    },
    async closeDriftDecision({ run_id, outcome, reason }) {
      const decision = decisions.get(run_id)!;
      if (decision.outcome !== 'training') return;
      decisions.set(run_id, { ...decision, outcome, reason });
      if (outcome === 'promoted') open.delete(decision.name);
      await whenClosed();
    },
    async prepareTrainingData() {
      const taste = tasteOn(day);
      return { snapshot_id: String(taste), uri: `blob:snapshots/${taste}`, interactions: 2, users: 1, movies: 2 };
    },
    async openCanary({ rollout_id, ...plan }) {
      const goesOn = [...rollouts].find(([id, { outcome }]) => id !== rollout_id && outcome === null);
      if (goesOn) throw ApplicationFailure.nonRetryable('two rollouts on one route', 'Conflict');
      if (!rollouts.has(rollout_id)) rollouts.set(rollout_id, { ...plan, outcome: null, stage: -1 });
    },
    async setCanaryStage({ rollout_id, stage }) {
      const rollout = rollouts.get(rollout_id)!;
      rollout.stage = Math.max(rollout.stage, stage);
      return { stop: null };
    },
    async judgeCanary({ rollout_id, stage, watched_ms }) {
      const { model, version, stages } = rollouts.get(rollout_id)!;
      if (versions.get(`${model}/${version}`)!.isWorse) return { verdict: 'roll_back', reason: 'users click less', took_ms: 5 };
      const isOver = watched_ms >= stages[stage]!.min_minutes * 60_000;
      return { verdict: isOver ? 'pass' : 'wait', reason: 'as far as can be told', took_ms: 5 };
    },
    async promoteCanary({ rollout_id }) {
      const rollout = rollouts.get(rollout_id)!;
      champions.set(rollout.model, versions.get(`${rollout.model}/${rollout.version}`)!);
      rollout.outcome = 'promoted';
      return { stop: null };
    },
    async endCanary({ rollout_id, outcome }: RolloutRef & { outcome: string }) {
      rollouts.get(rollout_id)!.outcome ??= outcome;
    },
  };
  /** What is told by more than its input. */
  const byRun: Partial<Record<Call['activity'], (call: Call) => Promise<unknown>>> = {
    async judgeDrift({ workflowId, input }) {
      const { name, version } = input as Parameters<typeof answers.judgeDrift>[0];
      const key = `${workflowId} ${name}`;
      if (!reports.has(key)) {
        const drifted = Math.abs(champions.get(name)!.taste - tasteOn(day)) >= 0.5;
        const what = judged(name, version, drifted);
        if (what === 'sent') {
          const alert = alertOf(name);
          open.set(name, alert.event_id);
          alerts.push(alert);
        }
        reports.set(key, { drifted, alert: what });
      }
      return { report_id: randomUUID(), model_name: name, ...reports.get(key)! };
    },
    async trainMovieModel({ workflowId, input, attempt }) {
      const { spec } = input as Parameters<typeof answers.trainMovieModel>[0];
      if (!trainings.includes(workflowId)) trainings.push(workflowId);
      const nth = trainings.filter((id) => id.endsWith(`/${spec.kind}`)).indexOf(workflowId);
      if (spec.kind === 'ease' && nth === 0) throw ApplicationFailure.nonRetryable('loss is NaN', 'NumericalFailure');
      if (attempt === 1) throw new Error('the disk was busy');
      return answers.trainMovieModel(input as never);
    },
    async registerModel({ workflowId, input }) {
      const { model, dataset, gate } = input as Parameters<typeof answers.registerModel>[0];
      let made = [...versions.values()].find(({ trained }) => trained === workflowId);
      if (!made) {
        const nth = [...versions.values()].filter(({ name }) => name === model.name).length;
        const isWorse =
          model.name === 'ials' &&
          dataset.snapshot_id === '2' &&
          ![...versions.values()].some(({ name, taste }) => name === 'ials' && taste === 2);
        made = { name: model.name, version: String(nth + 2), taste: Number(dataset.snapshot_id), isWorse, trained: workflowId };
        versions.set(`${made.name}/${made.version}`, made);
      }
      const passed = { passed: true, rules: [] };
      return { name: made.name, version: made.version, registry_run_id: '0'.repeat(32), champion: gate.promote, gate: passed };
    },
  };

  async function answer(call: Call): Promise<unknown> {
    done[call.activity] = (done[call.activity] ?? 0) + 1;
    const byInput = { ...answers, ...doubles } as unknown as Record<Call['activity'], (input: unknown) => Promise<unknown>>;
    return (await (byRun[call.activity]?.(call) ?? byInput[call.activity](call.input))) ?? null;
  }
  return {
    ...{ answer, alerts, champions, decisions, rollouts, versions, done, open },
    /** How often a training was told to wait, since as many were made within a day as may. */
    waited: () => waited,
    setDay: (today: number) => void (day = today),
    setWhenClosed: (what: () => Promise<void>) => void (whenClosed = what),
  };
}

let environment: TestWorkflowEnvironment;
let worker: RemoteWorker;
let world: ReturnType<typeof createWorld>;
let beganAt: number;
/** Steps in which the worker is still to be killed, when what they do is done and nobody knows of it. */
const toKillIn = new Set<Call['activity']>(['trainMovieModel', 'promoteCanary', 'closeDriftDecision']);

beforeAll(async () => {
  environment = await startTimeSkipping();
  beganAt = await environment.currentTimeMs();
  world = createWorld(async () => (await environment.currentTimeMs()) - beganAt);
  const { address } = environment.connection.options as { address: string };
  worker = await startRemoteWorker(address, [TASK_QUEUES.control, TASK_QUEUES.training], async (call) => {
    const answer = await world.answer(call);
    if (toKillIn.delete(call.activity)) await worker.kill();
    return answer;
  });
});
afterAll(async () => {
  await worker?.close();
  await environment?.teardown();
});

/** Time is skipped while somebody waits for a result. */
async function untilRetrained(): Promise<void> {
  for (const name of MODELS) {
    const handle = environment.client.workflow.getHandle<() => Promise<DriftRetrainResult>>(driftRetrainId(name));
    await handle.result().catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    });
  }
}

test('thirty days: tastes turn twice, trainings fail, a challenger is worse, alerts come in bursts, workers die: the champions follow', async () => {
  const { client } = environment;
  const signal = createDriftSignal({
    temporal: client,
    log: silentLog,
    drift: {
      ...{ debounceMs: 600_000, coolDownMs: 6 * HOUR_MS, mostRunsADay: MOST_A_DAY, promotion: 'canary' as const },
      canaryStages: [0.1, 1].map((share) => ({ share, min_minutes: 1, min_answers: 100 })),
    },
  });
  const followed: Record<string, number[]> = { ials: [], ease: [] };
  for (let day = 0; day < DAYS; day += 1) {
    world.setDay(day);
    const options = { workflowId: runId('driftMonitor', `day-${day}`), taskQueue: TASK_QUEUES.control, args: [{}] as [object] };
    await client.workflow.execute('driftMonitor', options);
    for (const alert of world.alerts.splice(0).flatMap((one) => Array<DriftAlertEvent>(5).fill(one))) await signal(alert); // a broker delivers at least once
    if (DEATHS_WHILE_WAITING.includes(day)) await worker.kill();
    await untilRetrained();
    if (day === DAY_OF_BURSTS) {
      let bursts = 3;
      const burst = async () => {
        if ((bursts -= 1) < 0) return;
        for (const alert of Array.from({ length: 10 }, () => alertOf('ials'))) await signal(alert);
      };
      world.setWhenClosed(burst);
      await burst();
      await untilRetrained();
    }
    for (const name of MODELS) if (world.champions.get(name)!.taste === tasteOn(day)) followed[name]!.push(day);
    const left = beganAt + (day + 1) * DAY_MS - (await environment.currentTimeMs());
    if (left > 0) await environment.sleep(left);
  }

  const became = (model: string) => [...world.decisions.values()].flatMap(({ name, outcome }) => (name === model ? [outcome] : []));
  expect(became('ials')).toEqual(['promoted', 'promoted', 'promoted', 'promoted', 'kept', 'promoted']);
  expect(became('ease')).toEqual(['failed', 'promoted', 'promoted']);
  expect([...world.champions.values()]).toMatchObject(MODELS.map(() => ({ taste: tasteOn(DAYS - 1), isWorse: false })));
  // A drift must hold for two windows; a training that failed, and a challenger that was taken back, cost a day more.
  const missed = (name: string) => Array.from({ length: DAYS }, (_, day) => day).filter((day) => !followed[name]!.includes(day));
  expect({ ials: missed('ials'), ease: missed('ease') }).toEqual({ ials: [5, 16, 17], ease: [5, 6, 16] });
  expect(toKillIn).toEqual(new Set());
  // What was done twice, since nobody knew of it, is there once.
  expect(world.done['trainMovieModel']).toBeGreaterThan(world.decisions.size);
  expect(world.versions.size).toBe([...world.decisions.values()].filter(({ outcome }) => outcome !== 'failed').length);
  expect([...world.rollouts.values()].map(({ model, outcome }) => `${model} ${outcome}`).sort()).toEqual(
    [...Array(2).fill('ease promoted'), ...Array(5).fill('ials promoted'), 'ials rolled_back'].sort(),
  );
  expect(world.open.size).toBe(0);
  const times = [...world.decisions.values()].filter(({ name }) => name === 'ials').map(({ at }) => at);
  expect(times.filter((at) => times.filter((other) => other <= at && at - other < DAY_MS).length > MOST_A_DAY)).toEqual([]);
  expect(world.waited()).toBeGreaterThan(0);
});
