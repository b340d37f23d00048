/**
 * Opens MLflow's own web page over this platform's registry in Chromium, and looks at what its users look at: `npm run test:mlflow-page`. Takes the browser
 * of CHROMIUM, else `chromium` on PATH. Ends with 1 where a page shows an error, an address is refused that should not be, or something is not shown;
 * `-- FOLDER` keeps a picture of each page.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { installPage } from '../../deploy/local/mlflowPage/installPage.ts';
import { listenPage } from '../../deploy/local/mlflowPage/listenPage.ts';
import { findOnPath } from '../../deploy/local/setup/findOnPath.mjs';
import { readConfig } from '../../platform/config.ts';
import { startTestApi } from '../support/api.ts';
import { createTestDatabase } from '../support/database.ts';
import startTestEngines from '../support/startEngines.ts';
import stopTestEngines from '../support/stopEngines.ts';
import { fillRegistry, SHOWN } from './fillRegistry.ts';

type Filled = Awaited<ReturnType<typeof fillRegistry>>;
const SHOWN_WITHIN_MS = 30_000;
/** What is shown is not always all that is asked: a page that polls is never idle. */
const LATER_MS = 2_000;
const FAULT = /Something went wrong|Page Not Found|error page|An error occurred|request error/i;
/** An MLflow without logins has none of it either. */
const NOT_THERE = ['/ajax-api/2.0/mlflow/users/current'];

/** Where each page is, and what it shows of what was logged. */
const pagesOf = ({
  experimentId,
  runIds: [first = '', second = ''],
}: Filled): Readonly<Record<string, readonly [string, ...string[]]>> => ({
  experiments: ['/experiments', SHOWN.experiment],
  runs: [`/experiments/${experimentId}/runs`, ...SHOWN.runs],
  models: [`/experiments/${experimentId}/models`, 'weights of the'],
  run: [`/experiments/${experimentId}/runs/${first}`, SHOWN.runs[0], 'ndcg', 'ml-small'],
  charts: [`/experiments/${experimentId}/runs/${first}/model-metrics`, 'loss', 'ndcg'],
  artifacts: [`/experiments/${experimentId}/runs/${first}/artifacts`, 'notes.txt'],
  comparison: [
    `/compare-runs?runs=${encodeURIComponent(JSON.stringify([first, second]))}&experiments=${encodeURIComponent(JSON.stringify([experimentId]))}`,
    ...SHOWN.runs,
  ],
  'registered models': ['/models', SHOWN.model],
  versions: [`/models/${encodeURIComponent(SHOWN.model)}`, 'Version 2', 'champion'],
  version: [`/models/${encodeURIComponent(SHOWN.model)}/versions/2`, 'champion', SHOWN.runs[1]],
});

async function lookAt(page: Page, url: string, [at, ...shown]: readonly [string, ...string[]]): Promise<string[]> {
  const wrong: string[] = [];
  const onError = (error: Error) => void wrong.push(`script: ${error.message}`);
  page.on('pageerror', onError);
  await page.goto('about:blank');
  await page.goto(`${url}/#${at}`);
  for (const text of shown) {
    const found = await page
      .getByText(text)
      .first()
      .waitFor({ timeout: SHOWN_WITHIN_MS })
      .then(
        () => true,
        () => false,
      );
    if (!found) wrong.push(`does not show "${text}"`);
  }
  await page.waitForTimeout(LATER_MS);
  const said = FAULT.exec(await page.innerText('body'));
  if (said) wrong.push(`says "${said[0]}"`);
  page.off('pageerror', onError);
  return wrong;
}

async function drive(url: string, filled: Filled, pictures: string | undefined): Promise<number> {
  const executablePath = process.env['CHROMIUM'] ?? findOnPath('chromium');
  if (!executablePath) throw new Error('there is no chromium on PATH; CHROMIUM names a browser');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1_400, height: 900 } });
    const refused: string[] = [];
    page.on('response', (answer) => {
      const { pathname } = new URL(answer.url());
      if (answer.status() >= 400 && !NOT_THERE.includes(pathname)) refused.push(`${answer.status()} ${pathname}`);
    });
    let faults = 0;
    for (const [name, what] of Object.entries(pagesOf(filled))) {
      const wrong = [...(await lookAt(page, url, what)), ...refused.splice(0)];
      if (pictures) await page.screenshot({ path: path.join(pictures, `${name.replaceAll(' ', '-')}.png`) });
      process.stdout.write(wrong.length === 0 ? `ok      ${name}\n` : `FAILED  ${name}: ${wrong.join('; ')}\n`);
      faults += wrong.length;
    }
    process.stdout.write(`${faults} faults\n`);
    return faults === 0 ? 0 : 1;
  } finally {
    await browser.close();
  }
}

const folder = await mkdtemp(path.join(tmpdir(), 'mlflow page '));
try {
  const build = await installPage(readConfig().cacheDir);
  await startTestEngines();
  const database = await createTestDatabase();
  const settings = { database: { url: database.url, poolSize: 4, external: true }, blobUrl: `file:${path.join(folder, 'blobs')}` };
  const api = await startTestApi(settings, createMlflowApi);
  const page = await listenPage({ folder: build, host: '127.0.0.1', port: 0, registryUrl: api.url });
  process.exitCode = await drive(page.url, await fillRegistry(api.url), process.argv[2]);
  await page.close();
  await api.stop();
  await database.drop();
} finally {
  await stopTestEngines();
  await rm(folder, { recursive: true, force: true });
}
