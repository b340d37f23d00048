import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { freePorts } from '../deploy/local/engines/freePorts.ts';
import { PROJECT_ROOT } from '../platform/config.ts';
import { waitFor } from '../test/support/waitFor.ts';
import { installServingPeers } from './peers.ts';
import { answering, type MeasuredServer } from './servers.ts';
import type { ServingData } from './servingData.ts';

/** How many processes a server has, and how many threads each of them computes by. */
export interface Spread {
  readonly workers: number;
  readonly threads: number;
}

const PROFILE = /^--profile=(.+)$/;
/** Node's flags for a processor profile of our process, where the bench was asked for one. */
const PROFILED = process.argv.flatMap((argument) => {
  const folder = PROFILE.exec(argument)?.[1];
  return folder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', path.resolve(folder)];
});

/** Another of ours beside the first. */
interface Variant {
  /** Tells its log and its state from the other's */
  readonly variant?: string;
  /** Node's own */
  readonly flags?: readonly string[];
}

/** Where one of ours writes its log. */
export const logFileOf = ({ name, folder }: Pick<ServingData, 'name' | 'folder'>, variant = '') =>
  path.join(folder, `ours ${name} ${variant}.log`);

/** Our model server as it is deployed, its log in a file, ready with all champions. */
export async function startOurs(data: ServingData, { variant = '', flags = [] }: Variant = {}): Promise<MeasuredServer> {
  const { databaseUrl, folder, modelFolders } = data;
  const [port = 0] = await freePorts(1);
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    BLOB_URL: `file:${folder}`,
    STATE_DIR: path.join(folder, 'state', variant),
    SERVING_PORT: String(port),
    REDIS_URL: '',
    LOG_LEVEL: 'info',
  };
  const main = path.join(PROJECT_ROOT, 'dist', 'serving', 'main.js');
  const logFile = logFileOf(data, variant);
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [...PROFILED, ...flags, main], { env, cwd: folder, stdio: ['ignore', log, log] });
  closeSync(log);
  const server = await answering({ child, port, logFile, to: 1 });
  const loaded = async () => {
    const { models } = (await (await fetch(`${server.url}/models`)).json()) as { models: { name: string }[] };
    return [...modelFolders.keys()].every((kind) => models.some((model) => model.name === kind));
  };
  await waitFor('the champions to be loaded', loaded);
  return server;
}

async function startPython(
  program: readonly string[],
  { folder, port, settings, logName, healthPath }: { folder: string; port: number; settings: object; logName: string; healthPath: string },
): Promise<MeasuredServer> {
  const { python, env } = await installServingPeers();
  const child = spawn(python, program, {
    cwd: import.meta.dirname,
    env: { ...env, SETTINGS: JSON.stringify(settings), PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, since it starts its workers
  });
  return answering({ child, port, logFile: path.join(folder, `${logName}.log`), to: -1, healthPath });
}

/** FastAPI and PyTorch with the weights of our neural_cf. */
export async function startFastApi(
  { folder, databaseUrl, modelFolders }: ServingData,
  way: 'straightforward' | 'optimised',
  { workers, threads }: Spread,
): Promise<MeasuredServer> {
  const [port = 0] = await freePorts(1);
  const where = ['--host', '127.0.0.1', '--port', String(port), '--workers', String(workers)];
  return startPython(['-m', 'uvicorn', 'servingPeer:app', ...where, '--no-access-log', '--log-level', 'warning'], {
    ...{ folder, port, healthPath: '/health', logName: `${way} ${workers}` },
    settings: { way, threads, database: databaseUrl, model: modelFolders.get('neural_cf') },
  });
}

/** MLServer with the weights of our neural_cf. @param workers processes that score; 0: it scores in the one that answers */
export async function startMlServer({ folder, modelFolders }: ServingData, workers: number): Promise<MeasuredServer> {
  const [port = 0, grpcPort, metricsPort] = await freePorts(3);
  return startPython([path.join(import.meta.dirname, 'servingInferPeer.py')], {
    ...{ folder, port, healthPath: '/v2/models/neural_cf/ready', logName: `mlserver ${workers}` },
    settings: { port, grpc_port: grpcPort, metrics_port: metricsPort, workers, model: modelFolders.get('neural_cf') },
  });
}

/** An Express app that reads a body as JSON and answers a constant. */
export async function startExpress(folder: string): Promise<MeasuredServer> {
  const [port = 0] = await freePorts(1);
  const program = path.join(import.meta.dirname, 'servingExpress.ts');
  const child = spawn(process.execPath, [...process.execArgv, program, String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
  return answering({ child, port, logFile: path.join(folder, 'express.log'), to: 1 });
}
