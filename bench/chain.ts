/**
 * How long a chain of four activities takes on Temporal's dev server as this platform starts it, beside the same server without our settings.
 * Both keep their state in SQLite; rounds alternate, so that other work on the machine falls on both.
 * `npx tsx bench/chain.ts [rounds]`
 */
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { startChild, untilReady } from '../deploy/local/supervision/child.ts';
import { locateTemporal } from '../deploy/local/engines/engine.ts';
import { startTemporal } from '../deploy/local/engines/temporal.ts';
import { startGuard } from '../deploy/local/supervision/guard.ts';
import { PROJECT_ROOT, readConfig } from '../platform/config.ts';
import { checkTemporal, createTemporalClient } from '../platform/temporal/client.ts';
import { freePorts } from '../deploy/local/engines/freePorts.ts';
import { printTable, quantile } from './figures.ts';

const rounds = Number(process.argv[2] ?? 5);
const RUNS_ONE_BY_ONE = 20;
const RUNS_TOGETHER = 40;
const AT_ONCE = 8;
const TASK_QUEUE = 'bench';

interface Server {
  readonly name: string;
  readonly client: Client;
  readonly latenciesMs: number[];
  readonly runsPerSecond: number[];
  close(): Promise<void>;
}

const { cacheDir } = readConfig();
const folder = await mkdtemp(path.join(tmpdir(), 'mlops-bench-'));
const guard = startGuard({ logFile: path.join(folder, 'guard.log') });
const logger = new DefaultLogger('ERROR');
Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging: { filter: 'error' } } });

async function startUntuned(dataDir: string, port: number) {
  await mkdir(dataDir, { recursive: true });
  const address = `127.0.0.1:${port}`;
  const child = await startChild({
    command: locateTemporal(cacheDir),
    args: [
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--headless',
      '--log-level',
      'warn',
      '--db-filename',
      'temporal.db',
    ],
    cwd: dataDir,
    logFile: path.join(dataDir, 'log'),
  });
  const client = createTemporalClient({ address, namespace: 'default' });
  return { ...child, address, ready: untilReady(child, () => checkTemporal(client)).finally(() => void client.connection.close()) };
}

const startTuned = (dataDir: string, port: number) => startTemporal({ dataDir, cacheDir, port, logFile: path.join(dataDir, 'log') });

async function connect(
  name: string,
  engine: Awaited<ReturnType<typeof startUntuned>>,
  workflowBundle: WorkflowBundleWithSourceMap,
): Promise<Server> {
  guard.watch({ ...engine, name, rank: 0, signal: 'SIGTERM' });
  await engine.ready;
  const connection = await NativeConnection.connect({ address: engine.address });
  const activities = { pass: async (value: number) => value + 1 };
  const worker = await Worker.create({ connection, taskQueue: TASK_QUEUE, activities, workflowBundle });
  const polling = worker.run();
  const client = createTemporalClient({ address: engine.address, namespace: 'default' });
  return {
    name,
    client,
    latenciesMs: [],
    runsPerSecond: [],
    async close() {
      worker.shutdown();
      await polling;
      await client.connection.close();
      await connection.close();
      await engine.stop();
      guard.forget(engine.pid);
    },
  };
}

let started = 0;
async function runChain({ client }: Server): Promise<number> {
  const startedAt = performance.now();
  const result: unknown = await client.workflow.execute('chainOfFour', {
    taskQueue: TASK_QUEUE,
    workflowId: `chain-${(started += 1)}`,
    args: [0],
  });
  if (result !== 4) throw new Error(`the chain gave ${String(result)} instead of 4`);
  return performance.now() - startedAt;
}

async function measureLatency(server: Server) {
  for (let run = 0; run < RUNS_ONE_BY_ONE; run += 1) server.latenciesMs.push(await runChain(server));
}

async function measureThroughput(server: Server) {
  const startedAt = performance.now();
  let left = RUNS_TOGETHER;
  const runUntilNoneIsLeft = async () => {
    while (left > 0) {
      left -= 1;
      await runChain(server);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runUntilNoneIsLeft));
  server.runsPerSecond.push((RUNS_TOGETHER * 1000) / (performance.now() - startedAt));
}

/** Each round begins with the other server. */
async function alternate(servers: readonly Server[], measure: (server: Server) => Promise<void>) {
  for (let round = 0; round < rounds; round += 1) {
    for (const server of round % 2 === 0 ? servers : [...servers].reverse()) await measure(server);
    process.stderr.write('.');
  }
}

async function main() {
  const workflowBundle = await bundleWorkflowCode({ logger, workflowsPath: path.join(PROJECT_ROOT, 'bench', 'chainWorkflow.ts') });
  const [tunedPort = 0, untunedPort = 0] = await freePorts(2);
  const servers = [
    await connect('as the platform starts it', await startTuned(path.join(folder, 'tuned'), tunedPort), workflowBundle),
    await connect('untuned', await startUntuned(path.join(folder, 'untuned'), untunedPort), workflowBundle),
  ] as const;
  try {
    for (const server of servers) for (let run = 0; run < 10; run += 1) await runChain(server); // warms both
    await alternate(servers, measureLatency);
    await alternate(servers, measureThroughput);
    report(servers);
  } finally {
    for (const server of servers) await server.close();
  }
}

function report([tuned, untuned]: readonly [Server, Server]) {
  const figures = ({ latenciesMs, runsPerSecond }: Server) => ({
    p50: quantile(latenciesMs, 0.5),
    p99: quantile(latenciesMs, 0.99),
    rate: quantile(runsPerSecond, 0.5),
  });
  const ours = figures(tuned);
  const theirs = figures(untuned);
  console.log(
    `A chain of 4 activities, ${cpus().length} cores, Node ${process.version}; ${rounds * RUNS_ONE_BY_ONE} runs one by one, then ${AT_ONCE} at once\n`,
  );
  printTable(
    ['Temporal dev server', 'p50 ms', 'p99 ms', 'runs/s'],
    [
      [tuned.name, ours.p50.toFixed(0), ours.p99.toFixed(0), ours.rate.toFixed(1)],
      [untuned.name, theirs.p50.toFixed(0), theirs.p99.toFixed(0), theirs.rate.toFixed(1)],
      ['times better', ...[theirs.p50 / ours.p50, theirs.p99 / ours.p99, ours.rate / theirs.rate].map((ratio) => `${ratio.toFixed(1)}×`)],
    ],
  );
}

try {
  await main();
} finally {
  await guard.release();
  await rm(folder, { recursive: true, force: true });
}
