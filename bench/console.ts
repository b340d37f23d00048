/**
 * The console beside Temporal's Web UI over the same runs, and its lists beside MLflow's search over as many: every page from a cold cache, interactions on
 * pages that stand, in turns on one machine. `npm run bench:console [-- --quick]`, after `npm run build`; a Chromium is on PATH, or named by CHROMIUM
 */
import { cpus } from 'node:os';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ENDPOINTS } from '../contracts/endpoints/index.ts';
import { findOnPath } from '../deploy/local/setup/findOnPath.mjs';
import { measureInteraction, measureVisit, type Interaction } from './consoleBrowser.ts';
import { startConsoleStack, type ConsoleStack } from './consoleStack.ts';
import { printTable, printVerdict, quantile } from './figures.ts';
import { call, numbered } from './registryFill.ts';
import { ask, type Question } from './registryLoad.ts';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 3 : 9;
const RUNS = quick ? 1_000 : 10_000;
const METRICS = quick ? 50 : 200;
const SIZES = {
  registry: { runs: RUNS, metrics: 1, versions: 1, compared: 1, metricsOfRun: METRICS },
  ledger: RUNS,
  events: quick ? 10_000 : 100_000,
  startSeconds: quick ? 30 : 150,
};
const AIMS = { paint: 2, lists: 5 };
const COMPARED = 50;
const COLUMNS = 50;
const CHROMIUM = process.env['CHROMIUM'] ?? findOnPath('chromium');
if (CHROMIUM === undefined) throw new Error('there is no chromium on PATH; CHROMIUM names one that is elsewhere');

const median = (values: readonly number[]) => quantile(values, 0.5);
const ms = (value: number) => value.toFixed(0);
const times = (ratio: number) => `${ratio.toFixed(1)}×`;

/** A row of what is looked for on Temporal's page of workflows. */
const THEIR_ROW = 'table tbody tr a[href*="/workflows/"]';
const OUR_ROW = 'table tbody tr';
const MESSAGE_ROW = 'tbody td.mono.cut';
const SHEET_ROW = '.sheet-row .number';

async function measureVisits(browser: Browser, { ours, temporalUi }: ConsoleStack): Promise<void> {
  const pages: Readonly<Record<string, readonly [string, string]>> = {
    "Temporal's workflows": [`${temporalUi}/namespaces/default/workflows`, THEIR_ROW],
    Overview: [`${ours.url}/console`, '.station-number'],
    Pipelines: [`${ours.url}/console/pipelines`, OUR_ROW],
    Models: [`${ours.url}/console/models`, OUR_ROW],
    Events: [`${ours.url}/console/events?topic=user-events`, MESSAGE_ROW],
    'Runs of experiments': [`${ours.url}/console/models/experiments/runs`, SHEET_ROW],
  };
  const taken = Object.keys(pages).map((name) => ({ name, visits: [] as Awaited<ReturnType<typeof measureVisit>>[] }));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { name, visits } of taken) visits.push(await measureVisit(browser, ...pages[name]!));
  const figures = taken.map(({ name, visits }) => ({
    name,
    painted: median(visits.map(({ painted }) => painted)),
    shown: median(visits.map(({ shown }) => shown)),
  }));
  const [theirs, ...own] = figures as [(typeof figures)[number], ...typeof figures];
  const ratios = own.map(({ painted }) => theirs.painted / painted);
  printTable(
    ['from a cold cache, median ms', 'first paint', 'until the rows are there', 'times sooner painted', 'times sooner there'],
    figures.map(({ name, painted, shown }) => [name, ms(painted), ms(shown), times(theirs.painted / painted), times(theirs.shown / shown)]),
  );
  printVerdict(
    Math.min(...ratios) >= AIMS.paint,
    "the first contentful paint of each page takes at most half of that of Temporal's Web UI",
    `${times(Math.min(...ratios))} sooner at the least, ${times(Math.max(...ratios))} at the most`,
  );
}

const firstRuns = async ({ ours }: ConsoleStack, most: number) =>
  ((await ask(ours.url, { path: `${ENDPOINTS.experiments.runs.path}?limit=${most}` })) as { runs: { run_id: string }[] }).runs.map(
    ({ run_id: id }) => id,
  );

async function passScreenful(page: Page): Promise<void> {
  await page.locator('.sheet').hover();
  await page.mouse.wheel(0, 2_000);
}

