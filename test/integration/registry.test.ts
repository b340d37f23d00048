import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { modelSpecSchema } from '../../contracts/models.ts';
import type { GateVerdict, Metrics } from '../../contracts/training.ts';
import { findVersions, setAlias } from '../../domain/registry/aliases.ts';
import { ensureExperiment } from '../../domain/registry/experiments.ts';
import { getModel, listModels } from '../../domain/registry/models.ts';
import { registerTrainedModel, type TrainedModelRegistration } from '../../domain/registry/register.ts';
import { getRegistryRun, logParams, startRegistryRun } from '../../domain/registry/runs.ts';
import { getVersionByAlias, transitionStage } from '../../domain/registry/versions.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/waitFor.ts';

let database: TestDatabase;
beforeAll(async () => void (database = await createTestDatabase()));
afterAll(() => database.drop());
beforeEach(() => database.pool.query('truncate registered_models, registry_runs cascade'));

const BETTER = { ndcg_at_10: 0.4 };
const WORSE = { ndcg_at_10: 0.2 };

/** Stands in for the gate, which has tests of its own: better than 0.3 passes. */
const verdictOf = ({ ndcg_at_10 = 0 }: Metrics): GateVerdict => ({
  passed: ndcg_at_10 >= 0.3,
  rules: [{ rule: 'good_enough', passed: ndcg_at_10 >= 0.3, value: ndcg_at_10, bound: 0.3, detail: '' }],
});

function registration(run: string, metrics: Metrics = BETTER, over: Partial<TrainedModelRegistration> = {}): TrainedModelRegistration {
  return {
    origin: `training/${run}/neural_cf`,
    experiment: 'movie_recommendation',
    spec: modelSpecSchema.parse({ kind: 'neural_cf', epochs: 5 }),
    model: {
      kind: 'neural_cf',
      name: 'neural_cf',
      uri: `blob:trained/neural_cf/${run}`,
      digest: `digest-${run}`,
      bytes: 10,
      train_ms: 1200,
      backend: 'cpu',
      history_uri: 'blob:runs/history.json',
      resumed_from_epoch: null,
    },
    report: {
      kind: 'neural_cf',
      name: 'neural_cf',
      uri: `blob:reports/${run}`,
      html_uri: `blob:reports/${run}.html`,
      metrics,
      baseline: { ndcg_at_10: 0.1 },
      evidence: { gain_over_popularity: null, champion: null, latency_ms: 1 },
    },
    history: [1, 2].map((step) => ({ key: 'loss', value: 1 / step, step, recordedAt: new Date(Date.UTC(2026, 10, 23, 0, step)) })),
    tags: { snapshot_id: 'abc', backend: 'cpu' },
    judge: () => verdictOf(metrics),
    ...over,
  };
}

const register = (...args: Parameters<typeof registration>) => registerTrainedModel(database, registration(...args));
const champion = () => getVersionByAlias(database.pool, 'neural_cf', 'champion');
const count = async (table: string) => (await database.pool.query<{ n: number }>(`select count(*) as n from ${table}`)).rows[0]!.n;

