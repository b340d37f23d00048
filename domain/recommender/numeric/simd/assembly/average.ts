import { BYTES } from './vectors';

/** Moves each of `length` averages by a share of the way to its weight. */
export function moveAverage(average: usize, weights: usize, length: usize, share: f32): void {
  const end = length * BYTES;
  const every = f32x4.splat(share);
  let at: usize = 0;
  for (; at + 16 <= end; at += 16) {
    const from = v128.load(average + at);
    v128.store(average + at, f32x4.add(from, f32x4.mul(every, f32x4.sub(v128.load(weights + at), from))));
  }
  for (; at < end; at += BYTES) {
    const from = load<f32>(average + at);
    store<f32>(average + at, from + share * (load<f32>(weights + at) - from));
  }
}