async function interactionsOf(stack: ConsoleStack): Promise<readonly Interaction[]> {
  const { ours, temporalUi } = stack;
  const runsAt = `${ours.url}/console/models/experiments/runs`;
  const chosen = (await firstRuns(stack, COMPARED)).join();
  const columns = numbered(COLUMNS, (nth) => `metrics.metric ${nth + 1}`).join();
  const changed = (css: string) => `(document.querySelector('${css}') ?? { textContent: before }).textContent !== before`;
  const button = (page: Page, name: RegExp) => page.getByRole('button', { name }).first();
  const firstName = '.sheet-row .sheet-name a';
  return [
    {
      name: "Temporal's page of runs is turned",
      at: `${temporalUi}/namespaces/default/workflows`,
      ready: THEIR_ROW,
      act: (page) => button(page, /^next/i).click(),
      come: changed(THEIR_ROW),
    },
    {
      name: 'a page of runs is turned',
      at: `${ours.url}/console/pipelines`,
      ready: `${OUR_ROW} a`,
      act: (page) => button(page, /^Older$/).click(),
      come: changed(`${OUR_ROW} a`),
    },
    {
      name: `${RUNS} runs are sorted by a metric`,
      at: runsAt,
      ready: firstName,
      act: (page) => page.locator('.sheet-sort', { hasText: 'metric 10' }).first().click(),
      come: changed(firstName),
    },
    {
      name: 'they are filtered by a metric',
      at: runsAt,
      ready: firstName,
      act: async (page) => {
        const input = page.locator('form input[type=search]');
        await input.fill('metrics.`metric 1` < 0.2');
        await input.press('Enter');
      },
      come: changed('.card-head h2'),
    },
    {
      name: 'a screenful of them goes by',
      at: runsAt,
      ready: firstName,
      act: passScreenful,
      come: changed(firstName),
    },
    {
      name: `so with ${COLUMNS} columns`,
      at: `${runsAt}?columns=${encodeURIComponent(columns)}`,
      ready: firstName,
      act: passScreenful,
      come: changed(firstName),
    },
    {
      name: 'a run is marked',
      at: runsAt,
      ready: '.card-head .actions',
      act: (page) => page.locator('.sheet-row input').nth(3).click(),
      come: `document.querySelector('.sheet-row.chosen')`,
    },
    {
      name: `${COMPARED} runs are compared`,
      at: `${runsAt}?chosen=${chosen}`,
      ready: 'a.button.primary',
      act: (page) => page.locator('a.button.primary').click(),
      come: `document.querySelector('svg.parallel') && document.querySelector('.sheet-row')`,
    },
    {
      name: `the events of a user are found among ${SIZES.events}`,
      at: `${ours.url}/console/events?topic=user-events`,
      ready: MESSAGE_ROW,
      act: async (page) => {
        const form = page.locator('form.filters');
        await form.locator('select').selectOption('user');
        await form.locator('input').first().fill('viewer 7');
        await form.locator('button[type=submit]').click();
      },
      come: `${changed(MESSAGE_ROW)} && document.querySelector('${MESSAGE_ROW}')?.textContent === 'viewer 7'`,
    },
    {
      name: 'another section is opened',
      at: `${ours.url}/console/pipelines`,
      ready: 'h1',
      act: (page) => page.locator('nav a[href="/console/models"]').click(),
      come: `${changed('h1')} && document.querySelector('${OUR_ROW}')`,
    },
  ];
}

async function measureInteractions(browser: Browser, stack: ConsoleStack): Promise<void> {
  const interactions = await interactionsOf(stack);
  const taken = interactions.map(() => [] as Awaited<ReturnType<typeof measureInteraction>>[]);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [nth, interaction] of interactions.entries()) taken[nth]!.push(await measureInteraction(browser, interaction));
  const figures = interactions.map(({ name }, nth) => ({
    name,
    nextPaint: median(taken[nth]!.map(({ nextPaint }) => nextPaint)),
    shown: median(taken[nth]!.map(({ shown }) => shown)),
  }));
  const [theirs, ...own] = figures as [(typeof figures)[number], ...typeof figures];
  printTable(
    ['on a page that stands, median ms', 'next paint', 'until it is there'],
    figures.map(({ name, nextPaint, shown }) => [name, ms(nextPaint), ms(shown)]),
  );
  const longest = (of: 'nextPaint' | 'shown') => own.reduce((most, one) => (one[of] > most[of] ? one : most));
  const [painted, there] = [longest('nextPaint'), longest('shown')];
  printVerdict(
    painted.nextPaint <= theirs.shown,
    "no interaction's next paint takes longer than Temporal's page takes to turn a page of runs",
    `${ms(painted.nextPaint)} ms at most, of “${painted.name}”; theirs ${ms(theirs.shown)} ms`,
  );
  printVerdict(there.shown <= theirs.shown, 'nor until what it leads to is there', `${ms(there.shown)} ms at most, of “${there.name}”`);
}

