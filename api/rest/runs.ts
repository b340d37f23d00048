import { runIdOf } from '../../contracts/endpoints/runParams.ts';
import { pathOfRun, runs as described } from '../../contracts/endpoints/runs.ts';
import { conflict, missing } from '../../contracts/failures.ts';
import { isOpen, type RetryBody } from '../../contracts/runs.ts';
import { listRuns } from '../../domain/runs/listRuns.ts';
import { listStepLogs, listSteps, type LedgerStep } from '../../domain/runs/readRun.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { TemporalRuns } from '../../platform/temporal/runs.ts';
import { endpoint, type Endpoint } from './endpoint.ts';
import { readRun, readRunDetail } from '../readRunDetail.ts';
import { launchRun } from '../launchRun.ts';
import { setBack } from '../setBack.ts';
import { parseWorkflowInput, startableWorkflow } from '../workflowCatalogue.ts';

export function createRunEndpoints(deps: { pool: Pool; runs: TemporalRuns }): Endpoint[] {
  const { pool, runs } = deps;
  return [
    endpoint(described.start, async ({ body, principal, locate }) => {
      const workflow = startableWorkflow(body.workflow);
      const input = parseWorkflowInput(workflow, body.input);
      const run = await launchRun(deps, { workflow, run: body.run, input, startedBy: principal.name });
      locate(pathOfRun(run.run_id));
      return run;
    }),
    endpoint(described.list, async ({ query }) => listRuns(pool, query)),
    endpoint(described.get, async ({ params }) => readRunDetail(deps, runIdOf(params))),
    endpoint(described.logs, async ({ params, query }) => {
      const { run_id } = await readRun(deps, runIdOf(params));
      return { lines: await listStepLogs(pool, run_id, query) };
    }),
    endpoint(described.retry, async ({ params, body }) => {
      const run = await readRun(deps, runIdOf(params));
      const steps = latestOf(await listSteps(pool, run.run_id), body);
      if (steps.length === 0)
        throw missing(`${run.run_id} has done no step ${[body.step, body.subject, body.part].filter(Boolean).join(' ')}`);
      await setBack(deps, run, steps);
      return readRun(deps, run.run_id);
    }),
    endpoint(described.cancel, async ({ params, principal }) => {
      const run = await readRun(deps, runIdOf(params));
      if (isOpen(run) && (await runs.cancel(run.run_id, principal.name)) === 'asked') return run;
      const { run_id, state } = await readRun(deps, run.run_id);
      throw conflict(`${run_id} is ${state} and cannot be cancelled`);
    }),
  ];
}

/** Of a step, the latest try of each of its parts that is meant. */
function latestOf(steps: readonly LedgerStep[], { step, subject, part }: RetryBody): LedgerStep[] {
  const meant = steps.filter(
    ({ step: of }) => of.step === step && (subject === undefined || of.subject === subject) && (part === undefined || of.part === part),
  );
  return [...new Map(meant.map((one) => [`${one.workflowId} ${one.instance}`, one])).values()];
}
