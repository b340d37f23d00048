/**
 * `npm start`: sets up and builds what is not there yet, then runs the stack until Ctrl-C. Depends on Node alone.
 */
import { SetupError } from './setup/command.mjs';
import { createProgress } from './setup/progress.mjs';

// Whoever reads our output may go away, a closed terminal for one; that must not end the stack half-way.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const progress = createProgress();
try {
  const { setup } = await import('./setup/setup.mjs');
  await setup({ progress });
  const { build } = await import('./setup/build.mjs');
  await build({ progress });
  const { runStack } = await import('../../dist/deploy/local/stack/supervisor.js');
  process.exitCode = await runStack({ args: process.argv.slice(2), progress });
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
