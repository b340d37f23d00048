import express, { type Router } from 'express';
import { missing } from '../../contracts/failures.ts';
import { requireRole } from '../../platform/http/access.ts';
import { parse } from '../../platform/http/validate.ts';
import type { ApiDeps } from '../deps.ts';
import { logicalDateOf } from './dagRun.ts';
import { refuseUnserved } from './filters.ts';
import { chooseInstance, findInstances, pageThrough, readInstances, type InstanceOfRun } from './findInstances.ts';
import { ANY } from './names.ts';
import { pythonRepr } from './pythonRepr.ts';
import { isTrue, pageOf, param, type Query } from './query.ts';
import { xcomQuerySchema } from './schemas.ts';
import { referenceOf, type TaskInstance } from './taskInstance.ts';

const RETURN_VALUE = 'return_value';
const XCOM_FILTERS = Object.keys(xcomQuerySchema.shape);

/** The small results of steps, each under the one key that there is. */
export function xcomRoutes(deps: ApiDeps): Router {
  const router = express.Router();
  const path = '/dags/:dag_id/dagRuns/:dag_run_id/taskInstances/:task_id/xcomEntries';
  const viewer = requireRole('viewer');

  router.get(path, viewer, async (req, res) => {
    const query = req.query as Query;
    refuseUnserved(query, XCOM_FILTERS);
    const { xcom_key = RETURN_VALUE, map_index } = parse(xcomQuerySchema, query, 'query');
    const taskId = param(req, 'task_id');
    const found = findInstances(deps, { dagIds: [param(req, 'dag_id')], dagRunIds: [param(req, 'dag_run_id')] });
    const { page, total } = await pageThrough(found, pageOf(query), (one) => {
      const { instance } = one;
      const isAsked =
        (taskId === ANY || instance.taskId === taskId) && (map_index === undefined || String(instance.mapIndex) === map_index);
      return isAsked && xcom_key === RETURN_VALUE && resultOf(instance) ? xcomOf(one) : undefined;
    });
    res.json({ xcom_entries: page, total_entries: total });
  });
  router.get(`${path}/:key`, viewer, async (req, res) => {
    const query = req.query as Query;
    const { map_index } = parse(xcomQuerySchema, query, 'query');
    const ofRun = await readInstances(deps, param(req, 'dag_id'), param(req, 'dag_run_id'));
    const chosen = chooseInstance(ofRun, param(req, 'task_id'), map_index);
    const result = param(req, 'key') === RETURN_VALUE ? resultOf(chosen.instance) : undefined;
    if (!result) throw missing('XCom entry not found');
    const value = result.step.result;
    const stringify = query['stringify'] === undefined || isTrue(query['stringify']);
    res.json({ ...xcomOf(chosen), value: stringify ? pythonRepr(value) : value });
  });
  return router;
}

/** The latest try that gave a result. */
const resultOf = ({ tries }: TaskInstance) => tries.findLast(({ step }) => step.state === 'success' && step.result !== null);

function xcomOf({ run, instance }: InstanceOfRun) {
  const { dag_id, task_id } = referenceOf(run, instance);
  const ended = resultOf(instance)?.step.ended_at ?? null;
  return { dag_id, task_id, key: RETURN_VALUE, map_index: instance.mapIndex, execution_date: logicalDateOf(run), timestamp: ended };
}
