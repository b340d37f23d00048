import { type Context, CancelledFailure, ApplicationFailure } from '@temporalio/activity';
import type {
  ActivityExecuteInput,
  ActivityInterceptors,
  ActivityInterceptorsFactory,
  Next,
  ActivityInboundCallsInterceptor,
} from '@temporalio/worker';
import type { Registry } from 'prom-client';
import { clip } from '../contracts/bounded.ts';
import { Failure } from '../contracts/failures.ts';
import { EVERY_WORKER } from '../contracts/metrics/everyWorker.ts';
import { FAULTS } from '../contracts/sizes.ts';
import { isLook, partOf, stepOf } from '../contracts/workflows.ts';
import {
  recordStepEnd,
  recordStepLogs,
  recordStepStart,
  type StepAttempt,
  type StepEnd,
  type TimedLogLine,
} from '../domain/runs/record.ts';
import { asFolderFailure } from '../platform/folderFailure.ts';
import { oneLine } from '../platform/oneLine.ts';
import { withLogContext, withLogLines, type Logger } from '../platform/log.ts';
import { addMetrics } from '../platform/metrics.ts';
import type { Pool } from '../platform/postgres.ts';
import { whileBeating } from '../platform/temporal/activity.ts';
import { createRunFinder, type FindRun } from '../platform/temporal/findRun.ts';

const FLUSH_LOGS_EVERY_MS = 1_000;

/**
 * Writes every attempt of every activity to the run ledger: start, end, small result, error, log lines; and beats for it all the while, its own waits for the
 * ledger too, so that only a worker that is gone misses its heartbeats.
 * It is also where a Failure of the domain becomes one of Temporal's, which is tried again where an engine is away, and not where the same would fail again.
 */
export function recordSteps({
  metrics,
  ...parts
}: {
  pool: Pool;
  log: Logger;
  metrics: Registry;
  worker: string;
}): ActivityInterceptorsFactory {
  const findRun = createRunFinder();
  const measure = measureSteps(metrics);
  return (context: Context): ActivityInterceptors => ({
    inbound: {
      execute: (input, next) =>
        whileBeating(context, () => {
          const measured = measure(context, next);
          return isLook(context.info.activityType)
            ? executeLook(context, input, measured)
            : executeRecorded({ ...parts, findRun, context }, input, measured);
        }),
    },
  });
}

type Execute = Next<ActivityInboundCallsInterceptor, 'execute'>;

/** Counts and times what an activity does, without our own waits for the ledger. */
function measureSteps(registry: Registry): (context: Context, next: Execute) => Execute {
  const metrics = addMetrics(registry, EVERY_WORKER.steps);
  return ({ info, cancellationSignal }, next) =>
    async (input) => {
      const labels = { step: stepOf(info.activityType), queue: info.taskQueue };
      const waitedMs = Date.now() - info.currentAttemptScheduledTimestampMs;
      metrics.workflow_step_schedule_to_start_seconds.observe({ queue: labels.queue }, Math.max(0, waitedMs / 1_000));
      const stop = metrics.workflow_step_duration_seconds.startTimer(labels);
      const end = (state: string) => {
        stop();
        metrics.workflow_steps_total.inc({ ...labels, state });
      };
      try {
        const value = await next(input);
        end('success');
        return value;
      } catch (error) {
        end(cancellationSignal.aborted ? 'cancelled' : 'failed');
        throw error;
      }
    };
}

async function executeRecorded(
  { pool, log, worker, findRun, context }: { pool: Pool; log: Logger; worker: string; findRun: FindRun; context: Context },
  input: ActivityExecuteInput,
  next: Execute,
): Promise<unknown> {
  const { info } = context;
  const step = stepOf(info.activityType);
  const { workflowType: workflow = '', workflowExecution: { workflowId = '', runId: temporalRunId = '' } = {} } = info;
  const attempt = { workflowId, temporalRunId, activityId: info.activityId, attempt: info.attempt };
  const run = await findRun(context.client, { workflow, workflowId, temporalRunId });
  const ids = { run_id: run.runId, workflow_id: workflowId, step, attempt: info.attempt };

  await recordStepStart(pool, { ...attempt, run, step, part: partOf(info.activityType, input.args[0]), queue: info.taskQueue, worker });
  const lines = keepLines(pool, attempt, log);
  const body = async () => {
    log.info('step started');
    const startedAt = performance.now();
    const end = await settle(context, next, input);
    const fields = { state: end.state, duration_ms: Math.round(performance.now() - startedAt) };
    if (end.state === 'failed') log.error({ ...fields, err: end.thrown }, `step failed: ${oneLine(end.error)}`);
    else log.info(fields, 'step ended');
    return end;
  };
  let end: Awaited<ReturnType<typeof settle>>;
  try {
    end = await withLogContext(ids, () => withLogLines(lines.add, body));
  } finally {
    await lines.stop();
  }
  await recordStepEnd(pool, attempt, end);
  if (end.state !== 'success') throw end.thrown;
  return end.value;
}

