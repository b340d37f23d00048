import type { Tensor } from '../../numeric/safetensors.ts';
import { penaltyOf, type Weighting } from './halfStep.ts';

/**
 * Factors of somebody given what they chose and the movies' factors: the training's own last step, for one user.
 * @returns function of the rows they chose, each once
 */
export function createFoldIn({ shape, values }: Tensor, weighting: Weighting): (chosen: Int32Array) => Float64Array {
  const [others, dim] = shape as [number, number];
  const everywhere = new Float64Array(dim * dim);
  for (let row = 0; row < others; row += 1) addSquare(everywhere, values, row * dim, dim);
  for (let at = 0; at < everywhere.length; at += 1) everywhere[at]! *= weighting.unobservedWeight;
  return (chosen) => {
    const matrix = everywhere.slice();
    const right = new Float64Array(dim);
    const penalty = penaltyOf(chosen.length, others, weighting);
    for (let d = 0; d < dim; d += 1) matrix[d * (dim + 1)]! += penalty;
    for (const row of chosen) {
      addSquare(matrix, values, row * dim, dim);
      for (let d = 0; d < dim; d += 1) right[d]! += values[row * dim + d]!;
    }
    return solveInPlace(matrix, right);
  };
}

/** Adds a row times itself to the lower half. */
function addSquare(matrix: Float64Array, values: Float32Array, from: number, dim: number): void {
  for (let i = 0; i < dim; i += 1) {
    const factor = values[from + i]!;
    for (let j = 0; j <= i; j += 1) matrix[i * dim + j]! += factor * values[from + j]!;
  }
}

/** Cholesky of the lower half, then forwards and backwards; both arguments are written over. */
function solveInPlace(matrix: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k += 1) sum -= matrix[i * size + k]! * matrix[j * size + k]!;
      matrix[i * size + j] = i === j ? Math.sqrt(sum) : sum / matrix[j * size + j]!;
    }
    for (let k = 0; k < i; k += 1) right[i]! -= matrix[i * size + k]! * right[k]!;
    right[i]! /= matrix[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < size; k += 1) right[i]! -= matrix[k * size + i]! * right[k]!;
    right[i]! /= matrix[i * size + i]!;
  }
  return right;
}
