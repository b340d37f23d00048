/** Values by the key of their row: those of key `k` are `values[starts[k]]` to before `values[starts[k + 1]]`, in the order of their rows. */
export interface Grouped {
  readonly starts: Int32Array;
  readonly values: Int32Array;
}

/** @param keys of the rows, each from 0 to before `count` */
export function groupRows(keys: Int32Array, of: Int32Array, count: number): Grouped {
  const starts = new Int32Array(count + 1);
  for (const key of keys) starts[key + 1]! += 1;
  for (let key = 0; key < count; key += 1) starts[key + 1]! += starts[key]!;
  const next = starts.slice();
  const values = new Int32Array(of.length);
  for (let row = 0; row < keys.length; row += 1) values[next[keys[row]!]!++] = of[row]!;
  return { starts, values };
}
