import { Context } from '@temporalio/activity';

/** Id of the workflow that the activity under way belongs to. */
export const currentWorkflowId = (): string => Context.current().info.workflowExecution?.workflowId ?? 'unknown';
