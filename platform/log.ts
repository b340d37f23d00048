import { AsyncLocalStorage } from 'node:async_hooks';
import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Ids that every line logged below carries, such as `request_id`, `run_id`, `workflow_id`. */
type LogContext = Readonly<Record<string, string | number>>;
const context = new AsyncLocalStorage<LogContext>();

/** Runs `body` so that every line it logs, however deep, carries `ids`. */
export const withLogContext = <T>(ids: LogContext, body: () => T): T => context.run({ ...context.getStore(), ...ids }, body);

/** One JSON line a fact, on standard output. */
export const createLogger = (processName: string, level: string): Logger =>
  pino({
    level,
    base: { process: processName, pid: process.pid },
    mixin: () => context.getStore() ?? {},
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: ['req.headers.authorization', '*.authorization', '*.password', '*.secret'],
  });
