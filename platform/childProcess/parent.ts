import { fork } from 'node:child_process';
import type { LogLine } from '../log.ts';
import { residentMb } from '../proc.mjs';
import type { FromChild, CallFailure, ToChild } from './child.ts';

export interface ChildCall {
  /** The built program that answers; it calls `answerCall`. */
  readonly file: string;
  /** Of what is called, as the program knows it. */
  readonly name: string;
  readonly input: unknown;
  /** The child's environment; this process's own when missing. */
  readonly env?: NodeJS.ProcessEnv;
  /** Of V8, in MB. */
  readonly heapMb: number;
  /** Of the process, in MB: past it the process is ended. */
  readonly mostMb: number;
  /** An abort ends the process: asked first, killed soon after. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
  readonly onLog: (line: LogLine) => void;
  /** Told the most memory (RSS) that a call had which has a result. */
  readonly onPeak?: (peakMb: number) => void;
}

/** What was called threw this, with the kind and type of a Failure. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly failure: CallFailure['failure'];
  constructor({ message, failure, stack }: CallFailure) {
    super(message);
    this.failure = failure;
    if (stack) this.stack = stack;
  }
}

/** The process ended before it answered. */
export class ChildCrashed extends Error {
  override readonly name = 'ChildCrashed';
  constructor(
    readonly how: { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly lastWords: string },
    /** What it had when it was ended for having too much; null where it ended otherwise. */
    readonly overMb: number | null,
  ) {
    super(`the process ended with ${how.signal ?? how.code} before it had a result`);
  }
}

/** From the abort to SIGKILL. With a heartbeat throttle of half a second a cancel still ends the process within two. */
const GRACE_MS = 700;
const WATCH_MEMORY_EVERY_MS = 250;
const LAST_WORDS_CHARACTERS = 4_000;

/**
 * Calls something of a program in a process of its own, which lives as long as the call: what it has goes back to the machine, and what kills it leaves the
 * caller be. The child ends itself soon after its parent, however that ended.
 * @throws CallFailed, ChildCrashed, or the signal's reason
 */
export async function callInChild(options: ChildCall): Promise<unknown> {
  const { file, name, input, env, heapMb, mostMb, signal, onProgress, onLog, onPeak } = options;
  signal.throwIfAborted();
  const child = fork(file, [String(process.pid)], {
    execArgv: ['--enable-source-maps', `--max-old-space-size=${heapMb}`],
    ...(env && { env }),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (lastWords = (lastWords + chunk).slice(-LAST_WORDS_CHARACTERS)));
  const tell = (message: ToChild) => child.connected && child.send(message, () => undefined);
  const answer: { result?: { value: unknown }; failure?: CallFailure } = {};
  child.on('message', (message: FromChild) => {
    if ('progress' in message) onProgress(message.progress);
    else if ('log' in message) onLog(message.log);
    else if ('failure' in message) answer.failure = message.failure;
    else {
      answer.result = { value: message.result };
      onPeak?.(message.peakMb);
    }
  });

  let killTimer: NodeJS.Timeout | undefined;
  const abort = () => {
    tell({ cancel: true });
    killTimer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', abort, { once: true });
  const memory = watchMemory(child.pid, mostMb, () => child.kill('SIGKILL'));
  try {
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, endSignal) => resolve({ code, signal: endSignal }));
    });
    tell({ name, input });
    const how = await ended;
    signal.throwIfAborted();
    if (answer.result) return answer.result.value;
    if (answer.failure) throw new CallFailed(answer.failure);
    throw new ChildCrashed({ ...how, lastWords }, memory.overMb());
  } finally {
    clearTimeout(killTimer);
    signal.removeEventListener('abort', abort);
    memory.stop();
  }
}

/** Looks at what the process has in memory (RSS); `tooMuch` is called once it is more than `mostMb`. */
function watchMemory(pid: number | undefined, mostMb: number, tooMuch: () => void) {
  let overMb: number | null = null;
  const timer = setInterval(() => {
    const rssMb = pid === undefined ? null : residentMb(pid);
    if (overMb !== null || rssMb === null || rssMb <= mostMb) return;
    overMb = rssMb;
    tooMuch();
  }, WATCH_MEMORY_EVERY_MS);
  return { overMb: () => overMb, stop: () => clearInterval(timer) };
}