/** Our lists by how many rows they give, with MLflow's search for as many. */
function listsOf({ mlflow, ours }: ConsoleStack): readonly { name: string; ours: Question; theirs: Question }[] {
  const search = (most: number, more: object = {}) =>
    call('runs/search', { experiment_ids: [String(mlflow.experiments.searched)], max_results: most, ...more });
  const table = (query: Readonly<Record<string, string>>) => ({
    path: `${ENDPOINTS.experiments.runs.path}?${new URLSearchParams({ experiment: String(ours.experiments.searched), ...query }).toString()}`,
  });
  const columns = numbered(COLUMNS, (nth) => `metrics.metric ${nth + 1}`).join();
  const order = { order_by: ['metrics.`metric 2` DESC'] };
  const sort = { sort: 'metrics.`metric 2` DESC' };
  const filter = "metrics.`metric 1` > 0.2 and params.`param 1` != '3'";
  const many = Math.min(1_000, RUNS);
  return [
    { name: '100 runs of experiments', ours: table({ limit: '100' }), theirs: search(100) },
    { name: `${many} of them`, ours: table({ limit: String(many) }), theirs: search(many) },
    { name: `${many} with ${COLUMNS} columns`, ours: table({ limit: String(many), columns }), theirs: search(many) },
    { name: '100 by a metric', ours: table({ limit: '100', ...sort }), theirs: search(100, order) },
    { name: '100 by a metric, filtered', ours: table({ limit: '100', filter, ...sort }), theirs: search(100, { ...order, filter }) },
    { name: '50 runs of workflows', ours: { path: `${ENDPOINTS.runs.list.path}?limit=50` }, theirs: search(50) },
    { name: '101 models', ours: { path: ENDPOINTS.models.list.path }, theirs: search(101) },
  ];
}

async function timed(body: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await body();
  return performance.now() - startedAt;
}

async function measureLists(stack: ConsoleStack): Promise<void> {
  const rows = [];
  for (const { name, ours, theirs } of listsOf(stack)) {
    const taken = { ours: [] as number[], theirs: [] as number[] };
    for (let round = 0; round < ROUNDS + 1; round += 1) {
      taken.theirs.push(await timed(() => ask(stack.mlflow.url, theirs)));
      taken.ours.push(await timed(() => ask(stack.ours.url, ours)));
    }
    // The first is of a server that has not answered that before.
    const [own, other] = [median(taken.ours.slice(1)), median(taken.theirs.slice(1))];
    rows.push({ name, own, other, ratio: other / own });
  }
  printTable(
    [`of ${RUNS} runs with ${METRICS} metrics each, median ms`, 'ours', "MLflow's search", 'times faster'],
    rows.map(({ name, own, other, ratio }) => [name, own.toFixed(1), other.toFixed(1), times(ratio)]),
  );
  const least = rows.reduce((worst, row) => (row.ratio < worst.ratio ? row : worst));
  printVerdict(
    least.ratio >= AIMS.lists,
    `every list at least ${AIMS.lists} times as fast as MLflow's search over as many runs`,
    `${times(least.ratio)} at the least, of “${least.name}”`,
  );
}

const ends: (() => Promise<unknown>)[] = [];
let ending: Promise<void> | undefined;
const end = () => (ending ??= endAll());
async function endAll() {
  for (const one of ends.toReversed()) await one();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().then(() => process.exit(1)));
try {
  const stack = await startConsoleStack(SIZES, (one) => void ends.push(one));
  console.log(
    `${cpus().length} cores, Node ${process.version}; ${RUNS} runs of experiments with ${METRICS} metrics each, ${RUNS} in the ledger, ${stack.workflows} in Temporal, ` +
      `${SIZES.events} events; ${ROUNDS} rounds in turns\n`,
  );
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  ends.push(() => browser.close());
  await measureLists(stack);
  await measureVisits(browser, stack);
  await measureInteractions(browser, stack);
} finally {
  await end();
}
