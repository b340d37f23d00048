/**
 * Sends the API what its OpenAPI document allows, and what it forbids, for so many seconds (120 when missing): `npm run test:schemathesis -- 300`. Ends with
 * 1 where the two differ; `accepted.py` has where they may, and why. The engines are real, of this run alone; there are no workers, and the model
 * server is a double.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installEngine, SCHEMATHESIS } from '../../deploy/local/setup/engines.mjs';
import { readConfig } from '../../platform/config.ts';
import { startTestApi } from '../support/api.ts';
import { collectMovieLens } from '../support/collectMovieLens.ts';
import { createTestDatabase } from '../support/database.ts';
import { startFakeModelServer } from '../support/modelServer.ts';
import { writeSmallSample } from '../support/smallSample.ts';
import startTestEngines from '../support/startEngines.ts';
import stopTestEngines from '../support/stopEngines.ts';
import { createTestTemporal } from '../support/temporal.ts';

const RECOMMENDED = {
  user_id: 'u1',
  model: { name: 'popularity', version: '1' },
  recommendations: [{ movie_id: '1', score: 0.9 }],
  seen_from: 'database',
};

async function runSchemathesis(document: string, folder: string, seconds: string): Promise<number> {
  const { cacheDir } = readConfig();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await installEngine(SCHEMATHESIS, { cacheDir, env: process.env, step: { say }, note: say });
  const python = path.join(cacheDir, SCHEMATHESIS.entry, 'bin', 'python3');
  const bounds = ['--phases', 'coverage,fuzzing', '--max-time', seconds, '--continue-on-failure', '--warnings', 'off'];
  const child = spawn(python, ['-c', 'from schemathesis.cli import schemathesis; schemathesis()', 'run', document, ...bounds], {
    cwd: folder,
    env: { ...process.env, SCHEMATHESIS_HOOKS: path.join(import.meta.dirname, 'accepted.py'), PYTHONDONTWRITEBYTECODE: '1' },
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

const [seconds = '120'] = process.argv.slice(2);
const folder = await mkdtemp(path.join(tmpdir(), 'schemathesis '));
try {
  await startTestEngines();
  const [database, temporal, modelServer] = await Promise.all([createTestDatabase(), createTestTemporal(), startFakeModelServer()]);
  modelServer.answer = { status: 200, body: RECOMMENDED };
  await collectMovieLens(database.pool, await writeSmallSample(folder, { users: 5 }));
  const api = await startTestApi({
    database: { url: database.url, poolSize: 4, external: true },
    temporal: { address: temporal.address, namespace: temporal.namespace, external: true },
    servingUrl: modelServer.url,
    blobUrl: `file:${folder}`,
  });
  process.exitCode = await runSchemathesis(`${api.url}/openapi.json`, folder, seconds);
  await api.stop();
  await Promise.all([modelServer.close(), temporal.close(), database.drop()]);
} finally {
  await stopTestEngines();
  await rm(folder, { recursive: true, force: true });
}
