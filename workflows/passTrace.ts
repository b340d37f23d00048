import { ApplicationFailure, defaultPayloadConverter, TemporalFailure, type Headers } from '@temporalio/common';
import { ContinueAsNew, proxySinks, workflowInfo, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';
import { carrierOfRun, readCarrier, TRACE_HEADER, type RunEnd, type TracedSignal } from '../contracts/traceContext.ts';

/** What a worker is told for its traces. */
export interface TraceSinks extends Sinks {
  traces: { ended(end: RunEnd): void; signalled(signal: TracedSignal): void };
}

const { traces } = proxySinks<TraceSinks>();

/**
 * Hands the trace of whoever started the workflow on to its steps and children, and tells the worker of its end, which makes the span. No span is made here:
 * calls pass as they are, no id is drawn and nothing is awaited, so that a history replays the same whether it was traced or not.
 */
export function interceptors(): WorkflowInterceptors {
  const { runId } = workflowInfo();
  /** What steps and children get, and what the next run gets; nothing where nobody traced the start. */
  let own: Headers = {};
  let starting: Headers = {};

  return {
    inbound: [
      {
        execute(input, next) {
          const starter = carrierIn(input.headers);
          if (starter) [starting, own] = [headersOf(starter), headersOf(carrierOfRun(starter, runId))];
          const tell = (failure: string | null) => {
            // Told while it happens alone: a worker for replays has nobody to tell.
            if (!workflowInfo().unsafe.isReplaying) traces.ended({ starter: starter ?? null, failure });
          };
          const end = next(input);
          end.then(
            () => tell(null),
            (error: unknown) => tell(error instanceof ContinueAsNew ? null : kindOf(error)),
          );
          return end;
        },
        handleSignal(input, next) {
          const sender = carrierIn(input.headers);
          if (sender && !workflowInfo().unsafe.isReplaying) traces.signalled({ name: input.signalName, sender });
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next({ ...input, headers: { ...input.headers, ...own } }),
        startChildWorkflowExecution: (input, next) => next({ ...input, headers: { ...input.headers, ...own } }),
        signalWorkflow: (input, next) => next({ ...input, headers: { ...input.headers, ...own } }),
        // The runs of a workflow that continues as new stand beside each other.
        continueAsNew: (input, next) => next({ ...input, headers: { ...input.headers, ...starting } }),
      },
    ],
  };
}

/** The type of the failure beneath all that passed it on. */
function kindOf(error: unknown): string {
  if (error instanceof ApplicationFailure) return error.type ?? error.name;
  if (error instanceof TemporalFailure && error.cause) return kindOf(error.cause);
  return error instanceof Error ? error.name : 'unknown';
}

const headersOf = (carrier: object): Headers => ({ [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrier) });

function carrierIn(headers: Headers) {
  const payload = headers[TRACE_HEADER];
  return payload && readCarrier(defaultPayloadConverter.fromPayload(payload));
}
