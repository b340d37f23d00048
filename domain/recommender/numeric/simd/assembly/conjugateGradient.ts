import { addFour, addTimes, BYTES, dot, dotFour } from './vectors';

/**
 * Takes rows towards the x that solve (G + Σ y yᵀ + λ I) x = Σ y, where the sums go over the vectors y that the row chose: some steps of conjugate
 * gradient from what the rows are. Each vector and each row of a matrix is `width` long, a multiple of 4.
 * @param rows rows × width, read and written
 * @param starts int32 for each row and one more: of row `r` are `columns[starts[r]]` to before `columns[starts[r + 1]]`
 * @param columns int32: rows of `table`
 * @param penalties float32 for each row: λ
 * @param table vectors × width: the y
 * @param gram width × width: G, symmetric
 * @param scratch 4 vectors
 * @returns Σ over rows of xᵀ A x − 2 bᵀ x, what the solution makes least
 */
export function stepTowardsSolutions(
  rows: usize,
  rowCount: i32,
  starts: usize,
  columns: usize,
  penalties: usize,
  table: usize,
  gram: usize,
  scratch: usize,
  width: usize,
  steps: i32,
): f64 {
  const stride = width * BYTES;
  const residual = scratch;
  const direction = scratch + stride;
  const product = scratch + 2 * stride;
  const right = scratch + 3 * stride;
  let objective: f64 = 0;
  for (let row = 0; row < rowCount; row++) {
    const x = rows + <usize>row * stride;
    const penalty = load<f32>(penalties + ((<usize>row) << 2));
    const from = columns + ((<usize>load<u32>(starts + ((<usize>row) << 2))) << 2);
    const to = columns + ((<usize>load<u32>(starts + ((<usize>row) << 2) + 4)) << 2);

    sumChosen(right, from, to, table, stride);
    multiply(product, x, penalty, from, to, table, gram, stride);
    for (let at: usize = 0; at < stride; at += 16) {
      const left = f32x4.sub(v128.load(right + at), v128.load(product + at));
      v128.store(residual + at, left);
      v128.store(direction + at, left);
    }
    let square = dot(residual, residual, stride);
    for (let step = 0; step < steps && square > 1e-20; step++) {
      multiply(product, direction, penalty, from, to, table, gram, stride);
      const length = square / dot(direction, product, stride);
      addTimes(x, direction, length, stride);
      addTimes(residual, product, -length, stride);
      const next = dot(residual, residual, stride);
      const share = f32x4.splat(next / square);
      square = next;
      for (let at: usize = 0; at < stride; at += 16)
        v128.store(direction + at, f32x4.add(v128.load(residual + at), f32x4.mul(share, v128.load(direction + at))));
    }
    // A x is b less what is left of it.
    objective -= <f64>(dot(right, x, stride) + dot(residual, x, stride));
  }
  return objective;
}

/** to = Σ y */
function sumChosen(to: usize, from: usize, end: usize, table: usize, stride: usize): void {
  memory.fill(to, 0, stride);
  for (let at = from; at < end; at += 4) {
    const y = table + <usize>load<u32>(at) * stride;
    for (let d: usize = 0; d < stride; d += 16) v128.store(to + d, f32x4.add(v128.load(to + d), v128.load(y + d)));
  }
}

/** to = (G + Σ y yᵀ + λ I) vector */
function multiply(to: usize, vector: usize, penalty: f32, from: usize, end: usize, table: usize, gram: usize, stride: usize): void {
  const penalties = f32x4.splat(penalty);
  for (let d: usize = 0; d < stride; d += 16) v128.store(to + d, f32x4.mul(penalties, v128.load(vector + d)));
  for (let at: usize = 0; at < stride; at += 16) {
    const row = gram + (at >> 2) * stride;
    addFour(to, row, row + stride, row + 2 * stride, row + 3 * stride, v128.load(vector + at), stride);
  }
  let at = from;
  for (; at + 16 <= end; at += 16) {
    const a = table + <usize>load<u32>(at) * stride;
    const b = table + <usize>load<u32>(at + 4) * stride;
    const c = table + <usize>load<u32>(at + 8) * stride;
    const d = table + <usize>load<u32>(at + 12) * stride;
    addFour(to, a, b, c, d, dotFour(vector, a, b, c, d, stride), stride);
  }
  for (; at < end; at += 4) {
    const y = table + <usize>load<u32>(at) * stride;
    addTimes(to, y, dot(vector, y, stride), stride);
  }
}
