/**
 * NVIDIA's own client of the Open Inference Protocol V2 asks the model server, in JSON and by the binary tensor data extension: `npm run test:triton`.
 * Ends with 1 where a step fails. Postgres is real, of this run alone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { installEngine, TRITON_CLIENT } from '../../deploy/local/setup/engines.mjs';
import { readConfig } from '../../platform/config.ts';
import startTestEngines from '../support/startEngines.ts';
import stopTestEngines from '../support/stopEngines.ts';
import { startTinyServing } from '../support/tinyServing.ts';

async function installClient(): Promise<string> {
  const { cacheDir } = readConfig();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  await installEngine(TRITON_CLIENT, { cacheDir, env: process.env, step: { say }, note: say });
  return path.join(cacheDir, TRITON_CLIENT.entry, 'bin', 'python3');
}

try {
  const python = await installClient();
  await startTestEngines();
  const serving = await startTinyServing(['popularity', 'neural_cf', 'ease']);
  const child = spawn(python, [path.join(import.meta.dirname, 'drive.py'), new URL(serving.url).host], {
    env: { ...process.env, NO_PROXY: '127.0.0.1', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
  await serving.stop();
} finally {
  await stopTestEngines();
}
