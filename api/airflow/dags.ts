import express, { type Router } from 'express';
import { intervalOfLine } from '../../contracts/cron.ts';
import { conflict, missing } from '../../contracts/failures.ts';
import type { Schedule } from '../../contracts/schedules.ts';
import { rowOf, STARTABLE_WORKFLOWS, WORKFLOW_NAMES, type WorkflowName } from '../../contracts/workflows.ts';
import { requireRole } from '../../platform/http/access.ts';
import { parseBody } from '../../platform/http/validate.ts';
import type { ApiDeps } from '../deps.ts';
import { dagIdOf, workflowOf } from './names.ts';
import { refuseUnserved } from './filters.ts';
import { isTrue, listOf, orderOf, pageOf, param, pickFields, takePage, type Query } from './query.ts';
import { patchSchema } from './schemas.ts';
import { tasksOf } from './tasks.ts';

/** Every DAG is active: `only_active` leaves none out. */
const DAG_FILTERS = ['dag_id_pattern', 'only_active', 'paused', 'tags'];

const startedAt = new Date().toISOString();

/** DAGs, to read and to pause: each is a workflow, and its schedules. */
export function dagRoutes({ schedules }: Pick<ApiDeps, 'schedules'>): Router {
  const router = express.Router();
  const schedulesOf = async (workflow: WorkflowName) => (await schedules.list()).filter((schedule) => schedule.workflow === workflow);
  const readDag = async (workflow: WorkflowName) => toDag(workflow, await schedulesOf(workflow));

  async function setPaused(workflow: WorkflowName, isPaused: boolean | undefined) {
    const own = await schedulesOf(workflow);
    if (isPaused !== undefined) {
      if (own.length === 0) throw conflict(`${dagIdOf(workflow)} has no schedule to pause`);
      const change = isPaused ? schedules.pause : schedules.unpause;
      await Promise.all(own.map(({ schedule_id }) => change(schedule_id, '')));
    }
    return readDag(workflow);
  }

  async function findDags(query: Query) {
    refuseUnserved(query, DAG_FILTERS);
    const all = await schedules.list();
    const dags = WORKFLOW_NAMES.map((workflow) => toDag(workflow, all.filter((schedule) => schedule.workflow === workflow))); // prettier-ignore
    return sortDags(filterDags(dags, query), query);
  }

  router.get('/dags', requireRole('viewer'), async (req, res) => {
    const query = req.query as Query;
    const page = pageOf(query);
    const dags = await findDags(query);
    res.json({ dags: takePage(dags, page).map((dag) => pickFields(dag, query)), total_entries: dags.length });
  });
  router.patch('/dags', requireRole('operator'), async (req, res) => {
    const query = req.query as Query;
    const { is_paused } = parseBody(patchSchema, req);
    const page = takePage(await findDags(query), pageOf(query)).filter(({ schedule_interval }) => schedule_interval !== null);
    const dags = [];
    for (const { dag_id } of page) dags.push(await setPaused(workflowOf(dag_id), is_paused));
    res.json({ dags, total_entries: dags.length });
  });
  router.get('/dags/:dag_id', requireRole('viewer'), async (req, res) => {
    res.json(pickFields(await readDag(workflowOf(param(req, 'dag_id'))), req.query as Query));
  });
  router.get('/dags/:dag_id/details', requireRole('viewer'), async (req, res) => {
    const workflow = workflowOf(param(req, 'dag_id'));
    const own = await schedulesOf(workflow);
    res.json(pickFields({ ...toDag(workflow, own), ...DETAILS, timezone: own[0]?.timezone ?? 'UTC' }, req.query as Query));
  });
  router.patch('/dags/:dag_id', requireRole('operator'), async (req, res) => {
    const { is_paused } = parseBody(patchSchema, req);
    res.json(await setPaused(workflowOf(param(req, 'dag_id')), is_paused));
  });
  router.get('/dags/:dag_id/tasks', requireRole('viewer'), (req, res) => {
    const { order, descending } = orderOf((req.query as Query)['order_by'], ['task_id', 'queue'] as const, 'task_id');
    const tasks = tasksOf(workflowOf(param(req, 'dag_id'))).sort((a, b) => a[order].localeCompare(b[order]));
    res.json({ tasks: descending ? tasks.reverse() : tasks, total_entries: tasks.length });
  });
  router.get('/dags/:dag_id/tasks/:task_id', requireRole('viewer'), (req, res) => {
    const dagId = param(req, 'dag_id');
    const task = tasksOf(workflowOf(dagId)).find(({ task_id }) => task_id === param(req, 'task_id'));
    if (!task) throw missing(`Task with id ${param(req, 'task_id')} not found in DAG ${dagId}`);
    res.json(task);
  });
  return router;
}

