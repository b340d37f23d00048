import express, { type Router } from 'express';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { conflict, refused } from '../../contracts/failures.ts';
import { isOpen, type Run } from '../../contracts/runs.ts';
import { STARTABLE_WORKFLOWS } from '../../contracts/workflows.ts';
import { deleteRun, setRunNote } from '../../domain/runs/changeRun.ts';
import { reserveDatedRun } from '../../domain/runs/reserveRun.ts';
import { findRuns, type RunOrder, type RunQuery, type RunTimes } from '../../domain/runs/findRuns.ts';
import { getExecution } from '../../domain/runs/readRun.ts';
import { requireRole, type Principal } from '../../platform/http/access.ts';
import { parse, parseBody } from '../../platform/http/validate.ts';
import type { ApiDeps } from '../deps.ts';
import { launchRun } from '../launchRun.ts';
import { workflowInputSchema } from '../workflowCatalogue.ts';
import { ledgerStates, toDagRun } from './dagRun.ts';
import { ANY, readDagRun, workflowOf, workflowsOf } from './names.ts';
import { refuseUnserved } from './filters.ts';
import { listOf, orderOf, pageOf, pageOfForm, param, pickFields, type Query } from './query.ts';
import { listFormSchema, noteSchema, stateSchema, timesSchema, triggerSchema, type Times } from './schemas.ts';

/** A cancelled run ends within seconds; whoever asked for it sees how it stands after so many looks. */
const LOOKS = 12;
const LOOK_EVERY_MS = 250;

/** Airflow's names of what its runs are ordered by, and ours. */
const ORDERS = {
  id: 'created',
  dag_id: 'workflow',
  dag_run_id: 'run_id',
  run_id: 'run_id',
  run_type: 'run_type',
  state: 'state',
  execution_date: 'logical_date',
  logical_date: 'logical_date',
  start_date: 'started',
  end_date: 'ended',
} as const satisfies Record<string, RunOrder>;
const RUN_FILTERS = [...Object.keys(timesSchema.shape), 'state'];
const ORDER_NAMES = Object.keys(ORDERS) as (keyof typeof ORDERS)[];

const timesOf = (given: Times): RunTimes => ({
  logicalFrom: given.execution_date_gte ?? undefined,
  logicalTo: given.execution_date_lte ?? undefined,
  startedFrom: given.start_date_gte ?? undefined,
  startedTo: given.start_date_lte ?? undefined,
  endedFrom: given.end_date_gte ?? undefined,
  endedTo: given.end_date_lte ?? undefined,
});

/** DAG runs: the runs of the ledger, to start, find, cancel, annotate and forget. */
export function dagRunRoutes(deps: ApiDeps): Router {
  const { pool, runs } = deps;
  const router = express.Router();
  const path = '/dags/:dag_id/dagRuns';
  const one = `${path}/:dag_run_id`;
  const read = (req: express.Request) => readDagRun(deps, param(req, 'dag_id'), param(req, 'dag_run_id'));
  const answerPage = async (query: Omit<RunQuery, 'order' | 'descending'>, order: string | string[] | undefined, fields: Query) => {
    const { order: asked, descending } = orderOf(order, ORDER_NAMES, 'id');
    const found = await findRuns(pool, { ...query, order: ORDERS[asked], descending });
    return { dag_runs: found.runs.map((run) => pickFields(toDagRun(run), fields)), total_entries: found.total };
  };

  router.post(path, requireRole('operator'), async (req, res) => {
    const workflow = workflowOf(param(req, 'dag_id'));
    const startable = STARTABLE_WORKFLOWS.find((name) => name === workflow);
    if (!startable) throw refused(`${param(req, 'dag_id')} is started by the platform itself and cannot be triggered`);
    const { dag_run_id, note, conf, ...dates } = parseBody(triggerSchema, req);
    const { conf: input } = parse(z.object({ conf: workflowInputSchema(startable) }), { conf: conf ?? {} }, 'body');
    const logicalDate = dates.logical_date ?? dates.execution_date ?? exactNow();
    const run = dag_run_id ?? manualRunId(logicalDate);
    const startedBy = (res.locals['principal'] as Principal).name;
    const request = { workflow: startable, run, input, startedBy, note: note ?? undefined };
    res.json(toDagRun(await launchRun(deps, request, (reservation) => reserveDatedRun(pool, { ...reservation, logicalDate }))));
  });
  router.get(path, requireRole('viewer'), async (req, res) => {
    const query = req.query as Query;
    refuseUnserved(query, RUN_FILTERS);
    const states = listOf(query, 'state').flatMap((state) => state.split(','));
    const chosen = {
      workflows: workflowsOf(param(req, 'dag_id')),
      times: timesOf(parse(timesSchema, query, 'query')),
      ...statesOf(states),
    };
    res.json(await answerPage({ ...chosen, ...pageOf(query) }, query['order_by'], query));
  });
  router.post(`/dags/${ANY}/dagRuns/list`, requireRole('viewer'), async (req, res) => {
    const { order_by, dag_ids, states, ...form } = parseBody(listFormSchema, req);
    refuseUnserved(req.body as object, Object.keys(listFormSchema.shape));
    const workflows = [...new Set((dag_ids ?? [ANY]).flatMap(workflowsOf))];
    res.json(await answerPage({ workflows, times: timesOf(form), ...statesOf(states ?? []), ...pageOfForm(form) }, order_by, {}));
  });
  router.get(one, requireRole('viewer'), async (req, res) => {
    res.json(pickFields(toDagRun(await read(req)), req.query as Query));
  });
  router.patch(one, requireRole('operator'), async (req, res) => {
    const { state } = parseBody(stateSchema, req);
    const run = await read(req);
    if (state === 'failed' && isOpen(run)) {
      await runs.cancel(run.run_id, (res.locals['principal'] as Principal).name);
      return void res.json(toDagRun(await waitUntilClosed(() => read(req))));
    }
    if (toDagRun(run).state === state) return void res.json(toDagRun(run));
    throw conflict(
      `${run.run_id} is ${run.state}: a run can be made to fail while it goes on, and cleared to go on; it cannot be called ${state}`,
    );
  });
  router.patch(`${one}/setNote`, requireRole('operator'), async (req, res) => {
    const { note } = parseBody(noteSchema, req);
    const run = await read(req);
    await setRunNote(pool, run.run_id, note);
    res.json(toDagRun({ ...run, note }));
  });
  router.delete(one, requireRole('operator'), async (req, res) => {
    const run = await read(req);
    if (isOpen(run)) throw conflict(`${run.run_id} is ${run.state}; set its state to failed first`);
    const known = await getExecution(pool, run.run_id);
    if (known) await runs.forget(known.workflowId, known.temporalRunId);
    await deleteRun(pool, run.run_id);
    res.status(204).end();
  });
  return router;
}

const statesOf = (states: readonly string[]) => (states.length > 0 ? { states: ledgerStates(states) } : {});

/** As Airflow names a run that a person triggers. */
const manualRunId = (logicalDate: string) => `manual__${logicalDate.replace(/(\.000000)?Z$/, '')}+00:00`;

/** With microseconds, so that two in one millisecond differ. */
function exactNow(): string {
  const micros = String(Math.floor((performance.now() % 1) * 1_000)).padStart(3, '0');
  return new Date().toISOString().replace('Z', `${micros}Z`);
}

async function waitUntilClosed(read: () => Promise<Run>): Promise<Run> {
  let run = await read();
  for (let look = 0; look < LOOKS && isOpen(run); look += 1) {
    await sleep(LOOK_EVERY_MS);
    run = await read();
  }
  return run;
}