describe('registering a trained model', () => {
  test('that is told not to promote stays a challenger where there is a champion, and says so; tried again it says the same, whatever became of it', async () => {
    await register('a0');
    const challenger = await registerTrainedModel(database, { ...registration('a1'), promotes: false });
    expect([challenger.champion, challenger.gate.passed, (await champion())?.version]).toEqual([false, true, '1']);
    await setAlias(database.pool, { name: 'neural_cf', alias: 'champion', version: challenger.version });
    expect(await registerTrainedModel(database, { ...registration('a1'), promotes: false })).toEqual(challenger);
  });

  test('keeps its run, its version, the verdict and who is champion', async () => {
    const answer = await register('a1');

    expect(answer).toMatchObject({ name: 'neural_cf', version: '1', champion: true, gate: { passed: true } });
    expect(answer.registry_run_id).toMatch(/^[0-9a-f]{32}$/);
    const run = (await getRegistryRun(database.pool, answer.registry_run_id))!;
    expect(run).toMatchObject({
      name: 'training/a1/neural_cf',
      status: 'FINISHED',
      metrics: { loss: 0.5, ndcg_at_10: 0.4, baseline_ndcg_at_10: 0.1, train_ms: 1200 },
      tags: {
        snapshot_id: 'abc',
        backend: 'cpu',
        digest: 'digest-a1',
        model_uri: 'blob:trained/neural_cf/a1',
        report_uri: 'blob:reports/a1',
      },
    });
    expect([run.started_at, run.ended_at]).toEqual(['2026-11-23T00:01:58.800Z', '2026-11-23T00:02:00.000Z']); // as long as it learnt, up to its last epoch
    expect(run.params).toMatchObject({ kind: 'neural_cf', epochs: '5', hidden_units: '[128,64,32]', dropout: '0.3' });
    expect(await champion()).toMatchObject({
      version: '1',
      source: 'blob:trained/neural_cf/a1',
      stage: 'None',
      status: 'READY',
      origin: 'training/a1/neural_cf',
      aliases: ['champion'],
      tags: { digest: 'digest-a1' },
      metrics: { ndcg_at_10: 0.4 },
      gate: answer.gate,
    });
  });

  test('twice leaves one run and one version, and both calls get the same answer', async () => {
    const first = await register('a1');
    expect(await register('a1')).toEqual(first);
    expect([await count('registry_runs'), await count('model_versions')]).toEqual([1, 1]);
  });

  test('at the same time from many callers leaves one version', async () => {
    await register('a0');
    const answers = await Promise.all(Array.from({ length: 8 }, () => register('a1')));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect([await count('registry_runs'), await count('model_versions')]).toEqual([2, 2]);
  });

  test('of many runs at the same time numbers the versions without gaps', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, run) => register(`a${run}`)));
    expect(answers.map(({ version }) => Number(version)).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('never gives the number of a deleted version again', async () => {
    await register('a1');
    await register('a2');
    await database.pool.query('delete from model_versions where version = 2');
    expect(await register('a3')).toMatchObject({ version: '3' });
  });

  test('that fails midway leaves nothing and takes no number', async () => {
    const failing = () => {
      throw new Error('the judge is ill');
    };
    await expect(register('a1', BETTER, { judge: failing })).rejects.toThrow('the judge is ill');
    expect([await count('registry_runs'), await count('model_versions'), await count('registered_models')]).toEqual([0, 0, 0]);
    expect(await register('a2')).toMatchObject({ version: '1' });
  });
});

describe('the champion', () => {
  test('stays when the challenger does not pass; the verdict and the challenger are kept', async () => {
    await register('a1', BETTER);
    const second = await register('a2', WORSE);

    expect(second).toMatchObject({ version: '2', champion: false, gate: { passed: false } });
    expect(await champion()).toMatchObject({ version: '1' });
    expect(await getVersionByAlias(database.pool, 'neural_cf', 'challenger')).toMatchObject({ version: '2', gate: second.gate });
  });

  test('gives way to one that passes, and an older challenger has lost its case', async () => {
    await register('a1', BETTER);
    await register('a2', WORSE);
    await register('a3', { ndcg_at_10: 0.5 });

    expect(await champion()).toMatchObject({ version: '3' });
    expect(await getVersionByAlias(database.pool, 'neural_cf', 'challenger')).toBeNull();
  });

  test('of the moment is what the judge is told of', async () => {
    const seen: (string | null)[] = [];
    const listening = (championVersion: string | null) => {
      seen.push(championVersion);
      return verdictOf(BETTER);
    };
    await register('a1', BETTER, { judge: listening });
    await register('a2', BETTER, { judge: listening });
    expect(seen).toEqual([null, '1']);
  });

  test('does not come back when the call that made it is retried after another one came', async () => {
    const first = await register('a1');
    await register('a2', { ndcg_at_10: 0.5 });

    expect(await register('a1')).toEqual(first);
    expect(await champion()).toMatchObject({ version: '2' });
  });

  test('of two that come at the same time: one of them is told of the other, so that it can be compared with it', async () => {
    await register('a1');
    const seen: (string | null)[] = [];
    const judge = (championVersion: string | null) => {
      seen.push(championVersion);
      return verdictOf(BETTER);
    };
    await Promise.all([register('a2', BETTER, { judge }), register('a3', BETTER, { judge })]);
    expect(seen).toEqual(['1', '2']);
    expect((await champion())!.version).toBe('3');
  });

  test('cannot be changed by an operator between the comparison and its outcome', async () => {
    await register('a1', BETTER);
    await register('a2', WORSE);
    let operator: Promise<void> | undefined;
    const whileJudged = () => {
      operator = setAlias(database.pool, { name: 'neural_cf', alias: 'champion', version: '2' });
      return verdictOf(BETTER);
    };
    await register('a3', { ndcg_at_10: 0.5 }, { judge: whileJudged });
    await operator;
    // The operator's word came while the registration held the model, so it counts after it.
    expect(await champion()).toMatchObject({ version: '2' });
  });

  test('is announced on registry_changed', async () => {
    const listener = new pg.Client({ connectionString: database.url });
    await listener.connect();
    const heard: (string | undefined)[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload));
    await listener.query('listen registry_changed');

    await register('a1');
    await waitFor('the announcement', () => heard.includes('neural_cf'));
    await listener.end();
  });
});

