import { missing, refused } from '../../contracts/failures.ts';
import type { Run } from '../../contracts/runs.ts';
import { findRuns } from '../../domain/runs/findRuns.ts';
import { listSteps, listStepsOfRuns } from '../../domain/runs/readRun.ts';
import type { ApiDeps } from '../deps.ts';
import { ANY, dagRunIdOf, readDagRun, runIdOf, workflowsOf } from './names.ts';
import type { Page } from './query.ts';
import { taskInstancesOf, type TaskInstance } from './taskInstance.ts';

export interface InstanceOfRun {
  readonly run: Run;
  readonly instance: TaskInstance;
}

export interface RunsAsked {
  /** `~` among them means all */
  readonly dagIds: readonly string[];
  readonly dagRunIds: readonly string[];
  /** Bounds of their logical date, as `exactTime` gives them */
  readonly from?: string | null | undefined;
  readonly to?: string | null | undefined;
}

/** Runs whose tasks one request goes through at most, and those that it reads together. */
const MAX_RUNS = 10_000;
const RUNS_AT_ONCE = 50;

/** Those of one run. @throws Failure `missing` */
export async function readInstances(deps: ApiDeps, dagId: string, dagRunId: string): Promise<InstanceOfRun[]> {
  const run = await readDagRun(deps, dagId, dagRunId);
  return instancesOf(run, await listSteps(deps.pool, run.run_id));
}

/**
 * The task instances of runs, those of the oldest run first.
 * @throws Failure `missing` where one run of one DAG is meant and there is none; `invalid` where there are too many runs to look through
 */
export async function* findInstances(deps: ApiDeps, { dagIds, dagRunIds, from, to }: RunsAsked): AsyncGenerator<InstanceOfRun> {
  const [dagId = ANY, dagRunId = ANY] = [dagIds[0], dagRunIds[0]];
  const isOne = dagIds.length === 1 && dagRunIds.length === 1 && dagId !== ANY && dagRunId !== ANY;
  if (isOne) return yield* await readInstances(deps, dagId, dagRunId);
  const workflows = [...new Set(dagIds.flatMap(workflowsOf))];
  const isAnyRun = dagRunIds.includes(ANY);
  const runIds = isAnyRun ? undefined : workflows.flatMap((workflow) => dagRunIds.map((id) => runIdOf(workflow, id)));
  const times = { logicalFrom: from ?? undefined, logicalTo: to ?? undefined };
  for (let offset = 0; ; offset += RUNS_AT_ONCE) {
    const page = { order: 'created', descending: false, limit: RUNS_AT_ONCE, offset } as const;
    const { runs, total } = await findRuns(deps.reportPool, { workflows, runIds, times, ...page });
    if (total > MAX_RUNS) throw refused(`${total} runs are too many to look through; narrow them, such as by execution_date_gte`);
    const steps = await listStepsOfRuns(deps.reportPool, runs.map(({ run_id }) => run_id)); // prettier-ignore
    for (const run of runs.filter((one) => isAnyRun || dagRunIds.includes(dagRunIdOf(one)))) {
      yield* instancesOf(run, steps.get(run.run_id) ?? []);
    }
    if (runs.length < RUNS_AT_ONCE) return;
  }
}

const instancesOf = (run: Run, steps: Parameters<typeof taskInstancesOf>[1]): InstanceOfRun[] =>
  taskInstancesOf(run, steps).map((instance) => ({ run, instance }));

/** One page of what is found, told by `tell`, and how many there are in all. */
export async function pageThrough<T, Told>(
  found: AsyncIterable<T>,
  { limit, offset }: Page,
  tell: (item: T) => Told | undefined,
): Promise<{ page: Told[]; total: number }> {
  const page: Told[] = [];
  let total = 0;
  for await (const item of found) {
    const told = tell(item);
    if (told === undefined) continue;
    if (total >= offset && page.length < limit) page.push(told);
    total += 1;
  }
  return { page, total };
}

/** @throws Failure `missing`; also where one of several is meant and it was not said which */
export function chooseInstance(all: readonly InstanceOfRun[], taskId: string, mapIndex: string | undefined): InstanceOfRun {
  const own = all.filter(({ instance }) => instance.taskId === taskId);
  if (own.length === 0) throw missing(`Task instance with id ${taskId} not found`);
  const [only] = own;
  if (mapIndex === undefined && own.length === 1 && only) return only;
  const chosen = own.find(({ instance }) => String(instance.mapIndex) === mapIndex);
  if (chosen) return chosen;
  const indices = own.map(({ instance }) => `${instance.mapIndex}${instance.subject ? ` (${instance.subject})` : ''}`).join(', ');
  if (mapIndex === undefined) throw missing(`Task instance is mapped, add the map_index value to the URL: ${indices}`);
  throw missing(`Task instance ${taskId} has no map_index ${mapIndex}; it has ${indices}`);
}
