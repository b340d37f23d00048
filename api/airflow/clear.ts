import express, { type Router } from 'express';
import type { z } from 'zod';
import { conflict, missing, refused } from '../../contracts/failures.ts';
import type { Run } from '../../contracts/runs.ts';
import { findRuns } from '../../domain/runs/findRuns.ts';
import { listSteps } from '../../domain/runs/readRun.ts';
import { requireRole } from '../../platform/http/access.ts';
import { parseBody } from '../../platform/http/validate.ts';
import type { ApiDeps } from '../deps.ts';
import { readRun } from '../readRunDetail.ts';
import { setBack } from '../setBack.ts';
import { toDagRun } from './dagRun.ts';
import { readDagRun, workflowOf } from './names.ts';
import { param } from './query.ts';
import { clearRunSchema, clearSchema } from './schemas.ts';
import { referenceOf, stateOf, taskInstancesOf, type TaskInstance } from './taskInstance.ts';
import { taskIdsOf } from './tasks.ts';

type Clear = z.infer<typeof clearSchema>;

/** Runs that one request clears at most. */
const MAX_RUNS = 100;

/** Clearing: a run goes on from before the tasks that are cleared; what came after them in it is done again. */
export function clearRoutes(deps: ApiDeps): Router {
  const { pool } = deps;
  const router = express.Router();
  const instancesOf = async (run: Run) => taskInstancesOf(run, await listSteps(pool, run.run_id));

  const clear = (run: Run, instances: readonly TaskInstance[]) => setBack(deps, run, instances);

  async function chooseRuns(dagId: string, { dag_run_id, start_date, end_date }: Clear): Promise<Run[]> {
    if (dag_run_id) return [await readDagRun(deps, dagId, dag_run_id)];
    if (!start_date && !end_date) throw refused('dag_run_id, or start_date and end_date, say which runs are meant');
    const times = { logicalFrom: start_date ?? undefined, logicalTo: end_date ?? undefined };
    const order = { order: 'logical_date', descending: false } as const;
    return (await findRuns(pool, { workflows: [workflowOf(dagId)], times, ...order, limit: MAX_RUNS, offset: 0 })).runs;
  }

  router.post('/dags/:dag_id/clearTaskInstances', requireRole('operator'), async (req, res) => {
    const dagId = param(req, 'dag_id');
    const known = taskIdsOf(workflowOf(dagId));
    const body = parseBody(clearSchema, req);
    const references = [];
    for (const run of await chooseRuns(dagId, body)) {
      const instances = await instancesOf(run);
      refuseUnknownTasks(body.task_ids ?? [], [...known, ...instances.map(({ taskId }) => taskId)]);
      const chosen = instances.filter((instance) => isMeant(run, instance, body));
      if (!body.dry_run && chosen.length > 0) await clear(run, chosen);
      references.push(...chosen.map((instance) => referenceOf(run, instance)));
    }
    res.json({ task_instances: references });
  });

  router.post('/dags/:dag_id/dagRuns/:dag_run_id/clear', requireRole('operator'), async (req, res) => {
    const { dry_run } = parseBody(clearRunSchema, req);
    const run = await readDagRun(deps, param(req, 'dag_id'), param(req, 'dag_run_id'));
    const begun = (await instancesOf(run)).filter(({ tries }) => tries.length > 0);
    if (dry_run) return void res.json({ task_instances: begun.map((instance) => referenceOf(run, instance)) });
    if (begun.length === 0) throw conflict(`${run.run_id} has no step to go back to`);
    await clear(run, begun);
    res.json(toDagRun(await readRun(deps, run.run_id)));
  });
  return router;
}

function isMeant(run: Run, instance: TaskInstance, { task_ids, only_failed, only_running }: Clear): boolean {
  if (instance.tries.length === 0 || (task_ids && !task_ids.includes(instance.taskId))) return false;
  const state = stateOf(run, instance);
  if (only_running) return state === 'running';
  return !only_failed || state === 'failed' || state === 'up_for_retry';
}

function refuseUnknownTasks(taskIds: readonly string[], known: readonly string[]): void {
  const unknown = taskIds.find((taskId) => !known.includes(taskId));
  if (unknown !== undefined) throw missing(`Task with id ${unknown} not found`);
}
