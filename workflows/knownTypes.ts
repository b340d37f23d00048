import { workflowInfo, type WorkflowInterceptors } from '@temporalio/workflow';
import { noSuchWorkflow } from './noSuchWorkflow.ts';

/** The SDK looks a type up by its name among the exports, and finds what each object inherits too: `constructor`, `toString`. Those are no workflows. */
export function interceptors(): WorkflowInterceptors {
  const isInherited = workflowInfo().workflowType in {};
  return { inbound: [{ execute: (input, next) => (isInherited ? noSuchWorkflow() : next(input)) }] };
}
