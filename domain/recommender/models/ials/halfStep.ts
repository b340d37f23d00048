import type { Groups } from '../../data/interactions.ts';
import type { Tensor } from '../../numeric/safetensors.ts';
import type { Batch } from '../../learning/trainingLoop.ts';

/** What the rows of one side chose on the other. */
export type Choices = Groups;

export interface Weighting {
  readonly l2: number;
  readonly unobservedWeight: number;
}

/**
 * Takes every row of one side to where the loss is least given the other side, or towards it.
 * @param side rows × dim, written
 * @param other others × dim
 * @param otherPenalty the other side's share of the loss's penalty
 */
export type HalfStep = (choices: Choices, side: Tensor, other: Tensor, otherPenalty: number) => Iterable<Batch>;

/** λ of a row, larger where it has more data (Rendle et al. 2021, arXiv:2110.14037, eq. 6 with ν = 1). */
export const penaltyOf = (count: number, others: number, { l2, unobservedWeight }: Weighting): number =>
  l2 * (count + unobservedWeight * others);

/**
 * A batch of rows that solve, or nearly, A x = b each.
 * @param samples what the rows chose
 * @param objective Σ xᵀ A x − 2 bᵀ x over the rows
 */
export const batchOf = (samples: number, objective: number, penaltyEach: number): Batch => ({
  samples,
  loss: samples === 0 ? 0 : (samples + objective) / samples + penaltyEach,
});
