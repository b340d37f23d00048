import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT_ROOT, type Config, type PortName } from '../../../platform/config.ts';
import { localUrl } from '../../../platform/localUrl.ts';
import type { EngineName } from '../engines/engine.ts';
import { inPlaceOf as inPlaceOfArgument } from '../../../platform/takePlace.ts';
import { startChild, untilReady, type Child } from '../supervision/child.ts';
import { isAlive, type ProcessIdentity } from '../supervision/processIdentity.ts';

/** One of our own processes: what `npm start` runs, and `mlops status` shows. */
export interface ProcessDefinition {
  readonly name: string;
  readonly entry: string;
  readonly port: PortName;
  /** Of V8, in MB. TensorFlow's matrices lie outside of it. */
  readonly heapMb: number;
  /** Answers 200 once the process can be counted on. */
  readonly readyPath: string;
  /** Engines that must answer before it is started */
  readonly needs: readonly EngineName[];
  /** Order in which they are ended: who takes requests first. */
  readonly rank: number;
}

const STORES: readonly EngineName[] = ['postgres', 'temporal'];

export const PROCESSES: readonly ProcessDefinition[] = [
  { name: 'api', entry: 'api/main.js', port: 'API_PORT', heapMb: 512, readyPath: '/health/ready', needs: STORES, rank: 0 },
  // Not ready before there is a model; the main job makes the first one.
  { name: 'serving', entry: 'serving/main.js', port: 'SERVING_PORT', heapMb: 1024, readyPath: '/health/live', needs: STORES, rank: 0 },
  {
    name: 'worker-control',
    entry: 'workers/control/main.js',
    port: 'WORKER_CONTROL_METRICS_PORT',
    heapMb: 768,
    readyPath: '/health/ready',
    needs: STORES,
    rank: 1,
  },
  {
    name: 'worker-training',
    entry: 'workers/training/main.js',
    port: 'WORKER_TRAINING_METRICS_PORT',
    heapMb: 2048,
    readyPath: '/health/ready',
    needs: STORES,
    rank: 1,
  },
  {
    name: 'worker-ingest',
    entry: 'workers/ingest/main.js',
    port: 'WORKER_INGEST_METRICS_PORT',
    heapMb: 512,
    readyPath: '/health/ready',
    needs: [...STORES, 'kafka'],
    rank: 1,
  },
];

/** Parts of the stack that can be started alone, by the processes that each has; of the engines it has those that they need. */
export const PARTS = {
  api: ['api', 'serving', 'worker-control', 'worker-ingest'], // its recommendations are the model server's
  ml: ['api', 'serving', 'worker-control', 'worker-training'],
  monitoring: ['api', 'serving', 'worker-control'], // Prometheus, Alertmanager, and something for them to watch
} as const satisfies Record<string, readonly string[]>;
export type Part = keyof typeof PARTS;

const END_EARLY = pathToFileURL(path.join(PROJECT_ROOT, 'dist', 'platform', 'endEarly.js')).href;
const READY_TIMEOUT_MS = 60_000;
/** A process drains within SHUTDOWN_TIMEOUT_MS by itself; only one that hangs is killed. */
const STOP_MARGIN_MS = 2_000;

/** What Node is started with for one of our processes, from the build. */
export const argumentsOf = ({ entry, heapMb }: ProcessDefinition): string[] => [
  '--enable-source-maps',
  `--max-old-space-size=${heapMb}`,
  '--import',
  END_EARLY,
  path.join(PROJECT_ROOT, 'dist', entry),
];

/** How one of our processes is asked to end. */
export const endingOf = ({ shutdownTimeoutMs }: Pick<Config, 'shutdownTimeoutMs'>) => ({
  stopTimeoutMs: shutdownTimeoutMs + STOP_MARGIN_MS,
});

/**
 * Starts one of our processes from the build. `ready` resolves when its health says so.
 * @param inPlaceOf the process that it is to tell to end, and whose ports it takes
 */
export async function startProcess(
  definition: ProcessDefinition,
  config: Config,
  logFile: string,
  inPlaceOf?: ProcessIdentity,
): Promise<Child & { readonly ready: Promise<void> }> {
  const { port, readyPath } = definition;
  const child = await startChild({
    command: process.execPath,
    args: [...argumentsOf(definition), ...(inPlaceOf ? [inPlaceOfArgument(inPlaceOf)] : [])],
    cwd: PROJECT_ROOT,
    logFile,
    ...endingOf(config),
  });
  const url = localUrl(config, port, readyPath);
  const timeoutMs = READY_TIMEOUT_MS + (inPlaceOf ? config.shutdownTimeoutMs : 0);
  const ready = untilReady(child, () => expectPlace(inPlaceOf).then(() => expectOk(url)), { timeoutMs, everyMs: 100 });
  ready.catch(() => undefined); // whoever waits for it is told
  return { ...child, ready };
}

/** Until the one before has ended, it is that one that answers. */
async function expectPlace(before: ProcessIdentity | undefined): Promise<void> {
  if (before && isAlive(before)) throw new Error(`process ${before.pid}, whose place it takes, has not ended`);
}

async function expectOk(url: string): Promise<void> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status} ${body.slice(0, 300)}`);
}
