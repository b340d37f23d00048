/**
 * The Helm chart for three sets of values: `npm run test:helm`. Helm lints and renders each, the schemas of Kubernetes take what it renders, and what every
 * process promises is held. Ends with 1 where a step fails. Helm is the one on PATH, else built by Go into the cache.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { SHIPPING_TOOLS } from '../../deploy/local/setup/engines.mjs';
import { findOnPath } from '../../deploy/local/setup/findOnPath.mjs';
import versions from '../../deploy/local/versions.json' with { type: 'json' };
import { PROJECT_ROOT, readConfig } from '../../platform/config.ts';
import { createSteps } from '../monitoring/steps.ts';
import { installPython, runPython } from '../support/namedCommand.ts';

const run = promisify(execFile);
const CHART = path.join(PROJECT_ROOT, 'deploy', 'helm', 'movie-mlops');
const VALUES = { small: ['small'], production: ['production'], gpu: ['production', 'gpu'] };
/** Values with which nobody of another release may come in. */
const CLOSED = ['networkPolicies.metricsFrom=[]', 'networkPolicies.ingressFrom=[]'];
/** Values that the chart's schema refuses, each with the place that it names. */
const REFUSED = {
  'image.tag=latest': '- image.tag: ',
  'secretKeys={DATABASE_URL}': '- secretKeys: ',
  'processes.api.replicaz=2': '- processes.api: ',
  'engines.blobUrl=file:models': '- engines.blobUrl: ',
};
/** Release of Kubernetes that is rendered for, and whose schemas are asked: a Helm that Go built knows none. */
const KUBERNETES = '1.33';
const MOST_BYTES = 2 ** 24;

async function findHelm(): Promise<string> {
  const here = findOnPath('helm');
  if (here !== undefined) return here;
  const folder = path.join(readConfig().cacheDir, `helm-${versions.helm}`);
  const program = path.join(folder, 'helm');
  if (!existsSync(program))
    await run('go', ['install', `helm.sh/helm/v3/cmd/helm@v${versions.helm}`], { env: { ...process.env, GOBIN: folder } });
  return program;
}

const { step, failed } = createSteps();
const python = await installPython(SHIPPING_TOOLS);
const program = await findHelm();
const helm = async (...args: string[]) => (await run(program, args, { maxBuffer: MOST_BYTES })).stdout;
const render = (...args: string[]) => helm('template', 'movies', CHART, '--kube-version', KUBERNETES, '--namespace', 'movies', ...args);
const folder = await mkdtemp(path.join(tmpdir(), 'helm '));

async function holdPromises(given: readonly string[]): Promise<void> {
  const file = path.join(folder, 'rendered.yaml');
  await writeFile(file, await render(...given));
  const code = await runPython(python, [path.join(import.meta.dirname, 'check.py'), file, KUBERNETES]);
  if (code !== 0) throw new Error(`check.py ended with ${code}`);
}

try {
  for (const [name, files] of Object.entries(VALUES)) {
    const given = files.flatMap((file) => ['--values', path.join(CHART, 'examples', `${file}.yaml`)]);
    await step(`${name}: helm lint`, () => helm('lint', '--strict', CHART, ...given));
    await step(`${name}: what is rendered is of Kubernetes' schemas, and keeps its promises`, () => holdPromises(given));
  }
  const production = ['--values', path.join(CHART, 'examples', 'production.yaml')];
  await step('closed to all others: it keeps its promises', () =>
    holdPromises([...production, ...CLOSED.flatMap((value) => ['--set-json', value])]),
  );
  const small = path.join(CHART, 'examples', 'small.yaml');
  for (const [wrong, named] of Object.entries(REFUSED)) {
    await step(`values with ${wrong} are refused`, async () => {
      const said = await render('--values', small, '--set', wrong).then(
        () => 'they are taken',
        (error: unknown) => String(error),
      );
      if (!said.includes(named)) throw new Error(said);
    });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed() ? 1 : 0;
