import { missing } from '../../contracts/failures.ts';
import type { Run } from '../../contracts/runs.ts';
import { runId, snakeCase, WORKFLOW_NAMES, type WorkflowName } from '../../contracts/workflows.ts';
import { readRun, type RunSources } from '../readRunDetail.ts';

export const DAG_STATES = ['queued', 'running', 'success', 'failed'] as const;
export type DagState = (typeof DAG_STATES)[number];

/** In a path: whichever DAG. */
export const ANY = '~';

/** Airflow's own names are in snake case: `movie_data_collection`. */
export const dagIdOf = snakeCase;

/** @throws Failure `missing` */
export function workflowOf(dagId: string): WorkflowName {
  const name = WORKFLOW_NAMES.find((candidate) => dagIdOf(candidate) === dagId);
  if (!name) throw missing(`The DAG with dag_id: ${dagId} was not found`);
  return name;
}

/** @throws Failure `missing` */
export const workflowsOf = (dagId: string): WorkflowName[] => (dagId === ANY ? [...WORKFLOW_NAMES] : [workflowOf(dagId)]);

/** Begins the name of a run whose id is not `<prefix>/<name>`: somebody chose it in Temporal, and it follows whole. */
const WHOLE = '~';

/** A run `collection/<name>` of a collection is called `<name>`; one under any other id `~<id>`. */
export function dagRunIdOf({ run_id, workflow }: Pick<Run, 'run_id' | 'workflow'>): string {
  const own = WORKFLOW_NAMES.find((name) => name === workflow);
  const start = own && runId(own, '');
  const name = start !== undefined && run_id.startsWith(start) ? run_id.slice(start.length) : '';
  return name === '' || name.startsWith(WHOLE) ? `${WHOLE}${run_id}` : name;
}

/** The run of a DAG that is called so. */
export const runIdOf = (workflow: WorkflowName, dagRunId: string): string =>
  dagRunId.startsWith(WHOLE) ? dagRunId.slice(WHOLE.length) : runId(workflow, dagRunId);

/**
 * A run of this DAG as it stands now.
 * @throws Failure `missing`, also where the id is that of another DAG's run
 */
export async function readDagRun(sources: RunSources, dagId: string, dagRunId: string): Promise<Run> {
  const workflow = workflowOf(dagId);
  const id = runIdOf(workflow, dagRunId);
  const run = await readRun(sources, id);
  if (run.workflow !== workflow) throw missing(`There is no run ${id} of ${dagId}; it is one of ${dagIdOf(run.workflow)}`);
  return run;
}
