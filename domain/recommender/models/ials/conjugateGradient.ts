import { transposedTimes, valuesOf, type Tensorflow } from '../../../../platform/tensorflow.ts';
import { asMatrix } from '../../learning/dense.ts';
import type { Tensor } from '../../numeric/safetensors.ts';
import { openSimd, simdWidth } from '../../numeric/simd/simd.ts';
import { batchOf, penaltyOf, type Choices, type HalfStep, type Weighting } from './halfStep.ts';

/** As many as `implicit` takes. */
const STEPS = 3;
/** Choices and rows between two looks at the event loop, some 20 ms at 64 factors; one row may have more choices. */
const CHOICES_AT_ONCE = 131_072;
const ROWS_AT_ONCE = 8_192;

/**
 * Takes every row three steps of conjugate gradient towards the solution, from what it was: each lowers the loss, and the next pass goes on (Takács et
 * al. 2011, doi:10.1145/2043932.2043987).
 * @param sides what the rows of either side chose, `choices` of half steps
 */
export function createConjugateGradient(tf: Tensorflow, dim: number, weighting: Weighting, sides: readonly Choices[]): HalfStep {
  const width = simdWidth(dim);
  const counts = sides.map(({ starts }) => starts.length - 1);
  const simd = openSimd(
    {
      table: Math.max(...counts) * width,
      gram: width * width,
      scratch: 4 * width,
      rows: ROWS_AT_ONCE * width,
      penalties: ROWS_AT_ONCE,
    },
    { starts: ROWS_AT_ONCE + 1, columns: Math.max(CHOICES_AT_ONCE, ...sides.map(longestOf)) },
  );
  const { table, gram, rows, penalties, scratch } = simd.floats;
  return function* ({ starts, values: columns }, side, other, otherPenalty) {
    const [others] = other.shape as [number];
    widen(other.values, dim, table, width);
    widen(gramOf(tf, other, weighting.unobservedWeight), dim, gram, width);
    const rowCount = starts.length - 1;
    for (let from = 0, to = 0; from < rowCount; from = to) {
      const first = starts[from]!;
      do to += 1;
      while (to < rowCount && to - from < ROWS_AT_ONCE && starts[to + 1]! - first <= CHOICES_AT_ONCE);
      simd.ints.columns.set(columns.subarray(first, starts[to]));
      for (let row = from; row <= to; row += 1) simd.ints.starts[row - from] = starts[row]! - first;
      for (let row = from; row < to; row += 1) penalties[row - from] = penaltyOf(starts[row + 1]! - starts[row]!, others, weighting);
      widen(side.values.subarray(from * dim, to * dim), dim, rows, width);
      const objective = simd.stepTowardsSolutions(
        rows.byteOffset,
        to - from,
        simd.ints.starts.byteOffset,
        simd.ints.columns.byteOffset,
        penalties.byteOffset,
        table.byteOffset,
        gram.byteOffset,
        scratch.byteOffset,
        width,
        STEPS,
      );
      for (let row = from; row < to; row += 1) side.values.set(rows.subarray((row - from) * width, (row - from) * width + dim), row * dim);
      yield batchOf(starts[to]! - first, objective, otherPenalty / columns.length);
    }
  };
}

const longestOf = ({ starts }: Choices) => starts.reduce((longest, end, at) => Math.max(longest, at ? end - starts[at - 1]! : 0), 0);

/** α₀ YᵀY */
const gramOf = (tf: Tensorflow, table: Tensor, unobservedWeight: number): Float32Array =>
  valuesOf(tf, () => {
    const matrix = asMatrix(tf, table);
    return transposedTimes(tf, matrix, matrix).mul(unobservedWeight).dataSync<'float32'>();
  });

/** Copies rows of `dim` to the beginnings of rows of `width`. */
function widen(values: Float32Array, dim: number, to: Float32Array, width: number): void {
  if (dim === width) return to.set(values);
  for (let row = 0; row * dim < values.length; row += 1) to.set(values.subarray(row * dim, (row + 1) * dim), row * width);
}
