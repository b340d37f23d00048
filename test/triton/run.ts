/**
 * NVIDIA's own client of the Open Inference Protocol V2 asks the model server, in JSON and by the binary tensor data extension: `npm run test:triton`.
 * Ends with 1 where a step fails. Postgres is real, of this run alone.
 */
import path from 'node:path';
import { TRITON_CLIENT } from '../../deploy/local/setup/engines.mjs';
import { installPython, runPython, withTestEngines } from '../support/namedCommand.ts';
import { startTinyServing } from '../support/tinyServing.ts';

process.exitCode = await withTestEngines('triton', async () => {
  const python = await installPython(TRITON_CLIENT);
  const serving = await startTinyServing(['popularity', 'neural_cf', 'ease']);
  const code = await runPython(python, [path.join(import.meta.dirname, 'drive.py'), new URL(serving.url).host]);
  await serving.stop();
  return code;
});
