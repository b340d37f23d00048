export const BYTES: usize = 4;

/** The products of one vector with four others, one in each lane. */
export function dotFour(vector: usize, a: usize, b: usize, c: usize, d: usize, stride: usize): v128 {
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
export function addFour(to: usize, a: usize, b: usize, c: usize, d: usize, by: v128, stride: usize): void {
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

export function addTimes(to: usize, vector: usize, by: f32, stride: usize): void {
  const every = f32x4.splat(by);
  for (let at: usize = 0; at < stride; at += 16)
    v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(every, v128.load(vector + at))));
}

export function dot(a: usize, b: usize, stride: usize): f32 {
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < stride; at += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  return sumOf(sum);
}

/** Of the four lanes. */
export function sumOf(lanes: v128): f32 {
  return f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1) + (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3));
}
