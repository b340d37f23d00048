import type { AskedDetails } from '../contracts/tmdb.ts';

/** Some seconds of work at the pace that TMDB allows. */
const DETAILS_A_STEP = 250;

/** Asks for the details of movies, step by step, until none is left or `most` were asked for. */
export async function askInSteps(most: number, step: (limit: number) => Promise<AskedDetails>): Promise<AskedDetails> {
  const total = { asked: 0, kept: 0, gone: 0, set_aside: 0 };
  while (total.asked < most) {
    const limit = Math.min(DETAILS_A_STEP, most - total.asked);
    const chunk = await step(limit);
    for (const outcome of ['asked', 'kept', 'gone', 'set_aside'] as const) total[outcome] += chunk[outcome];
    if (chunk.asked < limit) break;
  }
  return total;
}
