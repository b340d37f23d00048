import { Context } from '@temporalio/activity';

/** Id of the workflow that the activity under way belongs to. */
export const currentWorkflowId = (): string => Context.current().info.workflowExecution?.workflowId ?? 'unknown';

const BEAT_EVERY_MS = 1_000;

/**
 * Runs an activity's body while telling Temporal, once a second, that it goes on, with the latest progress.
 * The signal aborts as soon as Temporal answers a heartbeat with a cancel.
 */
export async function withHeartbeat<T>(body: (signal: AbortSignal, report: (progress: unknown) => void) => Promise<T>): Promise<T> {
  const context = Context.current();
  let latest: unknown;
  const timer = setInterval(() => context.heartbeat(latest), BEAT_EVERY_MS);
  try {
    return await body(context.cancellationSignal, (progress) => {
      latest = progress;
      context.heartbeat(latest);
    });
  } finally {
    clearInterval(timer);
  }
}
