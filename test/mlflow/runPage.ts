/**
 * MLflow's own web page, driven in Chromium over this platform's registry: `npm run test:mlflow-page [-- FOLDER]`, with pictures of what it shows in FOLDER.
 * Chromium is CHROMIUM or `chromium` on PATH. Ends with 1 where a page shows an error, lacks what it should show, or asks what is not answered.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { installPage } from '../../deploy/local/mlflowPage/installPage.ts';
import { listenPage } from '../../deploy/local/mlflowPage/listenPage.ts';
import { findOnPath } from '../../deploy/local/setup/findOnPath.mjs';
import { readConfig } from '../../platform/config.ts';
import { withTestEngines } from '../support/namedCommand.ts';
import { waitFor } from '../support/waitFor.ts';
import { fillRegistry, SHOWN } from './fillRegistry.ts';
import { startRegistry } from './startRegistry.ts';

const PATIENCE_MS = 60_000;
const SHOWS_ERROR = /Something went wrong|An error occurred|load error|Can't load|not successful|Page Not Found|Internal server error/i;
/** Answered with 404 by MLflow itself, where nobody signs in. */
const ABSENT_IN_MLFLOW = ['/ajax-api/2.0/mlflow/users/current'];
/** Films that explain what is not used yet; the page is the same without. */
const OF_ITS_MAKERS = 'https://mlflow.org';

interface Sight {
  readonly title: string;
  readonly at: string;
  readonly shows: readonly string[];
  /** How many charts at least */
  readonly charts?: number;
}

function sightsOf({ experimentId, runIds }: Awaited<ReturnType<typeof fillRegistry>>): Sight[] {
  const model = encodeURIComponent(SHOWN.model);
  const run = `/experiments/${experimentId}/runs/${runIds[0]}`;
  const compared = new URLSearchParams({ runs: JSON.stringify(runIds), experiments: JSON.stringify([experimentId]) });
  const versions = new URLSearchParams({
    name: JSON.stringify(SHOWN.model),
    runs: JSON.stringify({ 1: runIds[0], 2: runIds[1] }),
  });
  return [
    { title: 'experiments', at: '/experiments', shows: [SHOWN.experiment, 'Default'] },
    { title: 'runs', at: `/experiments/${experimentId}/runs`, shows: [...SHOWN.runs, 'ml-small'] },
    { title: 'charts of runs', at: `/experiments/${experimentId}/runs?compareRunsMode=CHART`, shows: [...SHOWN.runs, 'loss'], charts: 1 },
    { title: 'logged models', at: `/experiments/${experimentId}/models`, shows: SHOWN.runs.map((name) => `weights of the ${name}`) },
    { title: 'traces', at: `/experiments/${experimentId}/traces`, shows: [SHOWN.experiment] },
    { title: 'a run', at: run, shows: [SHOWN.runs[0], 'ndcg', 'lr', 'ml-small', 'nora'] },
    { title: 'charts of a run', at: `${run}/model-metrics`, shows: ['loss', 'ndcg'], charts: 2 },
    { title: 'files of a run', at: `${run}/artifacts`, shows: ['notes.txt'] },
    { title: 'comparing runs', at: `/compare-runs?${compared.toString()}`, shows: ['Comparing 2 Runs', ...SHOWN.runs], charts: 1 },
    { title: 'models', at: '/models', shows: [SHOWN.model, 'champion'] },
    { title: 'a model', at: `/models/${model}`, shows: ['Version 1', 'Version 2', 'champion'] },
    { title: 'a version', at: `/models/${model}/versions/2`, shows: ['Version 2', 'champion', SHOWN.runs[1]] },
    { title: 'comparing versions', at: `/compare-model-versions?${versions.toString()}`, shows: ['Comparing 2 Versions', ...SHOWN.runs] },
    { title: 'prompts', at: '/prompts', shows: ['Prompts'] },
  ];
}

