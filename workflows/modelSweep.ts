import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { EndedTrial, SweepActivities } from '../activities/sweep.ts';
import type { TrainingActivities } from '../activities/training.ts';
import { clip } from '../contracts/bounded.ts';
import { nameOf, PRIMARY_METRIC, type ModelSpec } from '../contracts/models.ts';
import { gainOf } from '../contracts/specs/modelSpec.ts';
import { TRIAL_CHECKS, TRIAL_ERROR_CHARACTERS } from '../contracts/sizes.ts';
import {
  modelSweepInputSchema,
  type ModelSweep,
  type ModelSweepInput,
  type ModelSweepResult,
  type SweepTrial,
  type TrialOutcome,
} from '../contracts/sweep.ts';
import type { DatasetRef } from '../contracts/training.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { drawTrials } from './drawTrials.ts';
import { failure } from './failure.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';
import { sideBySide } from './sideBySide.ts';
import { whenThereIsRoom } from './trainingQueues.ts';

const { prepareTrainingData, openSweep, trainTrial, recordTrial, closeSweep } = stepsOf(WORKFLOWS.modelSweep.steps).by<
  TrainingActivities & SweepActivities
>();

/**
 * Looks for good hyper-parameters of one kind within a budget, judged on the validation rows. Each trial is a run in the registry, under the
 * sweep's. A trial that fails leaves the others be.
 */
export async function modelSweep(given: ModelSweepInput): Promise<ModelSweepResult> {
  const sweep = parseInput(modelSweepInputSchema, given);
  const dataset = await whenThereIsRoom(() => prepareTrainingData({ seed: sweep.seed, split: sweep.split, sets: sweep.sets }));
  const parentRunId = await openSweep({ sweep, dataset });
  try {
    const specs = drawTrials(sweep);
    const trials = await (sweep.strategy === 'halving' ? halve : tryEach)({ sweep, dataset, parentRunId }, specs);
    const best = bestOf(sweep, trials);
    await closeSweep({ parentRunId, status: 'FINISHED', best });
    const { name: metric, better } = metricOf(sweep);
    return { dataset, registry_run_id: parentRunId, metric, better, best, trials: trials.map(brief) };
  } catch (error) {
    const status = isCancellation(error) ? 'KILLED' : 'FAILED';
    await CancellationScope.nonCancellable(() => closeSweep({ parentRunId, status, best: null }));
    throw error;
  }
}

/** A trial as the result tells it, so that 200 of them fit; the registry has every validation figure. */
const brief = (trial: SweepTrial): SweepTrial => ({
  ...trial,
  outcome: trial.outcome && { ...trial.outcome, checks: trial.outcome.checks.slice(-TRIAL_CHECKS) },
  error: trial.error && clip(trial.error, TRIAL_ERROR_CHARACTERS),
});

interface Surroundings {
  readonly sweep: ModelSweep;
  readonly dataset: DatasetRef;
  readonly parentRunId: string;
}

/** Every trial by itself, until its validation figure no longer gets better. */
async function tryEach({ sweep, dataset, parentRunId }: Surroundings, specs: readonly ModelSpec[]): Promise<SweepTrial[]> {
  const numbered = specs.map((spec, trial) => ({ spec, trial }));
  const outcomes = await sideBySide(numbered, sweep.max_parallel, async ({ spec, trial }) => {
    const tried = await attempt({ dataset, spec, trial, patience: sweep.patience });
    return recordTrial({ sweep, parentRunId, trial: { trial, spec, ...tried } });
  });
  return outcomes.map(valueOf);
}

/**
 * Successive halving (Jamieson and Talwalkar 2016, arXiv:1502.07943): all learn a little, of every `factor` the best one goes on with `factor` times
 * the epochs, from where it stands, until the last round has all epochs.
 */
async function halve({ sweep, dataset, parentRunId }: Surroundings, specs: readonly ModelSpec[]): Promise<SweepTrial[]> {
  const record = (trial: EndedTrial) => recordTrial({ sweep, parentRunId, trial });
  let field = specs.map((spec, trial) => ({ spec, trial }));
  const ended: SweepTrial[] = [];
  for (let round = 0; field.length > 0; round += 1) {
    const epochsOf = (spec: ModelSpec) => Math.min(mostEpochs(spec), sweep.first_epochs * sweep.factor ** round);
    const isLast = field.every(({ spec }) => epochsOf(spec) === mostEpochs(spec));
    const outcomes = await sideBySide(field, sweep.max_parallel, async ({ spec, trial }) => {
      const shortened = { ...spec, epochs: epochsOf(spec) } as ModelSpec;
      return { spec, trial, ...(await attempt({ dataset, spec: shortened, trial, patience: null })) };
    });
    const tried = rank(sweep, outcomes.map(valueOf));
    const standing = tried.filter(({ state }) => state === 'finished');
    const goOn = isLast ? [] : standing.slice(0, Math.ceil(standing.length / sweep.factor));
    for (const trial of tried.filter((one) => !goOn.includes(one))) {
      const state = trial.state === 'finished' && !isLast ? 'halted' : trial.state;
      ended.push(await record({ ...trial, state }));
    }
    field = goOn;
  }
  return ended.sort((a, b) => a.trial - b.trial);
}

type Attempt = Pick<EndedTrial, 'state' | 'outcome' | 'error'>;

async function attempt(input: Parameters<TrainingActivities['trainTrial']>[0]): Promise<Attempt> {
  try {
    return { state: 'finished', outcome: await whenThereIsRoom(() => trainTrial(input)), error: null };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { state: 'failed', outcome: null, error: reasonOf(error) };
  }
}

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
};

const mostEpochs = (spec: ModelSpec): number => ('epochs' in spec && typeof spec.epochs === 'number' ? spec.epochs : 1);

/** No trial changes it: what a model is judged by cannot be in the space. */
const metricOf = ({ kind, base }: ModelSweep) => PRIMARY_METRIC[nameOf({ ...base, kind })];

/** Best first; those that failed last, equals in the order of their numbers. */
function rank<Trial extends { readonly trial: number; readonly outcome: TrialOutcome | null }>(
  sweep: ModelSweep,
  trials: Trial[],
): Trial[] {
  const byFigure = ({ outcome: a }: Trial, { outcome: b }: Trial) =>
    a && b ? gainOf(metricOf(sweep), b.value, a.value) : Number(a === null) - Number(b === null);
  return trials.toSorted((a, b) => byFigure(a, b) || a.trial - b.trial);
}

/** Among those that were not halted: a figure after few epochs is no match for one after all of them. */
function bestOf(sweep: ModelSweep, trials: readonly SweepTrial[]): ModelSweepResult['best'] {
  const [first] = rank(
    sweep,
    trials.filter(({ state }) => state === 'finished'),
  );
  if (!first?.outcome) {
    const reasons = [...new Set(trials.flatMap(({ error }) => (error === null ? [] : [error])))];
    throw failure('ModelsFailed', `every trial failed: ${reasons.join('; ')}`);
  }
  const { trial, outcome, spec } = first;
  return { trial, value: outcome.value, spec: (outcome.epochs === null ? spec : { ...spec, epochs: outcome.epochs }) as ModelSpec };
}

function valueOf<Value>(outcome: PromiseSettledResult<Value>): Value {
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}
