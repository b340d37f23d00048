/**
 * The check of the nine systems beside the slowest of its calls, asked alone: they go side by side, so that it should take little longer than that one. Prometheus and
 * Alertmanager are there where they are installed. The command is measured too, with the start of Node that no call has. `npm run bench:check [-- rounds]`, after `npm run build`
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { locateMonitor } from '../deploy/local/monitoring/programs.ts';
import { PROJECT_ROOT, readConfig } from '../platform/config.ts';
import { checkSystems, systemPlaces } from '../platform/systemCheck.ts';
import { createStackSettings, startStack, waitForOutput } from '../test/support/stack.ts';
import { printTable, printVerdict, quantile, ratioOf } from './figures.ts';

const [ROUNDS = 15] = process.argv.slice(2).map(Number);
const AT_MOST = 2;
const MAIN_JOB_MS = 600_000;
const run = promisify(execFile);

const here = readConfig();
const settings = await createStackSettings();
const monitors = { PROMETHEUS_PROGRAM: locateMonitor(here, 'prometheus'), ALERTMANAGER_PROGRAM: locateMonitor(here, 'alertmanager') };
const given = Object.fromEntries(Object.entries(monitors).filter((entry): entry is [string, string] => entry[1] !== undefined));
const env = { ...settings.env, ...given };
const stack = await startStack(['--models', 'popularity'], { ...settings, env });

async function timed(body: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await body();
  return performance.now() - startedAt;
}

/** As the check asks it. */
const askAlone = (asked: string) =>
  asked.startsWith('http')
    ? fetch(asked.split(' ')[0]!).then((answer) => answer.text())
    : run('git', ['status', '--porcelain'], { cwd: PROJECT_ROOT });

try {
  await waitForOutput(stack, 'Try:', MAIN_JOB_MS);
  const places = systemPlaces(readConfig(env));
  const asked = (await checkSystems(places)).filter(({ state, part }) => state === 'ok' && part !== 'ci');
  const rounds: { check: number; slowest: string; alone: number; command: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const check = await timed(() => checkSystems(places));
    const calls = [];
    for (const each of asked) calls.push({ part: each.part, ms: await timed(() => askAlone(each.asked)) });
    const slowest = calls.reduce((most, call) => (call.ms > most.ms ? call : most));
    const command = await timed(() =>
      run(process.execPath, [path.join('cli', 'mlops.mjs'), 'check'], { cwd: PROJECT_ROOT, env: { ...process.env, ...env } }),
    );
    rounds.push({ check, slowest: slowest.part, alone: slowest.ms, command });
  }
  const row = (name: string, ms: number[]) => [name, ...[0, 0.5, 1].map((share) => quantile(ms, share).toFixed(0))];
  printTable(
    ['milliseconds', 'least', 'median', 'most'],
    [
      row(
        'the check',
        rounds.map(({ check }) => check),
      ),
      row(
        `its slowest call alone (${[...new Set(rounds.map(({ slowest }) => slowest))].join(', ')})`,
        rounds.map(({ alone }) => alone),
      ),
      row(
        '`mlops check`, with the start of Node',
        rounds.map(({ command }) => command),
      ),
    ],
  );
  const ratio = ratioOf(rounds.map(({ check, alone }) => check / alone));
  printVerdict(ratio.median <= AT_MOST, `the check takes at most ${AT_MOST} times its slowest call`, ratio.text);
} finally {
  await stack.interrupt();
  await stack.remove();
}
