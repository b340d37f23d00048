import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

/** How an execution began. */
export interface Start {
  readonly input: unknown;
  /** The first of the executions that went on as new ones, or that were reset from one another; itself where there is no other */
  readonly firstRunId: string;
  /** Whether it goes on from a point of an earlier one's history */
  readonly isReset: boolean;
}

/** @throws as Temporal does where it knows the execution no more */
export async function readStart(client: Client, workflowId: string, temporalRunId: string): Promise<Start> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId: temporalRunId },
    maximumPageSize: 1,
  });
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  const [payload] = started?.input?.payloads ?? [];
  return {
    input: payload ? defaultPayloadConverter.fromPayload<unknown>(payload) : {},
    firstRunId: started?.firstExecutionRunId || temporalRunId,
    // A reset copies this event, and the execution that wrote it is named in it.
    isReset: Boolean(started?.originalExecutionRunId) && started?.originalExecutionRunId !== temporalRunId,
  };
}
