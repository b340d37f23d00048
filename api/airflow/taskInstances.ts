import express, { type Request, type Router } from 'express';
import { missing, refused } from '../../contracts/failures.ts';
import type { Run } from '../../contracts/runs.ts';
import { listSteps, type LedgerStep } from '../../domain/runs/readRun.ts';
import { requireRole } from '../../platform/http/access.ts';
import type { ApiDeps } from '../rest/app.ts';
import { logicalDateOf } from './dagRun.ts';
import { readLog } from './logs.ts';
import { readDagRun } from './names.ts';
import { pythonRepr } from './pythonRepr.ts';
import { isTrue, listOf, pageOf, param, takePage, type Query } from './query.ts';
import { referenceOf, stateOf, taskInstancesOf, toTaskInstance, type TaskInstance } from './taskInstance.ts';

const RETURN_VALUE = 'return_value';

/** Task instances, their tries, logs and results. */
export function taskInstanceRoutes(deps: ApiDeps): Router {
  const { pool } = deps;
  const router = express.Router();
  const path = '/dags/:dag_id/dagRuns/:dag_run_id/taskInstances';
  const viewer = requireRole('viewer');

  async function readAll(req: Request): Promise<{ run: Run; instances: TaskInstance[] }> {
    const run = await readDagRun(deps, param(req, 'dag_id'), param(req, 'dag_run_id'));
    return { run, instances: taskInstancesOf(run, await listSteps(pool, run.run_id)) };
  }
  async function readOne(req: Request, mapIndex?: string): Promise<{ run: Run; instance: TaskInstance }> {
    const { run, instances } = await readAll(req);
    return { run, instance: choose(instances, param(req, 'task_id'), mapIndex) };
  }
  const queriedIndex = (req: Request) => (req.query as Query)['map_index'] as string | undefined;

  router.get(path, viewer, async (req, res) => {
    const query = req.query as Query;
    const states = listOf(query, 'state').flatMap((state) => state.split(','));
    const page = pageOf(query);
    const { run, instances } = await readAll(req);
    const found = instances.filter((instance) => states.length === 0 || states.includes(stateOf(run, instance) ?? 'none'));
    res.json({ task_instances: takePage(found, page).map((instance) => toTaskInstance(run, instance)), total_entries: found.length });
  });
  router.get(`${path}/:task_id/listMapped`, viewer, async (req, res) => {
    const page = pageOf(req.query as Query);
    const { run, instances } = await readAll(req);
    const mapped = instances.filter(({ taskId, mapIndex }) => taskId === param(req, 'task_id') && mapIndex >= 0);
    res.json({ task_instances: takePage(mapped, page).map((instance) => toTaskInstance(run, instance)), total_entries: mapped.length });
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

  router.get(`${path}/:task_id/xcomEntries`, viewer, async (req, res) => {
    const { run, instance } = await readOne(req, queriedIndex(req));
    const entries = resultOf(instance) ? [xcomOf(run, instance, resultOf(instance)!)] : [];
    res.json({ xcom_entries: takePage(entries, pageOf(req.query as Query)), total_entries: entries.length });
  });
  router.get(`${path}/:task_id/xcomEntries/:key`, viewer, async (req, res) => {
    const { run, instance } = await readOne(req, queriedIndex(req));
    const result = param(req, 'key') === RETURN_VALUE ? resultOf(instance) : undefined;
    if (!result) throw missing('XCom entry not found');
    const { stringify = 'true' } = req.query as Query;
    const value = result.step.result;
    res.json({ ...xcomOf(run, instance, result), value: isTrue(stringify) ? pythonRepr(value) : value });
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

/** @throws Failure `missing`; also where one of several is meant and it was not said which */
function choose(instances: readonly TaskInstance[], taskId: string, mapIndex: string | undefined): TaskInstance {
  const own = instances.filter((instance) => instance.taskId === taskId);
  if (own.length === 0) throw missing(`Task instance with id ${taskId} not found`);
  const [only] = own;
  if (mapIndex === undefined && own.length === 1 && only) return only;
  const chosen = own.find((instance) => String(instance.mapIndex) === mapIndex);
  if (chosen) return chosen;
  const indices = own.map((instance) => `${instance.mapIndex}${instance.subject ? ` (${instance.subject})` : ''}`).join(', ');
  if (mapIndex === undefined) throw missing(`Task instance is mapped, add the map_index value to the URL: ${indices}`);
  throw missing(`Task instance ${taskId} has no map_index ${mapIndex}; it has ${indices}`);
}

/** @throws Failure `invalid` or `missing` */
function chooseTry(instance: TaskInstance, number: string): LedgerStep {
  if (!/^\d+$/.test(number)) throw refused(`${number} is no try number`);
  const chosen = instance.tries.find(({ step }) => step.attempt === Number(number));
  if (!chosen) throw missing(`${instance.taskId} has no try ${number}`);
  return chosen;
}

/** The latest try that gave a result. */
const resultOf = ({ tries }: TaskInstance) => tries.findLast(({ step }) => step.state === 'success' && step.result !== null);

function xcomOf(run: Run, instance: TaskInstance, { step }: LedgerStep) {
  const { dag_id, task_id } = referenceOf(run, instance);
  const executionDate = logicalDateOf(run);
  return { dag_id, task_id, key: RETURN_VALUE, map_index: instance.mapIndex, execution_date: executionDate, timestamp: step.ended_at };
}