/** It comes a thousand times a day: what it finds is kept where it belongs, and Temporal has its attempts. */
async function executeLook(context: Context, input: ActivityExecuteInput, next: Execute): Promise<unknown> {
  const end = await settle(context, next, input);
  if (end.state !== 'success') throw end.thrown;
  return end.value;
}

async function settle(
  context: Context,
  next: Execute,
  input: ActivityExecuteInput,
): Promise<StepEnd & { value?: unknown; thrown?: unknown }> {
  try {
    const value = await next(input);
    return { state: 'success', value, result: value, error: null };
  } catch (thrown) {
    const error = shortened(thrown);
    const { cancellationSignal } = context;
    // Whatever an aborted body threw on its way out, the cancel is what ended it.
    if (cancellationSignal.aborted) {
      return { state: 'cancelled', thrown: toCancelled(error), result: null, error: whyCancelled(cancellationSignal.reason) };
    }
    return { state: 'failed', thrown: toTemporalFailure(error), result: null, error: wordsOf(asFolderFailure(error) ?? error) };
  }
}

const toCancelled = (error: unknown) => (error instanceof CancelledFailure ? error : new CancelledFailure('cancelled', [], error as Error));

export function toTemporalFailure(thrown: unknown): unknown {
  const error = asFolderFailure(thrown) ?? thrown;
  if (!(error instanceof Failure)) return error;
  const { message, type, kind, cause } = error;
  return ApplicationFailure.create({ message, type, nonRetryable: kind !== 'unavailable', ...(cause instanceof Error && { cause }) });
}

const CANCELLED = 'cancelled';
/** Temporal's reasons for a cancel, in words for whoever reads the ledger. */
const WHY_CANCELLED: Readonly<Record<string, string>> = {
  CANCELLED,
  NOT_FOUND: `${CANCELLED}: its run has ended or was set back`, // so the server says to a heartbeat
  TIMED_OUT: `${CANCELLED}: it took longer than it may`,
  WORKER_SHUTDOWN: `${CANCELLED}: its worker was told to end`,
  PAUSED: `${CANCELLED}: it was paused`,
  RESET: `${CANCELLED}: it was reset`,
};
export const whyCancelled = (reason: unknown): string => {
  const words = wordsOf(reason);
  return WHY_CANCELLED[words] ?? `${CANCELLED}: ${words}`;
};

const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Temporal keeps a failure with all its causes in the history, and the log has them too: their words are bounded here, whoever threw them. */
function shortened(thrown: unknown): unknown {
  let error = thrown;
  for (let depth = 0; error instanceof Error; error = error.cause, depth += 1) {
    if (error.message.length > FAULTS.textCharacters) {
      const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
      error.message = clip(error.message, FAULTS.textCharacters);
      error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
    }
    if (depth === MAX_CAUSES) delete error.cause;
  }
  return thrown;
}
const MAX_CAUSES = 10;

/** Gathers the lines of an attempt and writes them about every second, so that a running step's log can be read. */
function keepLines(pool: Pool, attempt: StepAttempt, log: Logger) {
  let waiting: TimedLogLine[] = [];
  let count = 0;
  const flush = async () => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    await recordStepLogs(pool, attempt, batch).catch((error: unknown) => {
      waiting = [...batch, ...waiting]; // the next flush tries again
      withLogLines(
        () => undefined,
        () => log.warn({ err: error }, 'step log lines could not be kept'),
      );
    });
  };
  const timer = setInterval(() => void flush(), FLUSH_LOGS_EVERY_MS);
  return {
    add: (line: Omit<TimedLogLine, 'line' | 'loggedAt'>) => void waiting.push({ ...line, line: (count += 1), loggedAt: new Date() }),
    stop: () => {
      clearInterval(timer);
      return flush();
    },
  };
}
