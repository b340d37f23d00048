import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { modelSweepInputSchema, type ModelSweepResult } from '../../contracts/sweep.ts';
import { runId } from '../../contracts/workflows.ts';
import { getRegistryRun } from '../../domain/registry/runs.ts';
import { listSteps } from '../../domain/runs/readRun.ts';
import { startTrainingWorkers, type TrainingWorkers } from '../support/trainingWorkers.ts';
import { waitFor } from '../support/waitFor.ts';

let workers: TrainingWorkers;
beforeAll(async () => {
  workers = await startTrainingWorkers();
});
afterAll(() => workers.close());

const SMALL = { embedding_dim: 4, hidden_units: [8], batch_size: 4096, negatives: 1 };
const space = { learning_rate: { min: 0.0005, max: 0.02, scale: 'log' }, dropout: [0.1, 0.3] };
const sweep = { kind: 'neural_cf', space, base: { ...SMALL, epochs: 2 }, trials: 3, seed: 7 };
const start = (run: string, input: object) => workers.start('modelSweep', run, input);
const resultOf = async (run: string, input: object) => (await (await start(run, input)).result()) as ModelSweepResult;
const known = async (id: string) => (await getRegistryRun(workers.database.pool, id))!;
const states = async (run: string) =>
  (await listSteps(workers.database.pool, runId('modelSweep', run))).map(({ step }) => `${step.step} ${step.state}`);
const comparable = ({ trials }: ModelSweepResult) =>
  trials.map(({ spec, outcome }) => ({ spec, value: outcome?.value, checks: outcome?.checks }));

describe('a sweep', () => {
  let first: ModelSweepResult;

  test('tries as many points as its budget has, each a run under its own, and names the best spec', async () => {
    first = await resultOf('first', sweep);
    expect(first.trials.map(({ state }) => state)).toEqual(['finished', 'finished', 'finished']);
    const values = first.trials.map(({ outcome }) => outcome!.value);
    expect(first.best.value).toBe(Math.max(...values));
    const winner = first.trials[first.best.trial]!;
    expect(first.best.spec).toEqual({ ...winner.spec, epochs: winner.outcome!.epochs });
    const [parent, trial] = [await known(first.registry_run_id), await known(winner.registry_run_id)];
    expect(parent).toMatchObject({ status: 'FINISHED', tags: { best_trial: String(first.best.trial) } });
    expect(trial).toMatchObject({ status: 'FINISHED', parent_run_id: first.registry_run_id, tags: { state: 'finished' } });
    expect(trial.metrics['best_validation_full_ndcg_at_10']).toBe(first.best.value);
  });

  test('finds the same for the same seed, also where its worker was killed with -9 on the way', async () => {
    const handle = await start('again', sweep);
    await waitFor('the first trial to end', async () => (await states('again')).includes('train_trial success'));
    await workers.replaceTraining('SIGKILL');
    const again = (await handle.result()) as ModelSweepResult;
    expect(comparable(again)).toEqual(comparable(first));
    const { rows } = await workers.database.pool.query("select count(*)::int as runs from registry_runs where origin like 'sweep/again/%'");
    expect(rows).toEqual([{ runs: 3 }]);
  });

  test('by halving lets the best of each round go on with more epochs, from where they stand', async () => {
    const halving = { ...sweep, base: { ...SMALL, epochs: 3 }, strategy: 'halving', trials: 4, factor: 3 };
    const { trials, best } = await resultOf('halving', halving);
    expect(trials.map(({ state }) => state).sort()).toEqual(['finished', 'finished', 'halted', 'halted']);
    for (const { state, outcome } of trials) expect(outcome!.trained_epochs).toBe(state === 'halted' ? 1 : 3);
    expect(trials[best.trial]!.state).toBe('finished');
  });

  test('leaves a trial that fails as failed, with its reason, and goes on', async () => {
    const { trials, best } = await resultOf('spoilt', {
      ...sweep,
      space: { learning_rate: [0.003, 1] },
      base: { ...sweep.base, l2: 1 },
      trials: 2,
    });
    expect(trials).toHaveLength(2);
    expect(trials[best.trial]!.state).toBe('finished');
  });

  test('of a kind that is told to learn ratings is judged by them', async () => {
    const rating = { ...sweep, base: { ...sweep.base, objective: 'rating' }, trials: 2 };
    const { metric, better, best, trials } = await resultOf('ratings', rating);
    expect({ metric, better }).toEqual({ metric: 'rmse', better: 'lower' });
    expect(best.value).toBe(Math.min(...trials.map(({ outcome }) => outcome!.value)));
  });

  test('that is cancelled ends its trials and says so in the registry', async () => {
    const handle = await start('cancelled', { ...sweep, base: { ...SMALL, epochs: 400 } });
    await waitFor('a trial to run', async () => (await states('cancelled')).includes('train_trial running'));
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow('Workflow execution cancelled');
    const { rows } = await workers.database.pool.query("select status from registry_runs where origin = 'sweep/cancelled'");
    expect(rows).toEqual([{ status: 'KILLED' }]);
  });
});

test.each([
  [{ space: { wings: [1] } }, ['space', 'wings'], 'neural_cf has no such hyper-parameter'],
  [{ space: { learning_rate: { min: 0, max: 0.1 } } }, ['space', 'learning_rate'], /^0: learning_rate: /],
  [{ space: { dropout: [0.1, 2] } }, ['space', 'dropout'], /^2: dropout: /],
  [{ space: { learning_rate: { min: 0.1, max: 0.01 } } }, ['space', 'learning_rate', 'max'], 'must be more than min'],
  [{ space: { objective: ['ranking', 'rating'] } }, ['space', 'objective'], 'says what a trial is judged by; give it in base'],
  [{ space: { seed: [1] }, base: { seed: 2 } }, ['base', 'seed'], 'is in the space as well'],
  [{ strategy: 'halving', space: { epochs: [1, 2] } }, ['space', 'epochs'], /halving chooses the epochs/],
  [{ kind: 'popularity', strategy: 'halving', space: { x: [1] } }, ['strategy'], /learns in one go/],
])('a sweep that cannot be made is refused by name: %j', (given, path, message) => {
  const issues = modelSweepInputSchema.safeParse({ kind: 'neural_cf', ...given }).error!.issues;
  const flat = issues.flatMap((issue) =>
    issue.code === 'invalid_union' ? issue.errors.flat().map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) : [issue],
  );
  expect(flat).toContainEqual(expect.objectContaining({ path, message: expect.stringMatching(message) }));
});
