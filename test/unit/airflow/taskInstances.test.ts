import { describe, expect, test } from '@jest/globals';
import { tellWhere, type InstanceFilter } from '../../../api/airflow/instanceFilter.ts';
import { taskInstancesOf } from '../../../api/airflow/taskInstance.ts';
import type { Run } from '../../../contracts/runs.ts';
import type { WorkflowType } from '../../../contracts/workflows.ts';
import type { LedgerStep } from '../../../domain/runs/readRun.ts';
import { aRun } from '../cli/runs.ts';

const runOf = (workflow: WorkflowType, input: unknown = {}): Run => aRun({ run_id: 'x/r', workflow, input, state: 'success' });

let moment = 0;
interface Given {
  readonly of?: string | null;
  readonly part?: string | null;
  readonly activity?: string;
  readonly attempt?: number;
  readonly state?: LedgerStep['step']['state'];
}
/** An attempt of a step, each begun a second after the one before. */
function attempt(step: string, { of = null, part = null, activity = '1', attempt: number = 1, state = 'success' }: Given): LedgerStep {
  const begun = Date.parse('2026-01-01T00:00:00Z') + (moment += 1) * 1_000;
  return {
    workflowId: of === null ? 'x/r' : `x/r/${of}`,
    activityId: activity,
    instance: part ?? '',
    temporalAttempt: 1,
    step: {
      ...{ step, subject: of, part, attempt: number, state, queue: 'control', worker: 'w', result: null, error: null },
      started_at: new Date(begun).toISOString(),
      ended_at: new Date(begun + 500).toISOString(),
    },
  };
}
const seen = (run: Run, steps: LedgerStep[]) =>
  taskInstancesOf(run, steps)
    .filter(({ tries }) => tries.length > 0)
    .map(({ taskId, mapIndex, subject, tries }) => [taskId, mapIndex, subject, tries.length]);

describe('what did a task', () => {
  test('is one instance with several tries, whichever activities it took: offered again, or done again after a clear', () => {
    const steps = [
      attempt('prepare_training_data', { activity: '1', state: 'failed' }),
      attempt('prepare_training_data', { activity: '2', attempt: 2 }),
      attempt('mark_winner', { activity: '3' }),
      attempt('prepare_training_data', { activity: '1', attempt: 3 }),
      attempt('mark_winner', { activity: '2', attempt: 2 }),
    ];
    const run = runOf('movieTrainingPipeline', { models: [{ kind: 'popularity' }] });
    expect(seen(run, steps)).toEqual([
      ['prepare_training_data', -1, null, 3],
      ['mark_winner', -1, null, 2],
    ]);
    expect(taskInstancesOf(run, steps).find(({ taskId }) => taskId === 'mark_winner')?.activityId).toBe('2');
  });

  test('is numbered as its workflow came to the parts, also where a worker began the later one first', () => {
    const steps = [
      attempt('compute_features', { part: 'user_features', activity: '10' }),
      attempt('compute_features', { part: 'movie_features', activity: '9' }),
    ];
    expect(seen(runOf('featureMaterialization'), steps)).toEqual([
      ['compute_features', 0, 'movie_features', 1],
      ['compute_features', 1, 'user_features', 1],
    ]);
  });

  test('is mapped for each part, which keeps its number where they begin in another order', () => {
    const steps = [
      attempt('compute_features', { part: 'movie_features', activity: '2' }),
      attempt('compute_features', { part: 'user_features', activity: '3' }),
      attempt('bring_online', { part: 'user_features', activity: '4' }),
      attempt('bring_online', { part: 'movie_features', activity: '5' }),
      attempt('bring_online', { part: 'movie_features', activity: '4', attempt: 2 }),
    ];
    expect(seen(runOf('featureMaterialization'), steps)).toEqual([
      ['compute_features', 0, 'movie_features', 1],
      ['compute_features', 1, 'user_features', 1],
      ['bring_online', 0, 'movie_features', 2],
      ['bring_online', 1, 'user_features', 1],
    ]);
  });

  test('is numbered by its shard, in the order of the numbers', () => {
    const shards = ['2', '10', '0', '10'].map((part, n) => attempt('recommend_shard', { part, activity: String(n) }));
    expect(seen(runOf('batchRecommendations'), shards)).toEqual([
      ['recommend_shard', 0, '0', 1],
      ['recommend_shard', 2, '2', 1],
      ['recommend_shard', 10, '10', 2],
    ]);
  });

  test('is numbered by its model as they were asked for, and no model makes a step of another child a mapped one', () => {
    const models = { models: [{ kind: 'popularity' }, { kind: 'neural_cf' }] };
    const trained = ['neural_cf', 'popularity'].map((of) => attempt('train_movie_model', { of }));
    expect(seen(runOf('movieTrainingPipeline', models), trained)).toEqual([
      ['train_movie_model', 0, 'popularity', 1],
      ['train_movie_model', 1, 'neural_cf', 1],
    ]);
    const children = [attempt('resolve_views', { of: 'features' }), attempt('fetch_tmdb_genres', { of: 'tmdb' })];
    expect(seen(runOf('movieDataCollection'), children)).toEqual([
      ['resolve_views', -1, 'features', 1],
      ['fetch_tmdb_genres', -1, 'tmdb', 1],
    ]);
  });
});

describe('task instances are narrowed by', () => {
  const run = runOf('movieTrainingPipeline');
  const [one] = taskInstancesOf({ ...run, logical_date: '2026-01-01T00:00:00.000001Z' }, [attempt('mark_winner', { state: 'failed' })]);
  const begun = one!.tries[0]!.step.started_at.replace('Z', '000Z');
  test.each<[string, InstanceFilter, boolean]>([
    ['nothing', {}, true],
    [
      'the moment of their run',
      { execution_date_gte: '2026-01-01T00:00:00.000001Z', execution_date_lte: '2026-01-01T00:00:00.000001Z' },
      true,
    ],
    ['a microsecond later', { execution_date_gte: '2026-01-01T00:00:00.000002Z' }, false],
    ['the moment they began', { start_date_gte: begun, start_date_lte: begun }, true],
    ['an end before that', { end_date_lte: begun }, false],
    ['how long they took', { duration_gte: 0.5, duration_lte: 0.5 }, true],
    ['longer', { duration_gte: 0.6 }, false],
    ['shorter', { duration_lte: 0.4 }, false],
    ['a state', { state: ['failed'] }, true],
    ['another', { state: ['success', 'none'] }, false],
    ['their queue', { queue: ['control'] }, true],
    ['another queue', { queue: ['training'] }, false],
    ['their pool', { pool: ['default_pool'] }, true],
    ['another pool', { pool: ['gpus'] }, false],
    ['an executor, which none has', { executor: ['celery'] }, false],
    ['their task', { task_ids: ['mark_winner'] }, true],
    ['another task', { task_ids: ['train_movie_model'] }, false],
  ])('%s', (_by, filter, isAmong) => {
    const told = tellWhere(filter)({ run: { ...run, logical_date: '2026-01-01T00:00:00.000001Z' }, instance: one! });
    expect(told !== undefined).toBe(isAmong);
  });
});
