import { DefaultLogger, MetricsBuffer, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import type { ActivityOn } from '../contracts/workflows.ts';
import type { TaskQueue } from '../contracts/workflowRow.ts';
import { openDoor } from '../domain/access/openDoor.ts';
import type { PortName } from '../platform/config.ts';
import type { TemporalConnection } from '../platform/connections/temporal.ts';
import { createHttpApp, listenHttp } from '../platform/http/app.ts';
import type { Logger } from '../platform/log.ts';
import { measurePools } from '../platform/poolMetrics.ts';
import { checkPostgres, createPool, POOL_WAITS, type Pool, type PoolWaits } from '../platform/postgres.ts';
import type { ProcessContext } from '../platform/process.ts';
import { temporalOptions } from '../platform/temporal/client.ts';
import { untilAborted } from '../platform/untilAborted.ts';
import { recordSteps } from './recordSteps.ts';
import { showSdkMetrics } from './sdkMetrics.ts';
import { TRACE_SINKS, traceSteps } from './traceSteps.ts';

const RECONNECT_EVERY_MS = 1_000;
/** A cancel reaches an activity with the answer to a heartbeat, so it is late by this at most. */
const HEARTBEAT_THROTTLE_MS = 500;

/** What every worker process has before it polls: its own HTTP port for health and metrics, and a database pool. */
export async function openWorkerProcess(
  { config, log, metrics, health, onShutdown, drainOnShutdown, takePlace }: ProcessContext,
  port: PortName,
  waits: PoolWaits = POOL_WAITS.step,
): Promise<{ pool: Pool }> {
  // Of its own, for whoever asks waits less long than a step; nothing connects before an issued key is sent.
  const doorPool = createPool({ ...config.database, poolSize: 1, log, waits: POOL_WAITS.request });
  const { door, close: closeDoor } = openDoor(config.access, doorPool, log);
  onShutdown('keys', () => closeDoor().then(() => doorPool.end()));
  // The one before drains, and then gives its port free: nothing is polled by both.
  const portPatienceMs = await takePlace();
  const http = await listenHttp(createHttpApp({ log, metrics, health, ...door }), {
    host: config.host,
    port: config.ports[port],
    portPatienceMs,
  });
  drainOnShutdown('http', () => http.close());
  const pool = createPool({ ...config.database, log, waits });
  measurePools(metrics, { step: pool });
  onShutdown('postgres', () => pool.end());
  health.add('postgres', () => checkPostgres(pool));
  return { pool };
}

/** What does every step that the rows of the workflows put on a queue. */
export type ActivitiesOf<Queue extends TaskQueue> = Readonly<Record<ActivityOn<Queue>, (...input: never[]) => Promise<unknown>>>;

type PartsOf<Queue extends TaskQueue> = Pick<WorkerOptions, 'workflowBundle' | 'maxConcurrentActivityTaskExecutions'> & {
  readonly taskQueue: Queue;
  readonly activities: ActivitiesOf<Queue>;
};
export type WorkerParts = { [Queue in TaskQueue]: PartsOf<Queue> }[TaskQueue];

/**
 * Polls task queues until the process shuts down. Waits for Temporal to come up; when the connection is lost for good the process fails and is
 * started again. On shutdown activities are told at once and get the time that is left.
 */
export function pollTaskQueue(context: ProcessContext, pool: Pool, ...queues: readonly WorkerParts[]): void {
  const { config, log, metrics, health, drainOnShutdown } = context;
  installRuntime(log, metrics);
  let state = 'connecting';
  const stopping = new AbortController();
  health.add('temporal', async () => {
    if (state !== 'polling') throw new Error(state);
    return state;
  });

  async function poll() {
    const connection = await connect(config.temporal, log, stopping.signal);
    const identity = `${context.name}@${process.pid}`;
    const workers = await Promise.all(
      queues.map((parts) =>
        Worker.create({
          ...parts,
          connection,
          namespace: config.temporal.namespace,
          identity,
          interceptors: { activity: [traceSteps, recordSteps({ pool, log, metrics, worker: identity })] },
          sinks: TRACE_SINKS,
          maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
          defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
          shutdownGraceTime: 0,
          shutdownForceTime: config.shutdownTimeoutMs,
        }),
      ),
    );
    // Told to end meanwhile: there is nothing to drain, and a worker that does not run cannot be shut down.
    if (stopping.signal.aborted) return;
    void untilAborted(stopping.signal).then(() => workers.forEach((worker) => worker.shutdown()));
    state = 'polling';
    log.info({ task_queues: queues.map(({ taskQueue }) => taskQueue) }, 'polling');
    await Promise.all(workers.map((worker) => worker.run()));
    await connection.close();
  }

  const polling = poll().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  drainOnShutdown('temporal worker', () => {
    stopping.abort();
    // Temporal may take a connection and say nothing; only a worker that polls has something to end.
    return state === 'polling' ? polling : Promise.resolve();
  });
}

async function connect(settings: TemporalConnection, log: Logger, signal: AbortSignal): Promise<NativeConnection> {
  for (;;) {
    try {
      return await NativeConnection.connect(temporalOptions(settings));
    } catch (error) {
      log.warn({ err: error, address: settings.address }, 'Temporal is not there yet; trying again');
      await sleep(RECONNECT_EVERY_MS, undefined, { signal });
    }
  }
}

function installRuntime(log: Logger, metrics: Registry) {
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) => log[level === 'ERROR' ? 'error' : 'warn']({ ...meta }, message));
  const buffer = new MetricsBuffer({ useSecondsForDurations: true, maxBufferSize: 50_000 });
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: 'warn', forward: {} }, metrics: { buffer, attachServiceName: false } },
  });
  showSdkMetrics(metrics, buffer);
}