type Dag = ReturnType<typeof toDag>;

/** A workflow with the schedules that start it. It counts as paused when all of them are. */
function toDag(workflow: WorkflowName, schedules: readonly Schedule[]) {
  const active = schedules.filter(({ paused }) => !paused);
  const [first] = schedules;
  const [cron] = first?.cron ?? [];
  const next = active.flatMap(({ next_runs }) => next_runs).sort()[0] ?? null;
  return {
    dag_id: dagIdOf(workflow),
    dag_display_name: dagIdOf(workflow),
    description: rowOf(workflow).description,
    default_view: 'grid',
    file_token: Buffer.from(workflow).toString('base64url'),
    fileloc: `workflows/${workflow}.ts`,
    has_import_errors: false,
    has_task_concurrency_limits: false,
    is_active: true,
    is_paused: schedules.length > 0 && active.length === 0,
    is_subdag: false,
    last_expired: null,
    last_parsed_time: startedAt,
    last_pickled: null,
    max_active_runs: null,
    max_active_tasks: null,
    max_consecutive_failed_dag_runs: null,
    next_dagrun: next,
    next_dagrun_create_after: next,
    next_dagrun_data_interval_start: next,
    next_dagrun_data_interval_end: next,
    owners: ['movie-mlops'],
    pickle_id: null,
    root_dag_id: null,
    schedule_interval: cron === undefined ? null : toScheduleInterval(cron),
    scheduler_lock: null,
    tags: (STARTABLE_WORKFLOWS as readonly string[]).includes(workflow) ? [{ name: 'startable' }] : [],
    timetable_description: cron === undefined ? 'Never, external triggers only' : `${cron}, ${first?.timezone}`,
  };
}

function toScheduleInterval(line: string) {
  const interval = intervalOfLine(line);
  if (!interval) return { __type: 'CronExpression', value: line };
  return { __type: 'TimeDelta', days: Math.floor(interval.every_s / DAY_S), seconds: interval.every_s % DAY_S, microseconds: 0 };
}
const DAY_S = 86_400;

const DETAILS = {
  catchup: false,
  concurrency: null,
  dataset_expression: null,
  doc_md: null,
  end_date: null,
  is_paused_upon_creation: null,
  last_parsed: startedAt,
  orientation: 'LR',
  params: {},
  render_template_as_native_obj: false,
  start_date: null,
  template_search_path: null,
};

function filterDags(dags: readonly Dag[], query: Query): Dag[] {
  const pattern = String(query['dag_id_pattern'] ?? '').toLowerCase();
  const tags = listOf(query, 'tags');
  return dags.filter(
    ({ dag_id, is_paused, tags: own }) =>
      dag_id.includes(pattern) &&
      (query['paused'] === undefined || is_paused === isTrue(query['paused'])) &&
      (tags.length === 0 || own.some(({ name }) => tags.includes(name))),
  );
}

function sortDags(dags: Dag[], query: Query): Dag[] {
  const { order, descending } = orderOf(query['order_by'], ['dag_id', 'is_paused'] as const, 'dag_id');
  const sorted = dags.toSorted((a, b) => String(a[order]).localeCompare(String(b[order])));
  return descending ? sorted.reverse() : sorted;
}
