import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { readCarrier, TRACE_HEADER, type TraceCarrier } from '../../contracts/traceContext.ts';
import { activeCarrier, inSpan, openSpan } from '../traces/traces.ts';

/** What is started or signalled while something is traced belongs to its trace: a span of the call, whose place goes along in a header. */
export const traceCalls: WorkflowClientInterceptor = {
  startWithDetails: (input, next) =>
    inSpan(calling('StartWorkflow', input.workflowType, input.options.workflowId), () =>
      next({ ...input, headers: placed(input.headers) }),
    ),
  signalWithStart: (input, next) =>
    inSpan(calling('SignalWithStartWorkflow', input.workflowType, input.options.workflowId), () =>
      next({ ...input, headers: placed(input.headers) }),
    ),
  signal: (input, next) =>
    inSpan(calling('SignalWorkflow', input.signalName, input.workflowExecution.workflowId), () =>
      next({ ...input, headers: placed(input.headers) }),
    ),
};

const calling = (call: string, what: string, workflowId: string) =>
  openSpan({ name: `${call}:${what}`, kind: 'client', attributes: { temporalWorkflowId: workflowId } });

function placed(headers: Headers): Headers {
  const carrier = activeCarrier();
  return carrier ? { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrier) } : headers;
}

/** @returns undefined where nobody traced who called */
export function carrierIn(headers: Headers): TraceCarrier | undefined {
  const payload = headers[TRACE_HEADER];
  return payload && readCarrier(defaultPayloadConverter.fromPayload(payload));
}
