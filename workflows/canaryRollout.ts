import {
  CancellationScope,
  condition,
  continueAsNew,
  ContinueAsNew,
  defineSignal,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { CanaryActivities } from '../activities/canary.ts';
import {
  ABORT_SIGNAL,
  abortRequestSchema,
  canaryInputSchema,
  type AbortRequest,
  type CanaryInput,
  type CanaryOutcome,
  type CanaryResult,
  type RolloutRef,
} from '../contracts/canary.ts';
import { canaryId, WORKFLOWS } from '../contracts/workflows.ts';
import { failure } from './failure.ts';
import { parseInput } from './parseInput.ts';
import { isPaused } from './pauseSteps.ts';
import { stepsOf } from './proxySteps.ts';
import { tellToo } from './tellState.ts';

const steps = stepsOf(WORKFLOWS.canaryRollout.steps).by<CanaryActivities>();
const abort = defineSignal<[AbortRequest?]>(ABORT_SIGNAL);
type Input = ReturnType<typeof readInput>;
type End = CanaryResult;

/**
 * Takes a version through stages of traffic on a route. After each it is looked at anew; what speaks against it takes it back, and so do an abort, a cancel
 * and a step that fails. Paused it grows no further and is watched on.
 */
export async function canaryRollout(given: CanaryInput): Promise<CanaryResult> {
  const { carried, ...plan } = readInput(given);
  refuseOtherId(plan.route);
  const rollout = { rollout_id: workflowInfo().firstExecutionRunId };
  const aborted = hearAbort();
  if (!carried) await steps.openCanary({ ...rollout, ...plan });
  try {
    for (let stage = carried?.stage ?? 0; stage < plan.stages.length; stage += 1) {
      tellToo(() => `stage ${stage + 1} of ${plan.stages.length} on ${plan.route}`);
      const end = await throughStage(rollout, stage, plan, { aborted, watchedMs: stage === carried?.stage ? carried.watched_ms : 0 });
      if (end) return await close(rollout, end);
    }
    const { stop } = await steps.promoteCanary(rollout);
    if (stop === null) return { outcome: 'promoted', reason: `passed all ${plan.stages.length} stages` };
    return await close(rollout, { outcome: 'stopped', reason: stop });
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const isCancelled = isCancellation(error);
    const outcome: CanaryOutcome = isCancelled ? 'aborted' : 'rolled_back';
    await close(rollout, { outcome, reason: isCancelled ? 'its run was cancelled' : 'a step of it failed; its run tells why' });
    throw error;
  }
}

const readInput = (given: CanaryInput) => parseInput(canaryInputSchema, given);

/** Two of a route cannot have this id: what Temporal refuses, nobody else need. */
function refuseOtherId(route: string): void {
  const { workflowId } = workflowInfo();
  if (workflowId !== canaryId(route))
    throw failure('InvalidSpec', `a rollout on route ${route} runs as ${canaryId(route)}, not as ${workflowId}`);
}

/** Once it is closed a cancel that comes late changes nothing. */
async function close(rollout: RolloutRef, end: End): Promise<CanaryResult> {
  await CancellationScope.nonCancellable(() => steps.endCanary({ ...rollout, ...end }));
  return end;
}

/** @returns what tells why it is to be aborted; null while nobody asked for it */
function hearAbort(): () => string | null {
  let why: string | null = null;
  const hear = (given?: AbortRequest): void => {
    const { reason } = abortRequestSchema.catch({ reason: '' }).parse(given ?? {});
    why ??= reason || 'somebody asked for it';
  };
  setHandler(abort, hear, { description: 'Takes the version back: `{"reason": "…"}`' });
  return () => why;
}

interface Watch {
  readonly aborted: () => string | null;
  /** Of a stage that an execution before began. */
  readonly watchedMs: number;
}

/** Gives the version its share and looks on until it has passed. @returns how the rollout ends there; null where it goes on */
async function throughStage(
  rollout: RolloutRef,
  stage: number,
  plan: Omit<Input, 'carried'>,
  { aborted, watchedMs }: Watch,
): Promise<End | null> {
  const { stop } = await steps.setCanaryStage({ ...rollout, stage });
  if (stop !== null) return { outcome: 'stopped', reason: stop };
  let watched = watchedMs;
  let restMs = plan.check_seconds * 1_000;
  for (;;) {
    watched += await rest(restMs, aborted);
    const why = aborted();
    if (why !== null) return { outcome: 'aborted', reason: why };
    const { verdict, reason, took_ms } = await steps.judgeCanary({ ...rollout, stage, watched_ms: watched, paused: isPaused() });
    if (verdict === 'roll_back') return { outcome: 'rolled_back', reason };
    if (verdict === 'stop') return { outcome: 'stopped', reason };
    if (verdict === 'pass' && !isPaused()) return null;
    restMs = Math.max(plan.check_seconds * 1_000, took_ms * SHARE_OF_LOOKS);
    if (!workflowInfo().continueAsNewSuggested) continue;
    // A pause would not be known to another execution, so that this one goes on until it is resumed, slowly.
    if (isPaused()) restMs = Math.max(restMs, SLOW_MS);
    else await continueAsNew<typeof canaryRollout>({ ...plan, carried: { stage, watched_ms: watched } });
  }
}

/** Of the time, looks take a tenth at most, however long one is. */
const SHARE_OF_LOOKS = 10;
const SLOW_MS = 600_000;

/** Waits for the next look, which comes at once where the rollout is paused, resumed or aborted. @returns ms that count: none of a pause */
async function rest(ms: number, aborted: () => string | null): Promise<number> {
  const [began, wasPaused] = [Date.now(), isPaused()];
  await condition(() => aborted() !== null || isPaused() !== wasPaused, ms, { summary: 'watches' });
  return wasPaused ? 0 : Date.now() - began;
}
