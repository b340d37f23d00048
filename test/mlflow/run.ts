/**
 * The whole MLflow client, with scikit-learn and pandas, trains, logs, registers and loads against this platform's registry, which is then mirrored to
 * MLflow's own server: `npm run test:mlflow`. Ends with 1 where a step fails. Postgres is real, of this run alone; the artifacts lie in a folder of it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { installEngine, MLFLOW } from '../../deploy/local/setup/engines.mjs';
import { readConfig } from '../../platform/config.ts';
import { startTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import startTestEngines from '../support/startEngines.ts';
import stopTestEngines from '../support/stopEngines.ts';
import { checkMirror } from './mirror.ts';

async function installMlflow(): Promise<string> {
  const { cacheDir } = readConfig();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await installEngine(MLFLOW, { cacheDir, env: process.env, step: { say }, note: say });
  return path.join(cacheDir, MLFLOW.entry, 'bin', 'python3');
}

async function driveMlflow(python: string, address: string, folder: string): Promise<number> {
  const child = spawn(python, [path.join(import.meta.dirname, 'drive.py'), address, folder], {
    cwd: folder,
    env: { ...process.env, NO_PROXY: '127.0.0.1', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

const folder = await mkdtemp(path.join(tmpdir(), 'mlflow '));
try {
  await startTestEngines();
  const database = await createTestDatabase();
  const api = await startTestApi(
    { database: { url: database.url, poolSize: 4, external: true }, blobUrl: `file:${path.join(folder, 'blobs')}` },
    createMlflowApi,
  );
  const python = await installMlflow();
  process.exitCode = await driveMlflow(python, api.url, folder);
  await api.stop();
  await database.drop();
  const fault = await checkMirror(python, folder);
  process.stderr.write(fault === undefined ? "ok  the mirror on MLflow's own server\n" : `FAILED  the mirror: ${fault}\n`);
  if (fault !== undefined) process.exitCode = 1;
} finally {
  await stopTestEngines();
  await rm(folder, { recursive: true, force: true });
}
