// AssemblyScript: compiled to WebAssembly by `npm run simd-module`. A pointer is an offset in bytes into the memory that the caller lays out; every
// vector and every row of a matrix is of float32, `width` long, a multiple of 4, and begins at a multiple of 16.

const BYTES: usize = 4;

/**
 * Takes rows towards the x that solve (G + Σ y yᵀ + λ I) x = Σ y, where the sums go over the vectors y that the row chose: some steps of conjugate
 * gradient from what the rows are.
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

/** The products of one vector with four others, one in each lane. */
function dotFour(vector: usize, a: usize, b: usize, c: usize, d: usize, stride: usize): v128 {
  let toA = f32x4.splat(0);
  let toB = toA;
  let toC = toA;
  let toD = toA;
  for (let at: usize = 0; at < stride; at += 16) {
    const x = v128.load(vector + at);
    toA = f32x4.add(toA, f32x4.mul(x, v128.load(a + at)));
    toB = f32x4.add(toB, f32x4.mul(x, v128.load(b + at)));
    toC = f32x4.add(toC, f32x4.mul(x, v128.load(c + at)));
    toD = f32x4.add(toD, f32x4.mul(x, v128.load(d + at)));
  }
  // Transposed, so that the sums of the four come out beside one another.
  const lowAB = v128.shuffle<f32>(toA, toB, 0, 4, 1, 5);
  const highAB = v128.shuffle<f32>(toA, toB, 2, 6, 3, 7);
  const lowCD = v128.shuffle<f32>(toC, toD, 0, 4, 1, 5);
  const highCD = v128.shuffle<f32>(toC, toD, 2, 6, 3, 7);
  const ab = f32x4.add(lowAB, highAB);
  const cd = f32x4.add(lowCD, highCD);
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** to += a·by₀ + b·by₁ + c·by₂ + d·by₃ */
function addFour(to: usize, a: usize, b: usize, c: usize, d: usize, by: v128, stride: usize): void {
  const byA = v128.shuffle<f32>(by, by, 0, 0, 0, 0);
  const byB = v128.shuffle<f32>(by, by, 1, 1, 1, 1);
  const byC = v128.shuffle<f32>(by, by, 2, 2, 2, 2);
  const byD = v128.shuffle<f32>(by, by, 3, 3, 3, 3);
  for (let at: usize = 0; at < stride; at += 16) {
    const ab = f32x4.add(f32x4.mul(byA, v128.load(a + at)), f32x4.mul(byB, v128.load(b + at)));
    const cd = f32x4.add(f32x4.mul(byC, v128.load(c + at)), f32x4.mul(byD, v128.load(d + at)));
    v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.add(ab, cd)));
  }
}

function addTimes(to: usize, vector: usize, by: f32, stride: usize): void {
  const every = f32x4.splat(by);
  for (let at: usize = 0; at < stride; at += 16)
    v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(every, v128.load(vector + at))));
}

function dot(a: usize, b: usize, stride: usize): f32 {
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < stride; at += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
}
