import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
  type WorkflowInterceptors,
} from '@temporalio/workflow';
import { goesOnPaused, runOf } from '../contracts/workflows.ts';

const PAUSE = 'pause';
const RESUME = 'resume';

/** Temporal gives each workflow its own instance of this module. */
let paused = false;
export const isPaused = (): boolean => paused;

/**
 * Every workflow can be paused and resumed by a signal, its parts with it: what is under way goes on to its end, and nothing new begins, but for steps
 * whose row says so. Where nobody pauses, calls pass as they are, so that recorded histories stay good. A cancel ends the pause: what is left to tidy up is done.
 */
export function interceptors(): WorkflowInterceptors {
  const parts = new Set<string>();
  let root: CancellationScope | undefined;
  const isHeld = () => paused && !root?.consideredCancelled;
  const whenResumed = <T>(go: () => Promise<T>): Promise<T> => (isHeld() ? condition(() => !isHeld()).then(go) : go());

  function hear(signal: typeof PAUSE | typeof RESUME): void {
    paused = signal === PAUSE;
    for (const id of parts) tell(id, signal);
  }
  /** A part that has ended meanwhile has nothing to pause. */
  const tell = (id: string, signal: typeof PAUSE | typeof RESUME) =>
    void getExternalWorkflowHandle(id)
      .signal(signal)
      .catch(() => undefined);

  async function follow(id: string, started: Promise<unknown>, end: Promise<unknown>): Promise<void> {
    try {
      await started;
      parts.add(id);
      if (paused) tell(id, PAUSE);
      await end;
    } catch {
      // whoever started it hears why
    } finally {
      parts.delete(id);
    }
  }

  return {
    inbound: [
      {
        execute(input, next) {
          root = CancellationScope.current();
          setHandler(defineSignal(PAUSE), () => hear(PAUSE), {
            description: 'Begins no further step until `resume`; what is under way goes on to its end',
          });
          setHandler(defineSignal(RESUME), () => hear(RESUME), { description: 'Goes on after `pause`' });
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => (goesOnPaused(input.activityType) ? next(input) : whenResumed(() => next(input))),
        continueAsNew: (input, next) => whenResumed(() => next(input)),
        startChildWorkflowExecution: (input, next) =>
          whenResumed(() => {
            const begun = next(input);
            const { workflowId } = input.options;
            if (runOf(workflowId, workflowInfo().workflowId).subject === null) return begun; // a run of its own
            void begun.then(([started, end]) => follow(workflowId, started, end));
            return begun;
          }),
      },
    ],
  };
}
