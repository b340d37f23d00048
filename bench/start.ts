/**
 * How long a warm `npm start` takes until the stack is ready, and until a user gets the first recommendation. The state is made by a whole main
 * job before, in a folder of its own; then the stack is started and ended a few times.
 * `npx tsx bench/start.ts [starts]`
 */
import { cpus } from 'node:os';
import { createStackSettings } from '../test/support/stack.ts';
import { printTable, quantile } from './figures.ts';
import { measureStart, runMainJobOnce } from './warmStart.ts';

const count = Number(process.argv[2] ?? 5);

const settings = await createStackSettings();
const remove = await runMainJobOnce(settings);
try {
  const starts = [];
  console.error('starting it again …');
  for (let start = 0; start < count; start += 1) starts.push(await measureStart(settings));
  const row = (name: string, seconds: number[]) => [name, ...[0, 0.5, 1].map((share) => quantile(seconds, share).toFixed(1))];
  console.log(`Warm start, ${cpus().length} cores, Node ${process.version}; ${count} starts\n`);
  printTable(
    ['seconds from `npm start`', 'least', 'median', 'most'],
    [
      row(
        'every engine and process is ready',
        starts.map(({ readyS }) => readyS),
      ),
      row(
        'first recommendation',
        starts.map(({ recommendedS }) => recommendedS),
      ),
    ],
  );
} finally {
  await remove();
}
