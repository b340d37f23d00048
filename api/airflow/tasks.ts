import { RETRY, type Child, type Step } from '../../contracts/workflowRow.ts';
import { MANY_STEPS, rowOf, stepOf, WORKFLOWS, type WorkflowType } from '../../contracts/workflows.ts';

/** The largest number that Airflow's own column holds; its clients take no null for a step that is never given up. */
const WITHOUT_END = 2 ** 31 - 1;

type Task = Pick<Step, 'queue' | 'attempts' | 'isMany'> & { readonly taskId: string };

/** The steps of a workflow, and of those that are parts of its runs, in the order that they come in. Those that most runs do without are no tasks. */
function listTasks(workflow: WorkflowType): Task[] {
  const { steps, children } = rowOf(workflow);
  const after = (activity: string | null) => children.filter((child) => child.after === activity).flatMap(partsOf);
  const own = Object.entries(steps).flatMap(([activity, { onlyWhen, ...step }]) => [
    ...(onlyWhen === undefined ? [{ ...step, taskId: stepOf(activity) }] : []),
    ...after(activity),
  ]);
  return [...after(null), ...own];
}

const partsOf = ({ workflow, isMany }: Child): Task[] =>
  isWorkflow(workflow) && rowOf(workflow).prefix === null
    ? listTasks(workflow).map((task) => ({ ...task, ...(isMany && { isMany }) }))
    : [];

const isWorkflow = (name: string): name is WorkflowType => name in WORKFLOWS;

export const taskIdsOf = (workflow: string): string[] => (isWorkflow(workflow) ? listTasks(workflow).map(({ taskId }) => taskId) : []);

/** Whether there may be several instances of a task in a run, be it the workflow's own or a child's. */
export const isMapped = (workflow: string, taskId: string): boolean => {
  const listed = isWorkflow(workflow) ? listTasks(workflow).find((task) => task.taskId === taskId) : undefined;
  return listed ? listed.isMany === true : MANY_STEPS.includes(taskId);
};

const toRetries = (attempts: number) => Math.min(attempts - 1, WITHOUT_END);

/** How often a step of a run is tried again, be it the workflow's own or a child's; undefined for one that this release has no more. */
export function retriesOf(workflow: string, taskId: string): number | undefined {
  if (!isWorkflow(workflow)) return undefined;
  const { steps, children } = rowOf(workflow);
  const own = Object.entries(steps).find(([activity]) => stepOf(activity) === taskId);
  if (own) return toRetries(own[1].attempts);
  return children.map((child) => retriesOf(child.workflow, taskId)).find((retries) => retries !== undefined);
}

/** The tasks of a DAG as Airflow tells them. */
export const tasksOf = (workflow: WorkflowType) =>
  listTasks(workflow).map(({ taskId, queue, isMany = false, attempts }, index, all) => ({
    task_id: taskId,
    task_display_name: taskId,
    owner: 'movie-mlops',
    class_ref: { module_path: 'temporalio.activity', class_name: 'Activity' },
    depends_on_past: false,
    doc_md: null,
    downstream_task_ids: all.slice(index + 1, index + 2).map((next) => next.taskId),
    start_date: null,
    end_date: null,
    extra_links: [],
    is_mapped: isMany,
    pool: 'default_pool',
    pool_slots: 1,
    priority_weight: 1,
    queue,
    retries: toRetries(attempts),
    retry_delay: { __type: 'TimeDelta', days: 0, seconds: RETRY.initialIntervalS, microseconds: 0 },
    retry_exponential_backoff: true,
    template_fields: [],
    trigger_rule: 'all_success',
    ui_color: '#fff',
    ui_fgcolor: '#000',
    wait_for_downstream: false,
    weight_rule: 'downstream',
  }));
