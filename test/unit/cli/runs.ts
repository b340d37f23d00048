import type { Run, RunDetail, RunStep } from '../../../contracts/runs.ts';
import type { TrainingResult } from '../../../contracts/training.ts';

/** Runs as the API answers them. */
export const aRun = (overrides: Partial<Run> = {}): Run => ({
  run_id: 'training/a1',
  workflow: 'movieTrainingPipeline',
  state: 'running',
  input: { seed: 7 },
  result: null,
  error: null,
  started_by: 'local',
  run_type: 'manual',
  logical_date: null,
  note: null,
  created_at: '2026-11-23T22:55:00.000Z',
  started_at: '2026-11-23T22:55:01.000Z',
  ended_at: null,
  ...overrides,
});

export const aStep = (overrides: Partial<RunStep> = {}): RunStep => ({
  step: 'train_movie_model',
  subject: 'neural_cf',
  part: null,
  attempt: 1,
  state: 'running',
  queue: 'training',
  worker: '4711@laptop',
  started_at: '2026-11-23T22:55:02.000Z',
  ended_at: null,
  result: null,
  error: null,
  progress: null,
  ...overrides,
});

export const aRunDetail = (overrides: Partial<RunDetail> = {}): RunDetail => ({ ...aRun(overrides), steps: [], now: [], ...overrides });

export const TRAINING_RESULT: TrainingResult = {
  dataset: { snapshot_id: 'abc', uri: 'blob:snapshots/abc', interactions: 100_836, users: 610, movies: 9_724 },
  models: [
    {
      model: {
        kind: 'neural_cf',
        name: 'neural_cf',
        uri: 'blob:models/n',
        digest: 'd',
        bytes: 1,
        train_ms: 1,
        backend: 'cpu',
        history_uri: 'blob:h',
        resumed_from_epoch: null,
      },
      report: {
        kind: 'neural_cf',
        name: 'neural_cf',
        uri: 'blob:reports/n',
        html_uri: 'blob:reports/n.html',
        metrics: { full_ndcg_at_10: 0.387_654 },
        baseline: { full_ndcg_at_10: 0.3 },
        evidence: { gain_over_popularity: null, champion: null, latency_ms: 1 },
      },
      version: {
        name: 'neural_cf',
        version: '2',
        registry_run_id: 'r1',
        champion: false,
        gate: { passed: false, rules: [{ rule: 'beats-popularity', passed: false, value: 0.28, bound: 0.3, detail: '0.28 < 0.3' }] },
      },
    },
  ],
  winner: {
    name: 'neural_cf',
    version: '2',
    metric: 'full_ndcg_at_10',
    value: 0.387_654,
    rule: 'highest full_ndcg_at_10 of 1 on the same split',
  },
};
