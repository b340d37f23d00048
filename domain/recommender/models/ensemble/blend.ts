import type { TrainedModel } from '../../model.ts';
import type { Pause } from '../../pause.ts';
import type { ValidationChoice } from '../../validationChoices.ts';

const STEPS = 200;
const SMALLEST_STEP = 1e-6;

/** One validation choice: each member's standardised score of the movie that was chosen, then of the others; members × candidates. */
type Choice = readonly Float32Array[];

/**
 * Weights of the members, none below 0 and 1 in all, under which the movies of the validation rows are the likeliest choices among sampled
 * others: a conditional logit (McFadden 1974), whose likelihood has a single top.
 * @param asked at least one
 * @param scoresOf each member's standardised scores for a user of the vocabulary
 */
export async function fitBlend(
  asked: readonly ValidationChoice[],
  scoresOf: (user: number) => Float32Array[],
  pause: Pause,
): Promise<Float32Array> {
  const choices: Choice[] = [];
  for (const { user, candidates } of asked) {
    choices.push(scoresOf(user).map((scores) => Float32Array.from(candidates, (movie) => scores[movie]!)));
    await pause();
  }
  const members = choices[0]!.length;
  let weights = new Float64Array(members).fill(1);
  let at = likelihood(choices, weights);
  for (let step = 1, taken = 0; taken < STEPS && step > SMALLEST_STEP; taken += 1) {
    const next = weights.map((weight, member) => Math.max(0, weight + step * at.gradient[member]!));
    const there = likelihood(choices, next);
    if (there.value > at.value) [weights, at, step] = [next, there, step * 2];
    else step /= 4;
    await pause();
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Float32Array.from(weights, (weight) => (sum > 0 ? weight / sum : 1 / members));
}

/** Mean log likelihood of the choices, and its gradient by the weights. */
function likelihood(choices: readonly Choice[], weights: Float64Array): { value: number; gradient: Float64Array } {
  const gradient = new Float64Array(weights.length);
  const shares = new Float64Array(Math.max(...choices.map(([scores]) => scores!.length)));
  let value = 0;
  for (const scores of choices) {
    const candidates = scores[0]!.length;
    shares.fill(0);
    for (const [member, of] of scores.entries()) {
      for (let candidate = 0; candidate < candidates; candidate += 1) shares[candidate]! += weights[member]! * of[candidate]!;
    }
    const [chosen, most] = [shares[0]!, shares.subarray(0, candidates).reduce((highest, utility) => Math.max(highest, utility))];
    let total = 0;
    for (let candidate = 0; candidate < candidates; candidate += 1) total += shares[candidate] = Math.exp(shares[candidate]! - most);
    value += (chosen - most - Math.log(total)) / choices.length;
    for (const [member, of] of scores.entries()) {
      let expected = 0;
      for (let candidate = 0; candidate < candidates; candidate += 1) expected += shares[candidate]! * of[candidate]!;
      gradient[member]! += (of[0]! - expected / total) / choices.length;
    }
  }
  return { value, gradient };
}

/** In standard deviations from the mean, so that scores of different kinds can be added; all 0 where they are all alike. */
export function standardise(scores: Float32Array): Float32Array {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const deviation = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length);
  return scores.map((score) => (deviation === 0 ? 0 : (score - mean) / deviation));
}

/** Standardised scores for a user whom each member knows or not; one it cannot answer for says nothing. */
export function scoreByEach(members: readonly TrainedModel[], user: number | null, history?: Int32Array): Float32Array[] {
  return members.map((member) => {
    if (history && member.scoreHistory) return standardise(member.scoreHistory(history, user));
    if (user !== null || member.answersUnknownUsers) return standardise(member.scoreAll(user));
    return new Float32Array(member.movies.size);
  });
}
