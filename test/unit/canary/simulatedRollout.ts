import { canaryInputSchema } from '../../../contracts/canary.ts';
import type { CanaryStage } from '../../../contracts/canaryStages.ts';
import { assignVariant } from '../../../domain/abTests/assignment.ts';
import { judgeStage, type Judgement } from '../../../domain/canary/judge.ts';
import { canaryName, canarySpec } from '../../../domain/canary/spec.ts';
import type { StageSums } from '../../../domain/canary/sums.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';

/** What a version is like, beside a champion whose users click on three answers of ten, in 10 ms, without faults. */
export interface Challenger {
  /** Times the champion's. */
  readonly clicks?: number;
  readonly faultShare?: number;
  readonly slowness?: number;
  /** How much less everybody clicks from one look to the next, as where outcomes are still to come. */
  readonly fading?: number;
}

export const TERMS = canaryInputSchema.parse({
  model: 'ease',
  version: '7',
  stages: [
    { share: 0.01, min_minutes: 0, min_answers: 100 },
    { share: 0.1, min_minutes: 0, min_answers: 1_000 },
    { share: 0.5, min_minutes: 0, min_answers: 2_000 },
    { share: 1, min_minutes: 0, min_answers: 1_000 },
  ] satisfies CanaryStage[],
});

const ROUTE = { variants: [{ name: 'main', weight: 1, models: ['ease@champion'] }], shadows: [] };
const USERS = 3_000;
const ANSWERS_A_LOOK = 500;
const MOST_LOOKS = 400;

/** Everybody's points on the way of the hash are the same in each simulation, so that they are found once for each share. */
const treatedAt = new Map<number, boolean[]>();
function treated(share: number): boolean[] {
  const known = treatedAt.get(share);
  if (known) return known;
  const { variants } = canarySpec(ROUTE, { model: 'ease', version: '7', share });
  const found = Array.from({ length: USERS }, (_, user) => assignVariant(variants, String(user), 'simulated').name === canaryName(ROUTE));
  treatedAt.set(share, found);
  return found;
}

interface UserTally {
  answers: number;
  clicks: number;
  faults: number;
  ms: number;
}

/** One rollout, looked at after every 500 answers of the route until it ends. Users come back, and differ in how readily they click. */
export function simulateRollout(
  challenger: Challenger,
  seed: number,
): { end: 'promoted' | 'rolled_back'; reason: string; answers: number; stage: number } {
  const { clicks = 1, faultShare = 0, slowness = 1, fading = 0 } = challenger;
  const random = createRandom(seed);
  const readiness = Array.from({ length: USERS }, () => 0.9 * random.next() ** 2);
  const stages: StageSums[] = [];
  let answers = 0;
  let appetite = 1;
  for (const [stage, { share }] of TERMS.stages.entries()) {
    const has = treated(share);
    const tallies = Array.from({ length: USERS }, (): UserTally => ({ answers: 0, clicks: 0, faults: 0, ms: 0 }));
    for (let look = 0; ; look += 1) {
      if (look > MOST_LOOKS) throw new Error('it never ends');
      for (let nth = 0; nth < ANSWERS_A_LOOK; nth += 1) {
        const user = random.below(USERS);
        const tally = tallies[user]!;
        const isCanary = has[user]!;
        tally.answers += 1;
        tally.clicks += random.next() < readiness[user]! * appetite * (isCanary ? clicks : 1) ? 1 : 0;
        tally.ms += 10 * (0.5 + random.next()) * (isCanary ? slowness : 1);
        if (isCanary && random.next() < faultShare) tally.faults += 1;
        if (isCanary) answers += 1;
      }
      appetite *= 1 - fading;
      stages[stage] = sumsOf(share, tallies, has);
      const judged: Judgement = judgeStage(stages, TERMS, look);
      if (judged.verdict === 'roll_back') return { end: 'rolled_back', reason: judged.reason, answers, stage };
      if (judged.verdict === 'pass') break;
    }
  }
  return { end: 'promoted', reason: '', answers, stage: TERMS.stages.length };
}

function sumsOf(share: number, tallies: readonly UserTally[], has: readonly boolean[]): StageSums {
  const [champion, canary] = [armSums(), armSums()];
  tallies.forEach((tally, user) => tally.answers > 0 && (has[user] ? canary : champion).add(tally));
  const [a, b] = [champion.sums(), canary.sums()];
  return { share, outcomes: { champion: a.outcomes, canary: b.outcomes }, health: { champion: a.health, canary: b.health } };
}

function armSums() {
  const total = { users: 0, answers: 0, answer_squares: 0, clicks: 0, click_squares: 0, clicks_by_answers: 0, clicked: 0, liked: 0 };
  const time = { ms: 0, squares: 0, products: 0, faults: 0 };
  return {
    add({ answers, clicks, faults, ms }: UserTally): void {
      total.users += 1;
      total.answers += answers;
      total.answer_squares += answers ** 2;
      total.clicks += clicks;
      total.click_squares += clicks ** 2;
      total.clicks_by_answers += clicks * answers;
      total.clicked += clicks > 0 ? 1 : 0;
      total.liked += clicks > 2 ? 1 : 0;
      time.ms += ms;
      time.squares += ms ** 2;
      time.products += ms * answers;
      time.faults += faults;
    },
    sums() {
      const { users, answers, answer_squares, clicked } = total;
      const durations = {
        ...{ users, numerators: time.ms, denominators: answers, numeratorSquares: time.squares, denominatorSquares: answer_squares },
        products: time.products,
      };
      return {
        outcomes: { ...total, ranks: clicked / 2, rank_squares: clicked / 4 },
        health: { answers, faults: time.faults, durations },
      };
    },
  };
}
