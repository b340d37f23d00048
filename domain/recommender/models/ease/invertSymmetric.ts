import type { Tensor2D } from '@tensorflow/tfjs-node';
import { invertMatrix, type Tensorflow } from '../../../../platform/tensorflow.ts';
import type { Pause } from '../../numeric/pause.ts';

/** Size from which on TensorFlow's own inverse is slower than products of blocks. */
const LEAF = 1024;
/** Multiplications in one operation: some 50 ms of one core, so that the process answers in between. */
const MULTIPLICATIONS = 3e9;

/**
 * Inverse of a symmetric positive definite matrix by halves (Schur complements): nearly all of it are matrix products. Uses 4/3·n³
 * multiplications, and about 3 n² numbers of memory beside the matrix.
 * @param matrix n × n; disposed
 */
export async function invertSymmetric(tf: Tensorflow, matrix: Tensor2D, pause: Pause): Promise<Tensor2D> {
  const size = matrix.shape[0];
  await pause();
  if (size <= LEAF) return replace([matrix], () => invertMatrix(tf, matrix));
  const half = size >> 1;
  const upperLeft = matrix.slice([0, 0], [half, half]);
  const right = matrix.slice([0, half], [half, size - half]);
  const lowerRight = matrix.slice([half, half], [size - half, size - half]);
  matrix.dispose();

  const inverseLeft = await invertSymmetric(tf, upperLeft, pause);
  const reached = await multiply(tf, inverseLeft, right, pause);
  const correction = await multiply(tf, right, reached, pause, true);
  const schur = replace([lowerRight, correction, right], () => lowerRight.sub<Tensor2D>(correction));
  const newLowerRight = await invertSymmetric(tf, schur, pause);
  const between = await multiply(tf, reached, newLowerRight, pause);
  const added = await multiply(tf, between, reached, pause, false, true);
  const newUpperLeft = replace([inverseLeft, added, reached], () => inverseLeft.add<Tensor2D>(added));
  const newRight = replace([between], () => between.neg<Tensor2D>());
  const above = replace([newUpperLeft], () => tf.concat2d([newUpperLeft, newRight], 1));
  const below = replace([newRight, newLowerRight], () => tf.tidy(() => tf.concat2d([newRight.transpose(), newLowerRight], 1)));
  return replace([above, below], () => tf.concat2d([above, below], 0));
}

/** a·b, with either transposed, in bands of rows. */
async function multiply(tf: Tensorflow, a: Tensor2D, b: Tensor2D, pause: Pause, ofTransposedA = false, byTransposedB = false) {
  const left = ofTransposedA ? a.transpose<Tensor2D>() : a;
  const [rows, inner] = left.shape;
  const columns = b.shape[byTransposedB ? 0 : 1];
  const band = Math.max(64, Math.floor(MULTIPLICATIONS / (inner * columns)));
  const bands: Tensor2D[] = [];
  for (let from = 0; from < rows; from += band) {
    bands.push(tf.tidy(() => tf.matMul(left.slice([from, 0], [Math.min(band, rows - from), inner]), b, false, byTransposedB)));
    await pause();
  }
  if (ofTransposedA) left.dispose();
  return bands.length === 1 ? bands[0]! : replace(bands, () => tf.concat2d(bands, 0));
}

/** Computes, then frees what it was computed from. */
function replace(from: readonly Tensor2D[], compute: () => Tensor2D): Tensor2D {
  const result = compute();
  for (const tensor of from) tensor.dispose();
  return result;
}
