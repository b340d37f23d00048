/**
 * Cosine of one row's angle to every row of a table; 0 for a row of zeros.
 * @param table rows × width
 */
export function cosineToAll(table: Float32Array, width: number, row: number): Float32Array {
  const at = (index: number) => table.subarray(index * width, (index + 1) * width);
  const dot = (a: Float32Array, b: Float32Array) => {
    let sum = 0;
    for (let d = 0; d < width; d += 1) sum += a[d]! * b[d]!;
    return sum;
  };
  const own = at(row);
  const ownLength = Math.sqrt(dot(own, own));
  return Float32Array.from({ length: table.length / width }, (_, index) => {
    const other = at(index);
    return dot(own, other) / (ownLength * Math.sqrt(dot(other, other)) || 1);
  });
}
