/**
 * Builds every image, runs the whole stack of them by Compose, and does to it what its life will: `npm run test:images [-- --built]`. Ends with 1 where a step
 * fails. Needs Docker, and Go where Docker has no Compose; BASE and BUILD_BASE name images that take the place of the public base where none can be
 * pulled. `--built` takes the images that are there.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from '../../deploy/local/setup/build.mjs';
import { SHIPPING_TOOLS } from '../../deploy/local/setup/engines.mjs';
import { createSteps } from '../monitoring/steps.ts';
import { installPython } from '../support/namedCommand.ts';
import { openShell } from './docker.ts';
import { askSystems, buildAll, comeUp, followGuide, killEach, standIn, startWithout, upgradeUnderLoad, weigh } from './steps.ts';

const { step, failed } = createSteps();
await build(); // `mlops check` is of this checkout
const folder = await mkdtemp(path.join(tmpdir(), 'images '));
const shell = await openShell(folder);
const python = await installPython(SHIPPING_TOOLS);
const running = (await shell("docker ps --all --format '{{.Names}}'")).split('\n').filter((name) => name.startsWith('movie-mlops-'));
if (running.length > 0) throw new Error(`${running.join(', ')} would be taken for ours: docker compose down first`);
try {
  await step('hadolint finds nothing', () => shell(`'${path.join(path.dirname(python), 'hadolint')}' docker/dockerfiles/Dockerfile.*`));
  await step('compose.yml and each file are what Compose takes', () =>
    shell('for file in compose.yml docker/docker-compose.*.yml; do docker compose -f "$file" config --quiet; done'),
  );
  const isBuilt = process.argv.includes('--built') || (await step('every image is built', () => buildAll(shell)));
  if (isBuilt) {
    await step('images are within their budgets', () => weigh(shell));
    let missing: string[] = [];
    await step('images of others are there, or something in their place', async () => (missing = await standIn(shell)));
    let besideS = Number.NaN;
    await step('npm start recommends, to be held beside', async () => void (besideS = await startWithout()));
    if (await step('the stack comes up, does the main job, and recommends', () => comeUp(shell, besideS))) {
      await step('the nine systems are well', () => askSystems(shell, missing));
      await step("the guide's lines do what they say", () => followGuide(shell));
      await step('the API is upgraded and taken back under load', () => upgradeUnderLoad(shell));
      await step('each container comes back that is killed', () => killEach(shell));
    }
  }
} finally {
  await shell('docker compose down --volumes --timeout 20').catch(() => undefined);
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = failed() ? 1 : 0;
