/**
 * Prometheus's own tools hold every rule against its cases, and Prometheus and Alertmanager watch a stack that runs: `npm run test:monitoring`. Ends with 1
 * where a step fails. They are brought where the machine has none; the stack is of this run alone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installMonitor } from '../../deploy/local/monitoring/install.ts';
import { BROUGHT_MONITORS, locateMonitor } from '../../deploy/local/monitoring/programs.ts';
import { rules } from '../../deploy/prometheus/rules.ts';
import { yamlFile } from '../../deploy/prometheus/yaml.ts';
import { PROJECT_ROOT, readConfig } from '../../platform/config.ts';
import { ruleTests } from './ruleTests.ts';
import { checkStack } from './stack.ts';
import { createSteps } from './steps.ts';

const config = readConfig();
for (const name of BROUGHT_MONITORS) if (locateMonitor(config, name) === undefined) await installMonitor(config.cacheDir, name);
const promtool = locateMonitor(config, 'promtool') ?? path.join(await installMonitor(config.cacheDir, 'prometheus'), 'promtool');
const { step, failed } = createSteps();

/** @throws Error with what it says, where it finds anything */
async function tool(args: readonly string[], { cwd = PROJECT_ROOT, input = '' } = {}): Promise<void> {
  const child = spawn(promtool, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(Buffer.concat(said).toString());
}

const folder = await mkdtemp(path.join(tmpdir(), 'monitoring '));
try {
  await step('promtool checks the configuration and the rules', () =>
    tool(['check', 'config', path.join('deploy', 'prometheus', 'prometheus.yml')]),
  );
  await step('each alert comes in its one case and not in its other', async () => {
    await writeFile(path.join(folder, 'rules.yml'), yamlFile([], rules()));
    await writeFile(path.join(folder, 'tests.yml'), yamlFile([], ruleTests('rules.yml')));
    await tool(['test', 'rules', 'tests.yml'], { cwd: folder });
  });
  await checkStack(step, (text) => tool(['check', 'metrics'], { input: text }));
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed() ? 1 : 0;
