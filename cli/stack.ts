import type { Config } from '../platform/config.ts';

/** One process or engine of the stack. */
export interface ProcessStatus {
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly pid: number | null;
  readonly port: number | null;
  readonly uptime_s: number | null;
  readonly rss_mb: number | null;
}

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What mends it, where something is wrong */
  readonly fix: string | null;
}

/** What the command line needs of the stack on this machine; `deploy/local/control.ts` has it. */
export interface StackControl {
  /** Runs `npm start` with these arguments in the foreground. @returns its exit code */
  start(args: readonly string[], output: { toStderr: boolean }): Promise<number>;
  readStatus(config: Config): Promise<readonly ProcessStatus[]>;
  /** @returns false when nothing ran */
  stopStack(config: Config): Promise<boolean>;
  runDoctor(config: Config): Promise<readonly Finding[]>;
  logFile(config: Config, name: string): string;
  /** Gives each new line of a log to `onLine`, until the signal aborts. */
  followLog(file: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
}
