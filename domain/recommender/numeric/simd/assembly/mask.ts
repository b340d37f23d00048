/**
 * Fills with 0, each at a chance of `threshold` in 256, or else `kept`.
 * @param mask a multiple of 16 numbers, written
 * @param seed by which the numbers are drawn: a hash of it and of a count, a byte for each number
 */
export function drawMask(mask: usize, length: i32, threshold: i32, kept: f32, seed: i32): void {
  const least = i8x16.splat(<i8>threshold);
  const every = f32x4.splat(kept);
  let count = i32x4(0, 1, 2, 3);
  for (let drawn = 0; drawn < length; drawn += 16) {
    const keep = i8x16.ge_u(bitsOf(i32x4.add(i32x4.splat(seed), i32x4.mul(count, i32x4.splat(0x9e3779b1)))), least);
    const low = i16x8.extend_low_i8x16_s(keep);
    const high = i16x8.extend_high_i8x16_s(keep);
    v128.store(mask, v128.and(every, i32x4.extend_low_i16x8_s(low)), 0);
    v128.store(mask, v128.and(every, i32x4.extend_high_i16x8_s(low)), 16);
    v128.store(mask, v128.and(every, i32x4.extend_low_i16x8_s(high)), 32);
    v128.store(mask, v128.and(every, i32x4.extend_high_i16x8_s(high)), 48);
    mask += 64;
    count = i32x4.add(count, i32x4.splat(4));
  }
}

/** splitmix32's mixing: each bit of what goes in flips about half of what comes out. */
function bitsOf(given: v128): v128 {
  let z = v128.xor(given, i32x4.shr_u(given, 16));
  z = i32x4.mul(z, i32x4.splat(0x21f0aaad));
  z = v128.xor(z, i32x4.shr_u(z, 15));
  z = i32x4.mul(z, i32x4.splat(0x735a2d97));
  return v128.xor(z, i32x4.shr_u(z, 15));
}
