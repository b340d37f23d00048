import { workflowInfo } from '@temporalio/workflow';
import { WORKFLOW_TYPES } from '../contracts/workflows.ts';
import { failure } from './failure.ts';

/** Ends what was started under a name that no workflow has, at once and with those that there are: Temporal itself would let it wait for one for ever. */
export async function noSuchWorkflow(): Promise<never> {
  const { workflowType } = workflowInfo();
  throw failure('NotFound', `There is no workflow ${workflowType}; there are ${WORKFLOW_TYPES.join(', ')}`);
}
