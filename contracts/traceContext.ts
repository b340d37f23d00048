/** Where a span stands in its trace, as it goes from one process to the next: https://www.w3.org/TR/trace-context/ */
export interface TraceCarrier {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** The header of a workflow or an activity that holds a carrier; of this name in Temporal's own interceptors, in every language. */
export const TRACE_HEADER = '_tracer-data';

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}/;

/** @returns undefined where it is none */
export function readCarrier(given: unknown): TraceCarrier | undefined {
  const { traceparent, tracestate } = (given ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined;
  return { traceparent, ...(typeof tracestate === 'string' && tracestate !== '' && { tracestate }) };
}

export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/**
 * The span of a run of a workflow, and the trace of one that nobody traced who started it. They are made from the run's id, a UUID, so that the workflow and
 * whoever does its steps know them without a word between them, however often the workflow is replayed.
 * @param runId that Temporal gave it
 */
export function spanOfRun(runId: string): SpanIds {
  const traceId = runId.replaceAll('-', '');
  return { traceId, spanId: traceId.slice(16) }; // the second half is random in every version of UUID
}

/** The carrier of a run, below that of whoever started it. */
export const carrierOfRun = (starter: TraceCarrier, runId: string): TraceCarrier => ({
  ...starter,
  traceparent: starter.traceparent.replace(TRACEPARENT, (whole, _trace: string, span: string) =>
    whole.replace(`-${span}-`, `-${spanOfRun(runId).spanId}-`),
  ),
});

/** How a run of a workflow ended, as it tells the worker. */
export interface RunEnd {
  /** Of whoever started it */
  readonly starter: TraceCarrier | null;
  /** Type of the failure that ended it */
  readonly failure: string | null;
}

/** A signal that somebody traced has sent. */
export interface TracedSignal {
  readonly name: string;
  readonly sender: TraceCarrier;
}
