import { Failure, passing, permanent } from '../../contracts/failures.ts';
import type { WaitingProgress } from '../../contracts/training.ts';
import type { Admission } from '../../domain/recommender/memory/admission.ts';
import { NEEDED_MB } from '../../domain/recommender/memory/needs.ts';
import type { RunTask, TaskInput, TaskName, TaskResult } from '../../domain/recommender/tasks/index.ts';
import { callInChild, CallFailed, ChildCrashed } from '../../platform/childProcess/parent.ts';
import type { Logger, LogLine } from '../../platform/log.ts';
import type { Pool } from '../../platform/postgres.ts';
import { underWay } from '../../platform/temporal/activity.ts';
import type { TaskMetrics } from './taskMetrics.ts';

export interface RunTaskDeps {
  /** What `taskProcess.ts` is built to. */
  readonly file: string;
  readonly pool: Pool;
  readonly admission: Admission;
  readonly metrics: TaskMetrics;
  readonly log: Logger;
}

/** Runs a task of the domain in a process of its own (`taskProcess.ts`), once the worker has the memory for it. */
export const createRunTask =
  ({ file, pool, admission, metrics, log }: RunTaskDeps): RunTask =>
  async <Name extends TaskName>(name: Name, input: TaskInput<Name>) => {
    const { signal, report } = underWay();
    const onWait = (before: number) => report({ waits_for: 'room on the training worker', before } satisfies WaitingProgress);
    const leave = await admission.enter(name, await NEEDED_MB[name](input, pool), signal, onWait);
    report(null); // it waits no longer
    const measured = metrics.start(name);
    const onProgress = (progress: unknown) => {
      report(progress);
      measured.progress(progress);
    };
    try {
      const limits = { heapMb: Math.max(MIN_HEAP_MB, Math.floor(admission.budgetMb / 2)), mostMb: admission.budgetMb };
      const told = { onProgress, onLog: relay(log), onPeak: measured.peak };
      const result = await callInChild({ file, name, input, ...limits, signal, ...told });
      measured.end('success');
      return result as TaskResult<Name>;
    } catch (error) {
      measured.end(signal.aborted ? 'cancelled' : 'failed');
      throw toFailure(name, error);
    } finally {
      leave();
    }
  };

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const relay =
  (log: Logger) =>
  ({ level, message, fields }: LogLine) =>
    log[LEVELS.find((known) => known === level) ?? 'info'](fields, message);

const MIN_HEAP_MB = 256;
/** What V8, the C++ library and TensorFlow say when they get no more. */
const OUT_OF_MEMORY =
  /heap out of memory|bad_alloc|OOM when allocating|ResourceExhausted|Cannot allocate memory|Array buffer allocation failed/i;

/** What became of a task, in the words and types that workflows know. */
export function toFailure(task: string, error: unknown): unknown {
  if (error instanceof CallFailed) return toTaskFailure(task, error);
  if (!(error instanceof ChildCrashed)) return error;
  const { signal, code, lastWords } = error.how;
  if (error.overMb !== null) {
    return permanent('OutOfMemory', `${task} was ended at ${error.overMb} MB, more than its worker has (TRAINING_MEMORY_MB)`);
  }
  const said = OUT_OF_MEMORY.exec(lastWords)?.[0];
  if (said) return permanent('OutOfMemory', `${task} ran out of memory: ${said}; give its worker more (TRAINING_MEMORY_MB)`);
  // The kernel ends the largest process when memory runs out; which others there were may differ the next time.
  if (signal === 'SIGKILL') {
    const reason = `${task} was killed, as the system does when its memory runs out`;
    return passing('OutOfMemory', reason);
  }
  const words = lastWords.trim().split('\n').at(-1) ?? '';
  const how = signal ?? `exit code ${code}`;
  return passing('TaskCrashed', `the process of ${task} ended with ${how}: ${words}`);
}

function toTaskFailure(task: string, error: CallFailed): unknown {
  if (error.failure) return new Failure(error.failure.kind, error.message, { type: error.failure.type, cause: error });
  if (OUT_OF_MEMORY.test(error.message)) return permanent('OutOfMemory', `${task}: ${error.message}`, { cause: error });
  return error;
}
