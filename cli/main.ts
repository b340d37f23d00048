import * as stack from '../deploy/local/stack/control.ts';
import { runningPorts } from '../deploy/local/stack/runningPorts.ts';
import { readConfig, readVersion, tellEnvironment } from '../platform/config.ts';
import { runCli } from './program.ts';
import { processTerminal } from './terminal.ts';

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', () => process.exit());
process.exitCode = await runCli(process.argv.slice(2), {
  version: await readVersion(),
  terminal: processTerminal(process),
  readConfig() {
    tellEnvironment(runningPorts()); // what we start is to find it too
    return readConfig();
  },
  stack,
});
