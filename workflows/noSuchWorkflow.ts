import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import type { FailureType } from '../contracts/failures.ts';
import { WORKFLOW_TYPES } from '../contracts/workflows.ts';

/** Ends what was started under a name that no workflow has, at once and with those that there are: Temporal itself would let it wait for one for ever. */
export async function noSuchWorkflow(): Promise<never> {
  const { workflowType } = workflowInfo();
  const words = `There is no workflow ${workflowType}; there are ${WORKFLOW_TYPES.join(', ')}`;
  throw ApplicationFailure.nonRetryable(words, 'NotFound' satisfies FailureType);
}