/** @returns what is wrong with it */
async function look(page: Page, url: string, { title, at, shows, charts = 0 }: Sight, pictures: string | undefined): Promise<string[]> {
  const wrong: string[] = [];
  const asked = new Set<Promise<unknown>>();
  const origin = new URL(url).origin;
  page.on('pageerror', (error) => void wrong.push(`raised ${error.message}`));
  const open = new Set<string>();
  page.on('requestfinished', (request) => void open.delete(request.url()));
  page.on('requestfailed', (request) => void open.delete(request.url()));
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (to.protocol.startsWith('http') && to.origin !== origin && to.origin !== OF_ITS_MAKERS) wrong.push(`asked ${to.href}`);
    if (to.origin === origin && !to.pathname.startsWith('/static-files/')) open.add(request.url()); // a worker's own file is never told to be there
  });
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    const isExpected = response.status() === 404 && ABSENT_IN_MLFLOW.includes(pathname);
    if (response.status() >= 400 && !isExpected) wrong.push(`${response.request().method()} ${pathname} answered ${response.status()}`);
    if (pathname === '/graphql')
      asked.add(
        response.json().then(({ errors }: { errors: unknown }) => errors && wrong.push(`GraphQL answered ${JSON.stringify(errors)}`)),
      );
  });
  await page.goto(`${url}/#${at}`);
  for (const text of shows)
    await page
      .getByText(text)
      .filter({ visible: true })
      .first()
      .waitFor({ timeout: PATIENCE_MS })
      .catch(() => wrong.push(`shows no '${text}'`));
  if (charts > 0)
    await page
      .locator('.js-plotly-plot')
      .nth(charts - 1)
      .waitFor({ timeout: PATIENCE_MS })
      .catch(() => wrong.push(`shows no ${charts} charts`));
  await waitFor('all answers', () => open.size === 0, { timeoutMs: PATIENCE_MS }).catch(() =>
    wrong.push(`never had an answer of ${[...open].join(', ')}`),
  );
  await Promise.all(asked);
  const error = SHOWS_ERROR.exec(await page.innerText('body'));
  if (error) wrong.push(`says '${error[0]}'`);
  if (pictures) await page.screenshot({ path: path.join(pictures, `${title.replaceAll(' ', '-')}.png`) });
  return wrong;
}

async function driveChromium(executablePath: string, url: string, sights: readonly Sight[], pictures: string | undefined): Promise<number> {
  // Chromium's sandbox needs what a container seldom has; the only pages it opens are ours.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  let failed = 0;
  try {
    for (const sight of sights) {
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      const wrong = await look(page, url, sight, pictures);
      await page.close();
      failed += Number(wrong.length > 0);
      process.stdout.write(wrong.length > 0 ? `FAILED  ${sight.title}: ${wrong.join('; ')}\n` : `ok      ${sight.title}\n`);
    }
  } finally {
    await browser.close();
  }
  process.stdout.write(`${failed} of ${sights.length} failed\n`);
  return failed > 0 ? 1 : 0;
}

async function main(executablePath: string, pictures: string | undefined): Promise<number> {
  const build = await installPage(readConfig().cacheDir);
  if (pictures) await mkdir(pictures, { recursive: true });
  return withTestEngines('mlflow page', async (folder) => {
    const registry = await startRegistry(folder);
    const page = await listenPage({ folder: build, host: '127.0.0.1', port: 0, registryUrl: registry.url });
    const code = await driveChromium(executablePath, page.url, sightsOf(await fillRegistry(registry.url)), pictures);
    await page.close();
    await registry.stop();
    return code;
  });
}

const executablePath = process.env['CHROMIUM'] ?? findOnPath('chromium');
if (executablePath) process.exitCode = await main(executablePath, process.argv[2]);
else {
  process.stderr.write("There is no Chromium: name one by CHROMIUM, or put one on PATH (Debian's package chromium)\n");
  process.exitCode = 1;
}
