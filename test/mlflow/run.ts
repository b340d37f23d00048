/**
 * The whole MLflow client, with scikit-learn and pandas, trains, logs, registers and loads against this platform's registry, which is then mirrored to
 * MLflow's own server: `npm run test:mlflow`. Ends with 1 where a step fails. Postgres is real, of this run alone; the artifacts lie in a folder of it.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { MLFLOW } from '../../deploy/local/setup/engines.mjs';
import { installPython, runPython, withTestEngines } from '../support/namedCommand.ts';
import { checkMirror } from './mirror.ts';
import { startRegistry } from './startRegistry.ts';

process.exitCode = await withTestEngines('mlflow', async (folder) => {
  const python = await installPython(MLFLOW);
  const registry = await startRegistry(folder);
  const code = await runPython(python, [path.join(import.meta.dirname, 'drive.py'), registry.url, folder], { cwd: folder });
  await registry.stop();
  const mirrored = path.join(folder, 'mirrored');
  await mkdir(mirrored);
  const fault = await checkMirror(python, mirrored);
  process.stderr.write(fault === undefined ? "ok  the mirror on MLflow's own server\n" : `FAILED  the mirror: ${fault}\n`);
  return fault === undefined ? code : 1;
});
