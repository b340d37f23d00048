import type { Context } from '@temporalio/activity';
import type { ActivityInterceptors, InjectedSinks } from '@temporalio/worker';
import { spanOfRun } from '../contracts/traceContext.ts';
import { carrierIn } from '../platform/temporal/traceCalls.ts';
import type { OpenSpan, SpanSpec } from '../platform/traces/tracer.ts';
import { inSpan, isTracing, openSpan } from '../platform/traces/traces.ts';
import type { TraceSinks } from '../workflows/passTrace.ts';

/** A span for each attempt of an activity, in the trace of its workflow. */
export const traceSteps = ({ info }: Context): ActivityInterceptors => ({
  inbound: {
    execute(input, next) {
      if (!isTracing()) return next(input);
      const { runId = '', workflowId = '' } = info.workflowExecution ?? {};
      const span = openSpan({
        name: `RunActivity:${info.activityType}`,
        parent: carrierIn(input.headers) ?? openUntraced(runId)?.carrier() ?? 'none',
        attributes: {
          temporalWorkflowId: workflowId,
          temporalRunId: runId,
          temporalActivityId: info.activityId,
          temporalAttempt: info.attempt,
        },
      });
      return inSpan(span, () => next(input));
    },
  },
});

/**
 * What makes the spans of workflows: one for each run, when it ends, and one for each signal that somebody traced sent. They are made here since a workflow
 * is replayed, and has no clock and no chance of its own.
 */
export const TRACE_SINKS: InjectedSinks<TraceSinks> = {
  traces: {
    ended: {
      fn({ workflowType, workflowId, runId, runStartTime, parent }, { starter, failure }) {
        const attributes = { temporalWorkflowId: workflowId, temporalRunId: runId };
        const of = { name: `RunWorkflow:${workflowType}`, attributes, startedAt: runStartTime };
        const parentOfUntraced = !starter && parent ? openUntraced(parent.runId)?.carrier() : undefined;
        const span = starter
          ? openSpan({ ...of, parent: starter, ids: spanOfRun(runId) })
          : openUntraced(runId, { ...of, links: parentOfUntraced ? [parentOfUntraced] : [] });
        span?.end(failure ?? undefined);
      },
    },
    signalled: {
      fn({ workflowId, runId }, { name, sender }) {
        const attributes = { temporalWorkflowId: workflowId, temporalRunId: runId };
        openSpan({ name: `HandleSignal:${name}`, parent: sender, attributes })?.end();
      },
    },
  },
};

/**
 * The span of a run whose start nobody traced, as of a schedule, which is the first of its trace. Whoever opens it comes to the same ids, and by them to the
 * same judgement of whether it is kept; it is sent by the one who ends it.
 */
function openUntraced(runId: string, of: Omit<SpanSpec, 'ids' | 'parent'> = { name: 'RunWorkflow' }): OpenSpan | undefined {
  return openSpan({ ...of, parent: 'none', ids: spanOfRun(runId) });
}
