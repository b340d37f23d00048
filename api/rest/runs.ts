import { z } from 'zod';
import { conflict } from '../../contracts/failures.ts';
import { runDetailSchema, runLogLineSchema, runPageSchema, runSchema, runStateSchema, startRunBodySchema } from '../../contracts/runs.ts';
import { WORKFLOW_NAMES } from '../../contracts/workflows.ts';
import { listRuns } from '../../domain/runs/listRuns.ts';
import { listStepLogs } from '../../domain/runs/readRun.ts';
import { isOpen } from '../../domain/runs/syncRun.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { TemporalRuns } from '../../platform/temporal/runs.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import { integerQuery } from './integerQuery.ts';
import { readRun, readRunDetail } from '../readRunDetail.ts';
import { runIdOf, runParams } from './runParams.ts';
import { startRun } from '../startRun.ts';
import { listWorkflows, parseWorkflowInput, startableWorkflow, workflowSchema } from '../workflowCatalogue.ts';

const listQuery = z.object({
  workflow: z.enum(WORKFLOW_NAMES).optional(),
  state: runStateSchema.optional(),
  limit: integerQuery(1, 200).default(50),
  cursor: z.string().max(500).optional().describe('`next_cursor` of the page before'),
});

const name = z.string().min(1).max(100).optional();
const logsQuery = z.object({
  step: name,
  subject: name,
  attempt: integerQuery(1, 1_000_000).optional(),
  after: integerQuery(0, 10_000_000).default(0).describe('Lines to pass over: as many as were read'),
  limit: integerQuery(1, 1_000).default(500),
});

const tag = 'runs';

/** Starting workflows, reading what they did, cancelling them. */
export function createRunEndpoints(deps: { pool: Pool; runs: TemporalRuns }): Endpoint[] {
  const { pool, runs } = deps;
  return [
    endpoint(
      {
        method: 'get',
        path: '/api/v1/workflows',
        tag,
        role: 'viewer',
        summary: 'Workflows that can be started, with the schema of their input',
        answer: z.object({ workflows: z.array(workflowSchema) }),
      },
      async () => ({ workflows: listWorkflows() }),
    ),
    endpoint(
      {
        method: 'post',
        path: '/api/v1/runs',
        tag,
        role: 'operator',
        summary: 'Starts a workflow',
        body: startRunBodySchema,
        status: 202,
        answer: runDetailSchema,
        problems: ['missing', 'conflict'],
      },
      async ({ body, principal, locate }) => {
        const workflow = startableWorkflow(body.workflow);
        const input = parseWorkflowInput(workflow, body.input);
        const run = await startRun(deps, { workflow, run: body.run, input, startedBy: principal.name });
        locate(`/api/v1/runs/${run.run_id}`);
        return run;
      },
    ),
    endpoint(
      { method: 'get', path: '/api/v1/runs', tag, role: 'viewer', summary: 'Runs, newest first', query: listQuery, answer: runPageSchema },
      async ({ query }) => listRuns(pool, query),
    ),
    endpoint(
      {
        method: 'get',
        path: '/api/v1/runs/:subject/:run',
        tag,
        role: 'viewer',
        summary: 'A run with every attempt of its steps',
        params: runParams,
        answer: runDetailSchema,
        problems: ['missing'],
      },
      async ({ params }) => readRunDetail(deps, runIdOf(params)),
    ),
    endpoint(
      {
        method: 'get',
        path: '/api/v1/runs/:subject/:run/logs',
        tag,
        role: 'viewer',
        summary: "Log lines of a run's steps",
        params: runParams,
        query: logsQuery,
        answer: z.object({ lines: z.array(runLogLineSchema) }),
        problems: ['missing'],
      },
      async ({ params, query }) => {
        const { run_id } = await readRun(deps, runIdOf(params));
        return { lines: await listStepLogs(pool, run_id, query) };
      },
    ),
    endpoint(
      {
        method: 'post',
        path: '/api/v1/runs/:subject/:run/cancel',
        tag,
        role: 'operator',
        summary: 'Asks a run to stop',
        params: runParams,
        status: 202,
        answer: runSchema,
        problems: ['missing', 'conflict'],
      },
      async ({ params }) => {
        const run = await readRun(deps, runIdOf(params));
        if (isOpen(run) && (await runs.cancel(run.run_id)) === 'asked') return run;
        const { run_id, state } = await readRun(deps, run.run_id);
        throw conflict(`${run_id} is ${state} and cannot be cancelled`);
      },
    ),
  ];
}
