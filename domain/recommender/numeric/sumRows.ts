/**
 * Sums some rows of a table. Four at a time: each sum is read and written a quarter as often, which is what such a loop waits for.
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
