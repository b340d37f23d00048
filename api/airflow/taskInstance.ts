import { z } from 'zod';
import { modelKindSchema, nameOf } from '../../contracts/models.ts';
import { isOpen, type Run, type RunStep, type StepState } from '../../contracts/runs.ts';
import type { LedgerStep } from '../../domain/runs/readRun.ts';
import { logicalDateOf } from './dagRun.ts';
import { dagIdOf, dagRunIdOf } from './names.ts';
import { retriesOf, taskIdsOf } from './tasks.ts';

/** What one activity of a run did, over all its tries; a task that has not begun has none. */
export interface TaskInstance {
  readonly taskId: string;
  /** Which of several it is where a run makes several models, or does a step in parts; -1 where there is one */
  readonly mapIndex: number;
  readonly subject: string | null;
  readonly workflowId: string;
  readonly activityId: string;
  readonly tries: readonly LedgerStep[];
}

/** The tasks of a run: what the ledger has of its steps, then those of the workflow that have not begun. */
export function taskInstancesOf(run: Run, steps: readonly LedgerStep[]): TaskInstance[] {
  const subjects = [...new Set([...modelsOf(run.input), ...steps.flatMap(({ step }) => step.subject ?? [])])];
  const taskIds = [...new Set([...steps.map(({ step }) => step.step), ...taskIdsOf(run.workflow)])];
  return taskIds.flatMap((taskId) => instancesOf(taskId, steps, subjects));
}

/** The models that a training run was asked for, in that order; others count from their first step. */
const modelsOf = (input: unknown): string[] => modelsSchema.safeParse(input).data?.models.map(nameOf) ?? [];
const modelsSchema = z.object({ models: z.array(z.looseObject({ kind: modelKindSchema })) });

function instancesOf(taskId: string, steps: readonly LedgerStep[], subjects: readonly string[]): TaskInstance[] {
  const tries = new Map<string, LedgerStep[]>();
  for (const one of steps) {
    const key = `${one.workflowId} ${one.activityId}`;
    if (one.step.step === taskId) tries.set(key, [...(tries.get(key) ?? []), one]);
  }
  const instances = [...tries.values()].map((own) => {
    const [{ workflowId, activityId, step }] = own as [LedgerStep];
    return { taskId, subject: step.subject, workflowId, activityId, tries: own };
  });
  if (instances.length === 0) return [{ taskId, mapIndex: -1, subject: null, workflowId: '', activityId: '', tries: [] }];
  const isPlain = instances.length === 1 && instances[0]?.subject === null;
  const eachItsSubject = new Set(instances.map(({ subject }) => subject)).size === instances.length;
  // A model keeps its number in every task, also in those that others have not come to.
  return instances.map((instance, index) => ({
    ...instance,
    mapIndex: isPlain ? -1 : eachItsSubject && instance.subject !== null ? subjects.indexOf(instance.subject) : index,
  }));
}

const STATES: Record<StepState, string> = { running: 'running', success: 'success', failed: 'failed', cancelled: 'failed', lost: 'failed' };

/** Airflow's state: one that failed while its run goes on waits to be tried again; one that never began tells by its run why. */
export function stateOf(run: Run, { tries }: Pick<TaskInstance, 'tries'>): string | null {
  const last = tries.at(-1)?.step.state;
  if (last !== undefined) return isOpen(run) && STATES[last] === 'failed' ? 'up_for_retry' : STATES[last];
  if (isOpen(run)) return null;
  return run.state === 'success' ? 'skipped' : 'upstream_failed';
}

/** As Airflow tells it: of the latest try, or of the one given. */
export function toTaskInstance(run: Run, instance: TaskInstance, chosen: LedgerStep | undefined = instance.tries.at(-1)) {
  const step = chosen?.step;
  const isLatest = chosen === instance.tries.at(-1);
  return {
    ...referenceOf(run, instance),
    map_index: instance.mapIndex,
    rendered_map_index: instance.subject,
    task_display_name: instance.taskId,
    state: isLatest ? stateOf(run, instance) : step && STATES[step.state],
    try_number: step?.attempt ?? 0,
    max_tries: retriesOf(run.workflow, instance.taskId) ?? Math.max(instance.tries.length - 1, 0),
    start_date: step?.started_at ?? null,
    end_date: step?.ended_at ?? null,
    duration: step?.ended_at ? (Date.parse(step.ended_at) - Date.parse(step.started_at)) / 1_000 : null,
    hostname: step?.worker ?? '',
    unixname: 'movie-mlops',
    operator: 'Activity',
    queue: step?.queue ?? null,
    queued_when: step?.started_at ?? null,
    pool: 'default_pool',
    pool_slots: 1,
    priority_weight: 1,
    executor: null,
    executor_config: '{}',
    note: noteOf(step),
    pid: null,
    rendered_fields: {},
  };
}

const noteOf = (step: Omit<RunStep, 'progress'> | undefined) => step?.error ?? null;

export const referenceOf = (run: Run, { taskId }: Pick<TaskInstance, 'taskId'>) => ({
  dag_id: dagIdOf(run.workflow),
  dag_run_id: dagRunIdOf(run),
  execution_date: logicalDateOf(run),
  task_id: taskId,
});
