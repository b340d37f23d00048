import { solveSystems, valuesOf, type Tensorflow } from '../../../../platform/tensorflow.ts';
import { asMatrix } from '../../learning/dense.ts';
import { batchOf, penaltyOf, type HalfStep, type Weighting } from './halfStep.ts';

/** Entries that are gathered at once, padding included; 8 MB at 64 factors. */
const ENTRIES_AT_ONCE = 32_768;
/** Of the systems that are solved at once, each dim × dim: rows that chose little would otherwise come by the ten thousand. */
const SYSTEM_BYTES_AT_ONCE = 32 * 2 ** 20;

type Systems = Parameters<typeof solveSystems>[1];

/** Solves every row exactly by TensorFlow: rows of like length together, padded to the longest with a row of zeros. */
export const createCholesky = (tf: Tensorflow, weighting: Weighting): HalfStep =>
  function* ({ starts, values: columns }, side, other, otherPenalty) {
    const [others, dim] = other.shape as [number, number];
    const count = (row: number) => starts[row + 1]! - starts[row]!;
    const order = Int32Array.from({ length: side.shape[0]! }, (_, row) => row).sort((a, b) => count(b) - count(a) || a - b);
    const { factors, everywhere } = tf.tidy(() => {
      const table = asMatrix(tf, other);
      return {
        factors: tf.keep(tf.concat2d([table, tf.zeros([1, dim])], 0)),
        everywhere: tf.keep(tf.matMul(table, table, true).mul(weighting.unobservedWeight)),
      };
    });
    try {
      for (let from = 0; from < order.length;) {
        const longest = Math.max(1, count(order[from]!));
        const most = Math.min(ENTRIES_AT_ONCE / longest, SYSTEM_BYTES_AT_ONCE / (4 * dim * dim));
        const rows = order.subarray(from, from + Math.max(1, Math.floor(most)));
        from += rows.length;
        const chosen = new Int32Array(rows.length * longest).fill(others);
        rows.forEach((row, nth) => chosen.set(columns.subarray(starts[row], starts[row + 1]), nth * longest));
        const penalties = Float32Array.from(rows, (row) => penaltyOf(count(row), others, weighting));
        const { solved, right } = valuesOf(tf, () => {
          const gathered = tf.gather(factors, tf.tensor1d(chosen, 'int32')).reshape([rows.length, longest, dim]);
          const diagonal = tf.eye(dim).mul(tf.tensor3d(penalties, [rows.length, 1, 1]));
          const systems = tf.matMul(gathered, gathered, true).add(everywhere).add<Systems>(diagonal);
          const sums = gathered.sum(1).reshape([rows.length, dim, 1]);
          return { solved: solveSystems(tf, systems, sums as Systems).dataSync<'float32'>(), right: sums.dataSync<'float32'>() };
        });
        rows.forEach((row, nth) => side.values.set(solved.subarray(nth * dim, (nth + 1) * dim), row * dim));
        const samples = rows.reduce((sum, row) => sum + count(row), 0);
        // Where A x is b, the objective is −bᵀ x.
        yield batchOf(samples, -dot(solved, right), otherPenalty / columns.length);
      }
    } finally {
      tf.dispose([factors, everywhere]);
    }
  };

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += a[at]! * b[at]!;
  return sum;
}
