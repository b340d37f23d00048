import type { RatingPrediction } from '../../model/model.ts';
import { RATING_CLASSES, ratingOfClass } from '../../data/ratings.ts';

/** Turns each row of logits (rows × rating classes) into probabilities, in place. */
export function softmaxRows(logits: Float32Array): void {
  for (let row = 0; row < logits.length; row += RATING_CLASSES) {
    let highest = -Infinity;
    for (let at = row; at < row + RATING_CLASSES; at += 1) highest = Math.max(highest, logits[at]!);
    let sum = 0;
    for (let at = row; at < row + RATING_CLASSES; at += 1) sum += logits[at] = Math.exp(logits[at]! - highest);
    for (let at = row; at < row + RATING_CLASSES; at += 1) logits[at]! /= sum;
  }
}

/**
 * Replaces the logits by the gradient, by them, of the mean cross-entropy.
 * @param classOf the right class of a row
 * @returns the mean cross-entropy
 */
export function crossEntropy(logits: Float32Array, classOf: (row: number) => number): number {
  softmaxRows(logits);
  const rows = logits.length / RATING_CLASSES;
  let loss = 0;
  for (let row = 0; row < rows; row += 1) {
    const at = row * RATING_CLASSES + classOf(row);
    // Not below the least float32, so that one hopeless row is a large loss and not an infinite one.
    loss -= Math.log(Math.max(logits[at]!, 1e-38));
    logits[at]! -= 1;
  }
  for (let at = 0; at < logits.length; at += 1) logits[at]! /= rows;
  return loss / rows;
}

/** @param probabilities rows × rating classes */
export function toRatings(probabilities: Float32Array): RatingPrediction {
  const rows = probabilities.length / RATING_CLASSES;
  const expected = new Float32Array(rows);
  const likeliest = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let best = 0;
    for (let index = 0; index < RATING_CLASSES; index += 1) {
      const probability = probabilities[row * RATING_CLASSES + index]!;
      expected[row]! += probability * ratingOfClass(index);
      if (probability > probabilities[row * RATING_CLASSES + best]!) best = index;
    }
    likeliest[row] = ratingOfClass(best);
  }
  return { expected, likeliest };
}
