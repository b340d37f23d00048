import type { Registry } from 'prom-client';
import { ConfigError, readConfig, type Config } from './config.ts';
import { createHealth, type Health } from './health.ts';
import { createLogger, type Logger } from './log.ts';
import { createMetrics } from './metrics.ts';

/** What every process is given at boot. */
export interface ProcessContext {
  readonly name: string;
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly health: Health;
  /** Registers a step of the shutdown; steps run in the reverse order of registration. */
  readonly onShutdown: (step: string, close: () => Promise<unknown>) => void;
}

/**
 * Runs one process of the platform: configuration, log, metrics, health, and a shutdown that drains on SIGTERM and SIGINT
 * within SHUTDOWN_TIMEOUT_MS. A failure that nobody caught is logged and ends the process with 1; the supervisor starts it again.
 */
export async function runProcess(name: string, start: (context: ProcessContext) => Promise<void>): Promise<void> {
  const config = configOrExit();
  const log = createLogger(name, config.logLevel);
  const steps: { step: string; close: () => Promise<unknown> }[] = [];
  const health = createHealth();
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
    for (const { step, close } of steps.reverse()) {
      await close().catch((error: unknown) => log.warn({ step, err: error }, 'a shutdown step failed'));
    }
    log.info('stopped');
    process.exit(exitCode);
  }

  process.once('SIGTERM', () => void stop('SIGTERM', 0));
  process.once('SIGINT', () => void stop('SIGINT', 0));
  process.on('uncaughtException', (error) => fail(error, 'uncaught exception'));
  process.on('unhandledRejection', (error) => fail(error, 'unhandled rejection'));
  const fail = (error: unknown, what: string) => {
    log.fatal({ err: error }, what);
    void stop(what, 1);
  };

  try {
    await start({ name, config, log, metrics: createMetrics(name), health, onShutdown: (step, close) => void steps.push({ step, close }) });
    log.info('started');
  } catch (error) {
    fail(error, 'could not start');
  }
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
