import type { ValidationChoice } from '../../learning/validationChoices.ts';

/** Scores of each choice's candidates. @param scorePairs scores of pairs, in their order */
export function scoreChoices(
  scorePairs: (users: Int32Array, movies: Int32Array) => Float32Array,
  choices: readonly ValidationChoice[],
): Float32Array[] {
  const users = choices.flatMap(({ user, candidates }) => new Array<number>(candidates.length).fill(user));
  const movies = choices.flatMap(({ candidates }) => [...candidates]);
  const scores = scorePairs(Int32Array.from(users), Int32Array.from(movies));
  let from = 0;
  return choices.map(({ candidates }) => scores.subarray(from, (from += candidates.length)));
}
