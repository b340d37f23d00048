import { spawn } from 'node:child_process';
import path from 'node:path';
import { freePorts } from '../deploy/local/engines/freePorts.ts';
import { installOnce } from '../deploy/local/setup/cache.mjs';
import { installEngine, MLFLOW } from '../deploy/local/setup/engines.mjs';
import { unpackFromPypi } from '../deploy/local/setup/pypi.mjs';
import { PROJECT_ROOT, readConfig } from '../platform/config.ts';
import { runMigrations } from '../platform/migrate.ts';
import { answering, createDatabase, type MeasuredServer } from './servers.ts';

/** A server with a database of its own on the Postgres that both share, and a folder of its own for artifacts. */
export interface RegistryServer extends MeasuredServer {
  readonly databaseUrl: string;
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
  return { ...(await answering({ child, port, logFile: path.join(folder, 'theirs.log'), to: -1 })), databaseUrl };
}

/**
 * Our API process as it is deployed, with MLflow's surface alone.
 * @param more settings, such as other surfaces
 * @param healthPath that says ok without the other engines
 */
export async function startOurs(
  { postgresUrl, folder }: Place,
  more: Readonly<Record<string, string>> = {},
  healthPath = '/health',
): Promise<RegistryServer> {
  const databaseUrl = await createDatabase(postgresUrl, 'ours');
  await runMigrations(databaseUrl);
  const [port = 0] = await freePorts(1);
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    BLOB_URL: `file:${path.join(folder, 'ours')}`,
    SURFACES: 'mlflow',
    MLFLOW_PORT: String(port),
    API_PORT: String(port),
    REDIS_URL: '',
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    LOG_LEVEL: 'info',
    ...more,
  };
  const child = spawn(process.execPath, [path.join(PROJECT_ROOT, 'dist', 'api', 'main.js')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return { ...(await answering({ child, port, logFile: path.join(folder, 'ours.log'), to: 1, healthPath })), databaseUrl };
}
