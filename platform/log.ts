import { AsyncLocalStorage } from 'node:async_hooks';
import { pino, type Logger } from 'pino';
import { createLogOutput } from './logOutput.ts';
import { traceIds } from './traces/traces.ts';

export type { Logger } from 'pino';

/** Ids that every line logged below carries, such as `request_id`, `run_id`, `workflow_id`. */
type LogContext = Readonly<Record<string, string | number>>;
const context = new AsyncLocalStorage<LogContext>();

/** A line as it was logged, for whoever keeps it beside the process's own output. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
const listeners = new AsyncLocalStorage<(line: LogLine) => void>();

/** Runs `body` and hands every line it logs to `onLine` too. */
export const withLogLines = <T>(onLine: (line: LogLine) => void, body: () => T): T => listeners.run(onLine, body);

/** Runs `body` so that every line it logs, however deep, carries `ids`. */
export const withLogContext = <T>(ids: LogContext, body: () => T): T => context.run({ ...context.getStore(), ...ids }, body);

/** One JSON line a fact, on standard output. */
export const createLogger = (processName: string, level: string): Logger =>
  pino(
    {
      level,
      base: { process: processName, pid: process.pid },
      mixin: () => ({ ...context.getStore(), ...traceIds() }),
      hooks: {
        logMethod(args, method, level) {
          listeners.getStore()?.(toLine(args, this.levels.labels[level] ?? 'info'));
          method.apply(this, args);
        },
      },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ['req.headers.authorization', '*.authorization', '*.password', '*.secret'],
    },
    createLogOutput(),
  );

function toLine(args: readonly unknown[], level: string): LogLine {
  const [first, second] = args;
  if (typeof first === 'string') return { level, message: first, fields: {} };
  const { err, ...fields } = (first ?? {}) as Record<string, unknown>;
  return {
    level,
    message: typeof second === 'string' ? second : '',
    fields: err instanceof Error ? { ...fields, error: err.message } : fields,
  };
}
