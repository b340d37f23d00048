/**
 * A warm `npm start` with Prometheus and Alertmanager, beside one without, on the same state. Starts alternate, so that noise falls on both.
 * `npm run bench:monitoring [-- starts]`, after `npm run monitoring:install`
 */
import { locateMonitor } from '../deploy/local/monitoring/programs.ts';
import { readConfig } from '../platform/config.ts';
import { createStackSettings } from '../test/support/stack.ts';
import { printTable, printVerdict, quantile, ratioOf } from './figures.ts';
import { measureStart, runMainJobOnce } from './warmStart.ts';

const [STARTS = 5] = process.argv.slice(2).map(Number);
const AT_MOST = 1.2;

const config = readConfig();
const programs = { PROMETHEUS_PROGRAM: locateMonitor(config, 'prometheus'), ALERTMANAGER_PROGRAM: locateMonitor(config, 'alertmanager') };
const { PROMETHEUS_PROGRAM, ALERTMANAGER_PROGRAM } = programs;
if (PROMETHEUS_PROGRAM === undefined || ALERTMANAGER_PROGRAM === undefined) throw new Error('run `npm run monitoring:install` first');

const without = await createStackSettings();
const watched = { ...without, env: { ...without.env, PROMETHEUS_PROGRAM, ALERTMANAGER_PROGRAM } };
const remove = await runMainJobOnce(without);
try {
  const rounds: { with: number; without: number }[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    console.error(`round ${round + 1} of ${STARTS} …`);
    const plain = (await measureStart(without)).readyS;
    rounds.push({ with: (await measureStart(watched)).readyS, without: plain });
  }
  const row = (name: string, seconds: number[]) => [name, ...[0, 0.5, 1].map((share) => quantile(seconds, share).toFixed(1))];
  printTable(
    ['seconds from `npm start` to ready', 'least', 'median', 'most'],
    [
      row(
        'without monitoring',
        rounds.map((round) => round.without),
      ),
      row(
        'with Prometheus and Alertmanager',
        rounds.map((round) => round.with),
      ),
    ],
  );
  const ratio = ratioOf(rounds.map((round) => round.with / round.without));
  printVerdict(ratio.median <= AT_MOST, `with monitoring at most ${AT_MOST} times as long`, ratio.text);
} finally {
  await remove();
}
