import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { freePorts } from '../deploy/local/engines/freePorts.ts';
import { installOnce } from '../deploy/local/setup/cache.mjs';
import { installEngine, MLFLOW } from '../deploy/local/setup/engines.mjs';
import { unpackFromPypi } from '../deploy/local/setup/pypi.mjs';
import { PROJECT_ROOT, readConfig } from '../platform/config.ts';
import { runMigrations } from '../platform/migrate.ts';
import { waitFor } from '../test/support/waitFor.ts';

/** A server with a database of its own on the Postgres that both share, and a folder of its own for artifacts. */
export interface RegistryServer {
  readonly url: string;
  readonly pid: number;
  readonly databaseUrl: string;
  readonly stop: () => Promise<void>;
}
interface Place {
  readonly postgresUrl: string;
  readonly folder: string;
}

/** What MLflow asks Postgres with, which it does not bring itself. */
const DRIVER = 'psycopg2-binary';
const DRIVER_ENTRY = `python-${DRIVER}-2.9.11`;

/** MLflow's server as it starts by default: uvicorn with four workers, artifacts through its proxy. */
export async function startMlflow({ postgresUrl, folder }: Place): Promise<RegistryServer> {
  const { cacheDir } = readConfig();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const context = { cacheDir, env: process.env, step: { say }, note: say };
  await installEngine(MLFLOW, context);
  const driver: string = await installOnce(
    cacheDir,
    DRIVER_ENTRY,
    async (building: string) => void (await unpackFromPypi(DRIVER, building, context)),
    say,
  );
  const databaseUrl = await createDatabase(postgresUrl, 'theirs');
  const [port = 0] = await freePorts(1);
  const store = ['--backend-store-uri', databaseUrl.replace(/^postgres:/, 'postgresql+psycopg2:')];
  const artifacts = ['--artifacts-destination', path.join(folder, 'theirs')];
  const python = path.join(cacheDir, MLFLOW.entry, 'bin', 'python3');
  const child = spawn(python, ['-m', 'mlflow', 'server', ...store, ...artifacts, '--host', '127.0.0.1', '--port', String(port)], {
    cwd: folder,
    env: { ...process.env, PYTHONPATH: driver, MLFLOW_DISABLE_TELEMETRY: 'true', NO_PROXY: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, since it starts its workers
  });
  return { ...(await answering(child, port, path.join(folder, 'theirs.log'), -1)), databaseUrl };
}

/** Our API process as it is deployed, with MLflow's surface alone. */
export async function startOurs({ postgresUrl, folder }: Place): Promise<RegistryServer> {
  const databaseUrl = await createDatabase(postgresUrl, 'ours');
  await runMigrations(databaseUrl);
  const [port = 0] = await freePorts(1);
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    BLOB_URL: `file:${path.join(folder, 'ours')}`,
    SURFACES: 'mlflow',
    MLFLOW_PORT: String(port),
    REDIS_URL: '',
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    LOG_LEVEL: 'info',
  };
  const child = spawn(process.execPath, [path.join(PROJECT_ROOT, 'dist', 'api', 'main.js')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return { ...(await answering(child, port, path.join(folder, 'ours.log'), 1)), databaseUrl };
}

/** @param to 1 for the process alone, -1 for its group */
async function answering(child: ChildProcess, port: number, logFile: string, to: 1 | -1) {
  const { pid = 0 } = child;
  const log = createWriteStream(logFile);
  for (const stream of [child.stdout, child.stderr]) stream?.pipe(log, { end: false });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    process.kill(to * pid, 'SIGTERM');
    await gone;
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    const ended = once(child, 'exit').then(async ([code]) => {
      throw new Error(`the server ended with ${code}: ${(await readFile(logFile, 'utf8')).slice(-2_000)}`);
    });
    await Promise.race([waitFor(url, () => fetch(`${url}/health`).then(({ ok }) => ok)), ended]);
    ended.catch(() => undefined);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, pid, stop };
}

async function createDatabase(postgresUrl: string, name: string): Promise<string> {
  await runSql(postgresUrl, [`create database ${name}`]);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs statements one after the other over a connection of their own. */
export async function runSql(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
