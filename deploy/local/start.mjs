/**
 * `npm start`: sets up and builds what is not there yet, then runs the stack until Ctrl-C. Depends on Node alone.
 */
import { SetupError } from './setup/command.mjs';
import { createProgress } from './setup/progress.mjs';

/** With these nothing begins that has a console, or one that is open goes on. */
const NO_CONSOLE = ['--help', '--upgrade'];

// Whoever reads our output may go away, a closed terminal for one; that must not end the stack half-way.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const args = process.argv.slice(2);
const progress = createProgress();
try {
  const { consoleUrl } = await import('./setup/environment.mjs');
  const url = consoleUrl();
  if (url && !args.some((arg) => NO_CONSOLE.includes(arg))) progress.note(`Console: ${url}, once it is ready`);
  const { setup } = await import('./setup/setup.mjs');
  await setup({ progress });
  const { build } = await import('./setup/build.mjs');
  await build({ progress });
  const { runStack } = await import('../../dist/deploy/local/stack/supervisor.js');
  process.exitCode = await runStack({ args, progress });
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
