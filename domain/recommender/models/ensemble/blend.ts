import type { TrainedModel } from '../../model/model.ts';
import type { Pause } from '../../numeric/pause.ts';
import { ndcgOfChoice, type ValidationChoice } from '../../learning/validationChoices.ts';

const ROUNDS = 20;
/** Of every member, so that it decides where the others have nothing to say. */
const MIN_WEIGHT = 0.01;

/** One validation choice: each member's standardised score of the movie that was chosen, then of the others; members × candidates. */
type Choice = readonly Float32Array[];

/**
 * Weights of the members, 1 in all, by which the movies of the validation rows rank best among sampled others: members are added one after
 * another, each time the one with which NDCG@10 is highest, and the best sum on the way counts (ensemble selection; Caruana et al. 2004,
 * doi:10.1145/1015330.1015432). So it begins with the best member, and what is added must be better there.
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
  const sums = choices.map(([scores]) => new Float32Array(scores!.length));
  const added = new Float32Array(choices[0]!.length);
  let alone: readonly number[] | undefined;
  let best = { ndcg: -1, times: added };
  for (let round = 1; round <= ROUNDS; round += 1) {
    const figures: number[] = [];
    for (const member of added.keys()) {
      figures.push(meanNdcg(choices, sums, member));
      await pause();
    }
    alone ??= figures;
    const member = bestOf(figures, alone);
    added[member]! += 1;
    sums.forEach((sum, nth) => choices[nth]![member]!.forEach((score, candidate) => (sum[candidate]! += score)));
    if (figures[member]! >= best.ndcg) best = { ndcg: figures[member]!, times: added.slice() };
  }
  return shares(shares(best.times).map((share) => Math.max(share, MIN_WEIGHT)));
}

/** Of equals the one that is better alone. */
const bestOf = (figures: readonly number[], alone: readonly number[]): number =>
  [...figures.keys()].reduce((best, member) => ((figures[member]! - figures[best]! || alone[member]! - alone[best]!) > 0 ? member : best));

function shares(of: Float32Array): Float32Array {
  const all = of.reduce((sum, part) => sum + part, 0);
  return of.map((part) => part / all);
}

/** NDCG@10 by the sums with a member added once more, the mean over the choices. */
const meanNdcg = (choices: readonly Choice[], sums: readonly Float32Array[], member: number): number =>
  choices.reduce((total, scores, nth) => {
    const more = scores[member]!;
    return total + ndcgOfChoice(sums[nth]!.map((sum, candidate) => sum + more[candidate]!));
  }, 0) / choices.length;

/** In standard deviations from the mean, so that scores of different kinds can be added; all 0 where they are all alike. */
export function standardise(scores: Float32Array): Float32Array {
  // Loops, which take a fifth of what a function for each score takes.
  const size = scores.length;
  let sum = 0;
  for (let at = 0; at < size; at += 1) sum += scores[at]!;
  const mean = sum / size;
  let squares = 0;
  for (let at = 0; at < size; at += 1) squares += (scores[at]! - mean) ** 2;
  const deviation = Math.sqrt(squares / size);
  const standardised = new Float32Array(size);
  if (deviation !== 0) for (let at = 0; at < size; at += 1) standardised[at] = (scores[at]! - mean) / deviation;
  return standardised;
}

/** Standardised scores for a user whom each member knows or not; one it cannot answer for says nothing. */
export function scoreByEach(members: readonly TrainedModel[], user: number | null, history?: Int32Array): Float32Array[] {
  return members.map((member) => {
    if (history && member.scoreHistory) return standardise(member.scoreHistory(history, user));
    if (user !== null || member.answersUnknownUsers) return standardise(member.scoreAll(user));
    return new Float32Array(member.movies.size);
  });
}
