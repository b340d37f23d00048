import { notFound } from '../../contracts/problem.ts';
import { runId, WORKFLOW_NAMES, WORKFLOWS, type WorkflowName } from '../../contracts/workflows.ts';

export const DAG_STATES = ['queued', 'running', 'success', 'failed'] as const;
export type DagState = (typeof DAG_STATES)[number];

/** In a path: whichever DAG. */
export const ANY = '~';

export const dagIdOf = (workflow: string): string => WORKFLOWS[workflow as WorkflowName]?.airflowId ?? workflow;

/** @throws Problem 404 */
export function workflowOf(dagId: string): WorkflowName {
  const name = WORKFLOW_NAMES.find((candidate) => WORKFLOWS[candidate].airflowId === dagId);
  if (!name) throw notFound(`The DAG with dag_id: ${dagId} was not found`);
  return name;
}

/** @throws Problem 404 */
export const workflowsOf = (dagId: string): WorkflowName[] => (dagId === ANY ? [...WORKFLOW_NAMES] : [workflowOf(dagId)]);

/** A run is named `collection/<dag_run_id>`. */
export const runIdOf = (dagId: string, dagRunId: string): string => runId(workflowOf(dagId), dagRunId);
export const dagRunIdOf = (id: string): string => id.slice(id.indexOf('/') + 1);
