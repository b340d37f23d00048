import express, { type Request, type Router } from 'express';
import { missing, refused } from '../../contracts/failures.ts';
import type { LedgerStep } from '../../domain/runs/readRun.ts';
import { requireRole } from '../../platform/http/access.ts';
import { parseBody } from '../../platform/http/validate.ts';
import type { ApiDeps } from '../deps.ts';
import { refuseUnserved } from './filters.ts';
import { chooseInstance, findInstances, pageThrough, readInstances, type InstanceOfRun, type RunsAsked } from './findInstances.ts';
import { readFilter, tellWhere, type InstanceFilter } from './instanceFilter.ts';
import { readLog } from './logs.ts';
import { ANY } from './names.ts';
import { pythonRepr } from './pythonRepr.ts';
import { isTrue, orderOf, pageOf, pageOfForm, param, takePage, type Page, type Query } from './query.ts';
import { instanceFormSchema } from './schemas.ts';
import { toTaskInstance, type TaskInstance } from './taskInstance.ts';
import { isMapped } from './tasks.ts';

/** Task instances, their tries and logs. */
export function taskInstanceRoutes(deps: ApiDeps): Router {
  const { pool } = deps;
  const router = express.Router();
  const path = '/dags/:dag_id/dagRuns/:dag_run_id/taskInstances';
  const viewer = requireRole('viewer');

  const readAll = (req: Request) => readInstances(deps, param(req, 'dag_id'), param(req, 'dag_run_id'));
  const readOne = async (req: Request, mapIndex?: string) => chooseInstance(await readAll(req), param(req, 'task_id'), mapIndex);
  const answerPage = async (runs: RunsAsked, filter: InstanceFilter, page: Page) => {
    const found = findInstances(deps, { ...runs, from: filter.execution_date_gte, to: filter.execution_date_lte });
    const { page: told, total } = await pageThrough(found, page, tellWhere(filter));
    return { task_instances: told, total_entries: total };
  };
  const queriedIndex = (req: Request) => (req.query as Query)['map_index'] as string | undefined;

  router.post(`/dags/${ANY}/dagRuns/${ANY}/taskInstances/list`, viewer, async (req, res) => {
    const form = parseBody(instanceFormSchema, req);
    refuseUnserved(req.body as object, Object.keys(instanceFormSchema.shape));
    const runs = { dagIds: form.dag_ids ?? [ANY], dagRunIds: form.dag_run_ids ?? [ANY] };
    res.json(await answerPage(runs, form, pageOfForm(form)));
  });
  router.get(path, viewer, async (req, res) => {
    const query = req.query as Query;
    const runs = { dagIds: [param(req, 'dag_id')], dagRunIds: [param(req, 'dag_run_id')] };
    res.json(await answerPage(runs, readFilter(query), pageOf(query)));
  });
  router.get(`${path}/:task_id/listMapped`, viewer, async (req, res) => {
    const query = req.query as Query;
    const page = pageOf(query);
    const tell = tellWhere(readFilter(query));
    const { order, descending } = orderOf(query['order_by'], MAPPED_ORDERS, 'map_index');
    const mapped = mappedOf(await readAll(req), param(req, 'task_id')).flatMap((one) => tell(one) ?? []);
    mapped.sort((a, b) => (descending ? -1 : 1) * compare(a[order], b[order]) || a.map_index - b.map_index);
    res.json({ task_instances: takePage(mapped, page), total_entries: mapped.length });
  });

  for (const at of [`${path}/:task_id`, `${path}/:task_id/:map_index`]) {
    const read = (req: Request) => readOne(req, req.params['map_index'] as string | undefined);
    router.get(`${at}/tries`, viewer, async (req, res) => {
      const { run, instance } = await read(req);
      const tries = takePage(instance.tries, pageOf(req.query as Query)).map((one) => toTaskInstance(run, instance, one));
      res.json({ task_instances: tries, total_entries: instance.tries.length });
    });
    router.get(`${at}/tries/:try`, viewer, async (req, res) => {
      const { run, instance } = await read(req);
      res.json(toTaskInstance(run, instance, chooseTry(instance, param(req, 'try'))));
    });
  }

  router.get(`${path}/:task_id/logs/:try`, viewer, async (req, res) => {
    const { run, instance } = await readOne(req, queriedIndex(req));
    const query = req.query as Query;
    const all = isTrue(query['full_content']);
    const asText = req.accepts(['application/json', 'text/plain']) === 'text/plain';
    const token = query['token'] as string | undefined;
    const log = await readLog(pool, run.run_id, chooseTry(instance, param(req, 'try')), { token, all: all || asText });
    if (asText) return void res.type('text/plain').send(log.text);
    res.json({ content: pythonRepr([[log.host, log.text]], 'tuples'), continuation_token: log.token });
  });

  router.get(`${path}/:task_id`, viewer, async (req, res) => {
    const { run, instance } = await readOne(req);
    res.json(toTaskInstance(run, instance));
  });
  router.get(`${path}/:task_id/:map_index`, viewer, async (req, res) => {
    const { run, instance } = await readOne(req, param(req, 'map_index'));
    res.json(toTaskInstance(run, instance));
  });
  return router;
}

/** @throws Failure `invalid` or `missing` */
function chooseTry(instance: TaskInstance, number: string): LedgerStep {
  if (!/^\d+$/.test(number)) throw refused(`${number} is no try number`);
  const chosen = instance.tries.find(({ step }) => step.attempt === Number(number));
  if (!chosen) throw missing(`${instance.taskId} has no try ${number}`);
  return chosen;
}

/** @throws Failure `missing` where there is no such task, or where there is never more than one of it */
function mappedOf(all: readonly InstanceOfRun[], taskId: string): InstanceOfRun[] {
  const own = all.filter(({ instance }) => instance.taskId === taskId);
  if (!own[0]) throw missing(`Task id ${taskId} not found`);
  const mapped = own.filter(({ instance }) => instance.mapIndex >= 0);
  if (mapped.length === 0 && !isMapped(own[0].run.workflow, taskId)) throw missing(`Task id ${taskId} is not mapped`);
  return mapped;
}

const MAPPED_ORDERS = ['map_index', 'state', 'duration', 'start_date', 'end_date'] as const;

/** Whatever is not there yet comes last, as in Postgres. */
function compare(a: string | number | null | undefined, b: string | number | null | undefined): number {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  return b === null || b === undefined || a < b ? -1 : 1;
}
