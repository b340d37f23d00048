import { missing } from '../../contracts/failures.ts';
import { runId, snakeCase, WORKFLOW_NAMES, type WorkflowName } from '../../contracts/workflows.ts';

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

/** A run is named `collection/<dag_run_id>`. */
export const runIdOf = (dagId: string, dagRunId: string): string => runId(workflowOf(dagId), dagRunId);
export const dagRunIdOf = (id: string): string => id.slice(id.indexOf('/') + 1);
