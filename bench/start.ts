/**
 * How long a warm `npm start` takes until the stack is ready, and until a user gets the first recommendation. The state is made by a whole main
 * job before, in a folder of its own; then the stack is started and ended a few times.
 * `npx tsx bench/start.ts [starts]`
 */
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../client/index.ts';
import { createStackSettings, startStack, waitForOutput, type TestStack } from '../test/support/stack.ts';
import { printTable, quantile } from './figures.ts';

const count = Number(process.argv[2] ?? 5);
const MAIN_JOB_MS = 900_000;
const START_MS = 120_000;

async function untilRecommended({ apiUrl }: TestStack): Promise<void> {
  const { recommendations } = createClient({ url: apiUrl });
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    const answer = await recommendations.get({ query: { k: 10, user_id: 1 } }).catch(() => undefined);
    if (answer?.recommendations.length === 10) return;
    await sleep(20);
  }
  throw new Error(`no recommendation within ${START_MS / 1000} s`);
}

async function measureStart(settings: Awaited<ReturnType<typeof createStackSettings>>): Promise<{ readyS: number; recommendedS: number }> {
  const startedAt = performance.now();
  const secondsSince = () => (performance.now() - startedAt) / 1000;
  const stack = await startStack([], settings);
  try {
    const [readyS, recommendedS] = await Promise.all([
      waitForOutput(stack, /^Ready after/m, START_MS).then(secondsSince),
      untilRecommended(stack).then(secondsSince),
    ]);
    return { readyS, recommendedS };
  } finally {
    await stack.interrupt();
  }
}

const settings = await createStackSettings();
const first = await startStack(['--once'], settings);
try {
  console.error('the main job runs, to have something to start with …');
  const code = await Promise.race([first.ended(), sleep(MAIN_JOB_MS, 'time', { ref: false })]);
  if (code !== 0) throw new Error(`the main job ended with ${code}:\n${first.output().slice(-3_000)}`);
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
  first.kill();
  await first.ended();
  await first.remove();
}
