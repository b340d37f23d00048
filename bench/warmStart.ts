import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../client/index.ts';
import { startStack, waitForOutput, type createStackSettings, type TestStack } from '../test/support/stack.ts';

const MAIN_JOB_MS = 900_000;
const START_MS = 120_000;

type Settings = Awaited<ReturnType<typeof createStackSettings>>;

/** Runs the whole main job, so that a stack with these settings has something to start with. @returns what removes it all */
export async function runMainJobOnce(settings: Settings): Promise<() => Promise<void>> {
  const first = await startStack(['--once'], settings);
  const remove = async () => {
    first.kill();
    await first.ended();
    await first.remove();
  };
  console.error('the main job runs, to have something to start with …');
  const code = await Promise.race([first.ended(), sleep(MAIN_JOB_MS, 'time', { ref: false })]);
  if (code === 0) return remove;
  await remove();
  throw new Error(`the main job ended with ${code}:\n${first.output().slice(-3_000)}`);
}

/** Starts the stack, and ends it when it is ready and has recommended. */
export async function measureStart(settings: Settings): Promise<{ readyS: number; recommendedS: number }> {
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
