import { Worker } from 'node:worker_threads';
import { Failure } from '../../contracts/failures.ts';
import { asFolderFailure } from '../folderFailure.ts';
import { withLogLines, type Logger, type LogLine } from '../log.ts';

export type ToChild = { readonly name: string; readonly input: unknown } | { readonly cancel: true };
export type FromChild =
  | { readonly progress: unknown }
  | { readonly log: LogLine }
  | { readonly result: unknown; readonly peakMb: number }
  | { readonly failure: CallFailure };
export interface CallFailure {
  readonly message: string;
  readonly failure?: Pick<Failure, 'kind' | 'type' | 'errors'>;
  readonly stack?: string;
}

export interface CallSurroundings {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
  /** What it says is logged by the parent. */
  readonly log: Logger;
}

/** Answers the one call that the parent makes (`callInChild`), then ends the process. */
export function answerCall(log: Logger, perform: (name: string, input: unknown, surroundings: CallSurroundings) => Promise<unknown>): void {
  endWithParent(Number(process.argv[2]));
  const cancelling = new AbortController();
  const answer = (message: FromChild) => process.send?.(message, () => process.exit(0));
  process.on('message', (message: ToChild) => {
    if ('cancel' in message) return cancelling.abort(new Error('cancelled'));
    const say = (said: FromChild) => void process.send?.(said);
    const surroundings = { signal: cancelling.signal, onProgress: (progress: unknown) => say({ progress }), log };
    withLogLines(
      (line) => say({ log: line }),
      () => perform(message.name, message.input, surroundings),
    ).then(
      (result) => answer({ result, peakMb: Math.round(process.resourceUsage().maxRSS / 1024) }),
      (error: unknown) => answer({ failure: describe(error) }),
    );
  });
}

/** What was thrown, as another process can be told. */
export function describe(thrown: unknown): CallFailure {
  const error = asFolderFailure(thrown) ?? thrown;
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  return {
    message,
    ...(stack && { stack }),
    ...(error instanceof Failure && { failure: { kind: error.kind, type: error.type, errors: error.errors } }),
  };
}

/**
 * Ends this process soon after its parent. The closed channel would tell as well, but not while the main thread is deep in native code, so a thread
 * looks whether somebody else has become the parent.
 */
export function endWithParent(parent: number): void {
  process.once('disconnect', () => process.exit(1));
  const code = `
    const parent = require('node:worker_threads').workerData;
    setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 200);`;
  new Worker(code, { eval: true, workerData: parent }).unref();
}
