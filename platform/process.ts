import { setTimeout as sleep } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import { ConfigError, readConfig, readRelease, readVersion, type Config } from './config.ts';
import { stopEndingEarly } from './endEarly.ts';
import { createHealth, type Health } from './health.ts';
import { createLogger, type Logger } from './log.ts';
import { createMetrics } from './metrics.ts';
import { progress } from './progress.ts';
import { measureSystem } from './systemMetrics.ts';
import { readPredecessor, takePlace } from './takePlace.ts';
import { startTraces } from './traces/traces.ts';

/** What every process is given at boot. */
export interface ProcessContext {
  readonly name: string;
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly health: Health;
  /**
   * Registers a step of the shutdown that lets go of something; steps run in the reverse order of registration. Together they get a moment, since an
   * engine that does not answer would hold them: what they leave undone is what a kill leaves.
   */
  readonly onShutdown: (step: string, close: () => Promise<unknown>) => void;
  /** Registers a step, in the same order, that ends work whole: waited for as long as SHUTDOWN_TIMEOUT_MS allows. */
  readonly drainOnShutdown: (step: string, drain: () => Promise<unknown>) => void;
  /**
   * Called before ports are asked for: in an upgrade the process whose place this one takes is told to end, once this one could answer.
   * @returns how long the ports are to be waited for, in ms
   */
  readonly takePlace: () => Promise<number>;
}

/** All that let go, together. */
const LET_GO_MS = 1_500;
/** A process whose shutdown takes too long leaves by itself; then its ports are free. */
const PORT_MARGIN_MS = 5_000;

/**
 * Runs one process of the platform: configuration, log, metrics, health, and a shutdown that drains on SIGTERM and SIGINT
 * within SHUTDOWN_TIMEOUT_MS. A failure that nobody caught is logged and ends the process with 1; the supervisor starts it again.
 */
export async function runProcess(name: string, start: (context: ProcessContext) => Promise<void>): Promise<void> {
  const config = configOrExit();
  const log = createLogger(name, config.logLevel);
  const steps: { step: string; close: () => Promise<unknown>; endsWork: boolean }[] = [];
  const health = createHealth(() => progress.stalled(config.stalledAfterMs), await readRelease());
  const metrics = createMetrics(name);
  measureSystem(metrics, config.stateDir);
  progress.measure(metrics);
  let endTraces = async () => {};
  const predecessor = readPredecessor(process.argv);
  let stopping: Promise<void> | undefined;
  const stop = (reason: string, exitCode: number) => (stopping ??= shutDown(reason, exitCode));

  async function shutDown(reason: string, exitCode: number) {
    log.info({ reason }, 'shutting down');
    health.drain();
    const bound = setTimeout(() => {
      log.error({ timeout_ms: config.shutdownTimeoutMs }, 'shutdown took too long; leaving');
      process.exit(1);
    }, config.shutdownTimeoutMs);
    bound.unref();
    const letGo = createPatience(LET_GO_MS);
    for (const { step, close, endsWork } of steps.reverse()) {
      const closed = close().catch((error: unknown) => log.warn({ step, err: error }, 'a shutdown step failed'));
      if (endsWork) await closed;
      else if (!(await letGo(closed))) log.warn({ step }, 'a shutdown step is not waited for');
    }
    await endTraces();
    log.info('stopped');
    process.exit(exitCode);
  }

  // In this order: a signal that came while modules loaded is still to be told, and one that nobody listens for any more is dropped.
  process.once('SIGTERM', () => void stop('SIGTERM', 0));
  process.once('SIGINT', () => void stop('SIGINT', 0));
  stopEndingEarly();
  process.on('uncaughtException', (error) => fail(error, 'uncaught exception'));
  process.on('unhandledRejection', (error) => fail(error, 'unhandled rejection'));
  const fail = (error: unknown, what: string) => {
    log.fatal({ err: error }, what);
    void stop(what, 1);
  };

  try {
    endTraces = await startTraces(config.traces, { process: name, version: await readVersion(), log });
    await start({
      name,
      config,
      log,
      metrics,
      health,
      onShutdown: (step, close) => void steps.push({ step, close, endsWork: false }),
      drainOnShutdown: (step, close) => void steps.push({ step, close, endsWork: true }),
      takePlace: async () => ((await takePlace(predecessor, health)) ? config.shutdownTimeoutMs + PORT_MARGIN_MS : 0),
    });
    log.info('started');
  } catch (error) {
    // What is taken down beneath a start fails it.
    if (!stopping) fail(error, 'could not start');
  }
}

/** Waits for one thing after another, so long in all. @returns whether it came in time */
function createPatience(ms: number): (what: Promise<unknown>) => Promise<boolean> {
  let left = ms;
  return async (what) => {
    const startedAt = Date.now();
    const cameInTime = await Promise.race([what.then(() => true), sleep(left, false)]);
    left = Math.max(0, left - (Date.now() - startedAt));
    return cameInTime;
  };
}

function configOrExit(): Config {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
