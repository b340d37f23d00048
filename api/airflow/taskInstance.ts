import { z } from 'zod';
import { modelKindSchema, nameOf } from '../../contracts/models.ts';
import { isOpen, type Run, type RunStep, type StepState } from '../../contracts/runs.ts';
import type { LedgerStep } from '../../domain/runs/readRun.ts';
import { logicalDateOf } from './dagRun.ts';
import { dagIdOf, dagRunIdOf } from './names.ts';
import { isMapped, retriesOf, taskIdsOf } from './tasks.ts';

/** What one task of a run did, over all its tries; one that has not begun has none. */
export interface TaskInstance {
  readonly taskId: string;
  /** Which of several it is where a run makes several models, or does a step in parts; -1 where there is one */
  readonly mapIndex: number;
  /** The model or the part that it is about */
  readonly subject: string | null;
  readonly workflowId: string;
  /** The activity of the latest try: where to go back to */
  readonly activityId: string;
  readonly tries: readonly LedgerStep[];
}

/** The tasks of a run: what the ledger has of its steps, then those of the workflow that have not begun. Mapped ones stand in the order of their numbers. */
export function taskInstancesOf(run: Run, steps: readonly LedgerStep[]): TaskInstance[] {
  const numberOf = numbering(run, steps);
  const taskIds = [...new Set([...steps.map(({ step }) => step.step), ...taskIdsOf(run.workflow)])];
  return taskIds.flatMap((taskId) => {
    const own = groupBy(steps.filter(({ step }) => step.step === taskId), ({ workflowId, instance }) => `${workflowId} ${instance}`); // prettier-ignore
    if (own.length === 0) return [{ taskId, mapIndex: -1, subject: null, workflowId: '', activityId: '', tries: [] }];
    const numbers = own.map(([first]) => numberOf(first!));
    const isNumbered = !numbers.includes(undefined) && new Set(numbers).size === own.length;
    const isPlain = own.length === 1 && !isMapped(run.workflow, taskId);
    return own
      .map((tries, index) => ({ ...toInstance(taskId, tries), mapIndex: isPlain ? -1 : isNumbered ? numbers[index]! : index }))
      .sort((a, b) => a.mapIndex - b.mapIndex);
  });
}

function toInstance(taskId: string, tries: readonly LedgerStep[]): Omit<TaskInstance, 'mapIndex'> {
  const { workflowId, activityId, step } = tries.at(-1)!;
  return { taskId, subject: step.part ?? step.subject, workflowId, activityId, tries };
}

/**
 * The number of a model or a part, which it keeps in every task of its run, also in those that others have not come to: a shard or a trial its own, a view
 * the place in which its workflow came to it, a model the place in which it was asked for.
 */
function numbering(run: Run, steps: readonly LedgerStep[]): (of: LedgerStep) => number | undefined {
  // Side by side, workers may begin the later one first: activities are numbered in the order in which their workflow came to them.
  const asked = steps.toSorted((a, b) => Number(a.activityId) - Number(b.activityId));
  const partsOf = (workflowId: string) => unique(asked.flatMap((one) => (one.workflowId === workflowId ? (one.step.part ?? []) : [])));
  const subjects = unique([...modelsOf(run.input), ...steps.flatMap(({ step }) => step.subject ?? [])]);
  return ({ workflowId, step: { subject, part } }) => {
    if (part !== null) return /^\d{1,9}$/.test(part) ? Number(part) : partsOf(workflowId).indexOf(part);
    return subject === null ? undefined : subjects.indexOf(subject);
  };
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return [...groups.values()];
}

/** The models that a training run was asked for, in that order; others count from their first step. */
const modelsOf = (input: unknown): string[] => modelsSchema.safeParse(input).data?.models.map(nameOf) ?? [];
const modelsSchema = z.object({ models: z.array(z.looseObject({ kind: modelKindSchema })) });

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
