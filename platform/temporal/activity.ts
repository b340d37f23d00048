import { Context } from '@temporalio/activity';

/** Id of the workflow that the activity under way belongs to. */
export const currentWorkflowId = (): string => Context.current().info.workflowExecution?.workflowId ?? 'unknown';

const BEAT_EVERY_MS = 1_000;
/** What each activity under way said last of how far it is; a heartbeat without it would take it away. */
const progressOf = new WeakMap<Context, unknown>();

/** Runs an activity while telling Temporal, once a second, that it goes on, with its latest progress. */
export async function whileBeating<T>(context: Context, run: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => context.heartbeat(progressOf.get(context)), BEAT_EVERY_MS);
  try {
    return await run();
  } finally {
    clearInterval(timer);
  }
}

export interface UnderWay {
  /** Aborts as soon as Temporal answers a heartbeat with a cancel. */
  readonly signal: AbortSignal;
  /** Shows how far it is, from now on with every heartbeat; may be called from wherever the work is done. */
  readonly report: (progress: unknown) => void;
}

/** The activity that this is called in. */
export function underWay(): UnderWay {
  const context = Context.current();
  return {
    signal: context.cancellationSignal,
    report(progress) {
      progressOf.set(context, progress);
      context.heartbeat(progress);
    },
  };
}
