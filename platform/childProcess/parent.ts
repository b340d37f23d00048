import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { LogLine } from '../log.ts';
import type { FromChild, TaskFailure, ToChild } from './child.ts';

export interface ChildTaskOptions {
  /** The built program that answers; it calls `serveTask`. */
  readonly file: string;
  readonly task: string;
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
  /** Told the most memory (RSS) that a task had which has a result. */
  readonly onPeak?: (peakMb: number) => void;
}

/** What the task itself threw, with the kind and type of a Failure. */
export class TaskFailed extends Error {
  override readonly name = 'TaskFailed';
  readonly failure: TaskFailure['failure'];
  constructor({ message, failure, stack }: TaskFailure) {
    super(message);
    this.failure = failure;
    if (stack) this.stack = stack;
  }
}

/** The process ended before it answered. */
export class TaskCrashed extends Error {
  override readonly name = 'TaskCrashed';
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
 * Runs one task in a process of its own, which lives as long as the task: what it has goes back to the machine, and what kills it leaves the
 * caller be. The child ends itself soon after its parent, however that ended.
 * @throws TaskFailed, TaskCrashed, or the signal's reason
 */
export async function runChildTask(options: ChildTaskOptions): Promise<unknown> {
  const { file, task, input, env, heapMb, mostMb, signal, onProgress, onLog, onPeak } = options;
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
  const answer: { result?: { value: unknown }; failure?: TaskFailure } = {};
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
    tell({ task, input });
    const how = await ended;
    signal.throwIfAborted();
    if (answer.result) return answer.result.value;
    if (answer.failure) throw new TaskFailed(answer.failure);
    throw new TaskCrashed({ ...how, lastWords }, memory.overMb());
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
    void readRssMb(pid).then((rssMb) => {
      if (overMb !== null || rssMb === null || rssMb <= mostMb) return;
      overMb = rssMb;
      tooMuch();
    });
  }, WATCH_MEMORY_EVERY_MS);
  return { overMb: () => overMb, stop: () => clearInterval(timer) };
}

/** Null where the system has no /proc, or the process has ended. */
async function readRssMb(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kb ? Math.round(Number(kb) / 1024) : null;
}