describe('the registry', () => {
  test('lists models with their aliases, the newest version of each stage, and those that an alias names', async () => {
    await register('a1');
    await register('a2', { ndcg_at_10: 0.5 });
    await register('a3', WORSE);
    await withTransaction(database.pool, (db) =>
      transitionStage(db, { name: 'neural_cf', version: '1', stage: 'Production', archiveOthers: true }),
    );

    const [model, ...others] = await listModels(database.pool);
    expect(others).toEqual([]);
    expect(model).toMatchObject({ name: 'neural_cf', aliases: { champion: '2', challenger: '3' } });
    expect(model!.latest_versions.map(({ version, stage }) => [version, stage])).toEqual([
      ['3', 'None'],
      ['2', 'None'],
      ['1', 'Production'],
    ]);
    const detail = (await getModel(database.pool, 'neural_cf', { limit: 100 }))!;
    expect(detail.latest_versions).toEqual(model!.latest_versions);
    expect(detail.versions.map(({ version, gate }) => [version, gate?.passed])).toEqual([
      ['3', false],
      ['2', true],
      ['1', true],
    ]);
    const named = [
      { name: 'neural_cf', alias: 'champion' },
      { name: 'ease', alias: 'champion' },
      ...[1, 99].map((version) => ({ name: 'neural_cf', version: String(version) })),
    ];
    expect(await findVersions(database.pool, named)).toEqual([
      { name: 'neural_cf', version: '2', source: 'blob:trained/neural_cf/a2' },
      null,
      { name: 'neural_cf', version: '1', source: 'blob:trained/neural_cf/a1' },
      null,
    ]);
  });

  test('archives what had the stage before, when asked', async () => {
    await register('a1');
    await register('a2');
    const toProduction = (version: string) =>
      withTransaction(database.pool, (db) => transitionStage(db, { name: 'neural_cf', version, stage: 'Production', archiveOthers: true }));
    await toProduction('1');
    expect(await toProduction('2')).toMatchObject({ version: '2', stage: 'Production' });
    const { versions } = (await getModel(database.pool, 'neural_cf', { limit: 100 }))!;
    expect(versions.map(({ version, stage }) => [version, stage])).toEqual([
      ['2', 'Production'],
      ['1', 'Archived'],
    ]);
  });

  test('gives the versions of a model page by page, newest first, and its champion on every page', async () => {
    for (const origin of ['a1', 'a2', 'a3', 'a4', 'a5']) await register(origin);
    await setAlias(database.pool, { name: 'neural_cf', alias: 'champion', version: '1' });
    const pages: unknown[] = [];
    let before: string | undefined;
    do {
      const { versions, latest_versions: latest, next_cursor: next } = (await getModel(database.pool, 'neural_cf', { limit: 2, before }))!;
      pages.push([versions.map(({ version }) => version), latest.map(({ version }) => version)]);
      before = next ?? undefined;
    } while (before !== undefined);
    expect(pages).toEqual([
      [
        ['5', '4'],
        ['5', '1'],
      ],
      [
        ['3', '2'],
        ['5', '1'],
      ],
      [['1'], ['5', '1']],
    ]);
  });

  test('says which version or model is not there', async () => {
    await register('a1');
    const missing = { name: 'neural_cf', version: '9' };
    await expect(setAlias(database.pool, { ...missing, alias: 'champion' })).rejects.toThrow('there is no version 9 of model neural_cf');
    await expect(transitionStage(database.pool, { ...missing, stage: 'Staging', archiveOthers: false })).rejects.toMatchObject({
      kind: 'missing',
    });
    expect(await getModel(database.pool, 'nobody', { limit: 100 })).toBeNull();
    expect(await getVersionByAlias(database.pool, 'nobody', 'champion')).toBeNull();
  });

  test('makes an experiment once, also for many callers at the same time', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => ensureExperiment(database.pool, 'drift')));
    expect(new Set(ids).size).toBe(1);
  });

  test('keeps a logged parameter as it is: the same again is nothing, another value is refused', async () => {
    const experimentId = await ensureExperiment(database.pool, 'drift');
    const run = await startRegistryRun(database.pool, { experimentId, name: 'mine', userId: 'me', origin: null });
    await logParams(database.pool, run, { epochs: '3', seed: '1' });
    await logParams(database.pool, run, { epochs: '3' });
    await expect(logParams(database.pool, run, { epochs: '4' })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining('epochs'),
    });
    expect(await getRegistryRun(database.pool, run)).toMatchObject({ status: 'RUNNING', params: { epochs: '3', seed: '1' } });
  });
});
