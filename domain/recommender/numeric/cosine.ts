/**
 * Cosine of one row's angle to every row of a table; 0 for a row of zeros.
 * @param table rows × width
 */
export function cosineToAll(table: Float32Array, width: number, row: number): Float32Array {
  const own = table.slice(row * width, (row + 1) * width);
  const ownLength = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
  const cosines = new Float32Array(table.length / width);
  // Indexes into the one table: a view of each row would take longer than the sums.
  for (let index = 0, start = 0; index < cosines.length; index += 1, start += width) {
    let product = 0;
    let squares = 0;
    for (let d = 0; d < width; d += 1) {
      const value = table[start + d]!;
      product += own[d]! * value;
      squares += value * value;
    }
    cosines[index] = product / (ownLength * Math.sqrt(squares) || 1);
  }
  return cosines;
}

/**
 * The same to some rows.
 * @param rows as many cosines as these
 */
export function cosinesTo(table: Float32Array, width: number, row: number, rows: ArrayLike<number>): Float32Array {
  const own = table.subarray(row * width, (row + 1) * width);
  const ownLength = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(rows, (other) => {
    let product = 0;
    let squares = 0;
    for (let d = 0, at = other * width; d < width; d += 1, at += 1) {
      const value = table[at]!;
      product += own[d]! * value;
      squares += value * value;
    }
    return product / (ownLength * Math.sqrt(squares) || 1);
  });
}
