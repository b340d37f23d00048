/**
 * Sends the API what its OpenAPI document allows, and what it forbids, for so many seconds (120 when missing): `npm run test:schemathesis -- 300`. Ends with
 * 1 where the two differ; `accepted.py` has where they may, and why. The engines are real, of this run alone; there are no workers, and the model
 * server is a double.
 */
import path from 'node:path';
import { SCHEMATHESIS } from '../../deploy/local/setup/engines.mjs';
import { startTestApi } from '../support/api.ts';
import { collectMovieLens } from '../support/collectMovieLens.ts';
import { createTestDatabase } from '../support/database.ts';
import { startFakeModelServer } from '../support/modelServer.ts';
import { installPython, runPython, withTestEngines } from '../support/namedCommand.ts';
import { writeSmallSample } from '../support/smallSample.ts';
import { createTestTemporal } from '../support/temporal.ts';

const RECOMMENDED = {
  recommendation_id: '019ac000-0000-7000-8000-000000000001',
  user_id: 'u1',
  route: 'default',
  variant: 'main',
  model: { name: 'popularity', version: '1' },
  recommendations: [{ movie_id: '1', score: 0.9 }],
  seen_from: 'database',
};

const [seconds = '120'] = process.argv.slice(2);
/** The stream of changes has no end. */
const BOUNDS = [
  '--exclude-path',
  '/api/v1/changes',
  '--phases',
  'coverage,fuzzing',
  '--max-time',
  seconds,
  '--continue-on-failure',
  '--warnings',
  'off',
];

process.exitCode = await withTestEngines('schemathesis', async (folder) => {
  const [database, temporal, modelServer] = await Promise.all([createTestDatabase(), createTestTemporal(), startFakeModelServer()]);
  modelServer.answer = { status: 200, body: RECOMMENDED };
  await collectMovieLens(database.pool, await writeSmallSample(folder, { users: 5 }));
  const api = await startTestApi({
    database: { url: database.url, poolSize: 4, external: true },
    temporal: { address: temporal.address, namespace: temporal.namespace, external: true },
    servingUrl: modelServer.url,
    blobUrl: `file:${folder}`,
  });
  const python = await installPython(SCHEMATHESIS);
  const script = 'from schemathesis.cli import schemathesis; schemathesis()';
  const code = await runPython(python, ['-c', script, 'run', `${api.url}/openapi.json`, ...BOUNDS], {
    cwd: folder,
    env: { SCHEMATHESIS_HOOKS: path.join(import.meta.dirname, 'accepted.py') },
  });
  await api.stop();
  await Promise.all([modelServer.close(), temporal.close(), database.drop()]);
  return code;
});
