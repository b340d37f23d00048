import { fitsSimd, openSimd } from './simd/simd.ts';

/** A table of which some rows are summed, again and again. */
export interface SummableTable {
  /** The table as it lies there now; what it was made of is not needed any more. */
  readonly values: Float32Array;
  /** @returns a sum for each column */
  sumRows(rows: Int32Array): Float32Array;
}

/** Rows of one call: as many as fit into a place that costs nothing. */
const ROWS_AT_ONCE = 1024;

/** @param table rows of `width` numbers, row-major. What WebAssembly cannot address is summed in JavaScript, which takes seven times as long. */
export function createSummableTable(table: Float32Array, width: number): SummableTable {
  const floats = { table: table.length, sums: width };
  const ints = { rows: ROWS_AT_ONCE };
  if (!fitsSimd(floats, ints)) return { values: table, sumRows: (rows) => sumRows(table, width, rows) };
  const simd = openSimd(floats, ints);
  const { table: values, sums } = simd.floats;
  values.set(table);
  return {
    values,
    sumRows(rows) {
      sums.fill(0);
      for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
        const some = rows.subarray(from, from + ROWS_AT_ONCE);
        simd.ints.rows.set(some);
        simd.addRows(values.byteOffset, width, simd.ints.rows.byteOffset, some.length, sums.byteOffset);
      }
      return sums.slice();
    },
  };
}

/**
 * Four at a time: each sum is read and written a quarter as often, which is what such a loop waits for.
 * @param table rows of `width` numbers, row-major
 * @returns `width` sums
 */
export function sumRows(table: Float32Array, width: number, rows: ArrayLike<number>): Float32Array {
  const sums = new Float32Array(width);
  let nth = 0;
  for (; nth + 4 <= rows.length; nth += 4) {
    const [a, b, c, d] = [rows[nth]! * width, rows[nth + 1]! * width, rows[nth + 2]! * width, rows[nth + 3]! * width];
    for (let at = 0; at < width; at += 1) sums[at]! += table[a + at]! + table[b + at]! + table[c + at]! + table[d + at]!;
  }
  for (; nth < rows.length; nth += 1) {
    const from = rows[nth]! * width;
    for (let at = 0; at < width; at += 1) sums[at]! += table[from + at]!;
  }
  return sums;
}
