import { BYTES, sumOf } from './vectors';

/**
 * What pairs of rows of two tables, of width 2·dim each, put into a network: of the first halves a weighted product, the second ones beside each other.
 * @param pairs int32, four for each pair: its rows of the left and of the right table, and two that are passed over
 * @param weights dim: of the product
 * @param products one for each pair, added to
 * @param input pairs × 2·dim, written
 */
export function gatherPairs(
  pairs: usize,
  count: i32,
  dim: usize,
  left: usize,
  right: usize,
  weights: usize,
  products: usize,
  input: usize,
): void {
  const half = dim * BYTES;
  const stride = 2 * half;
  for (let pair = 0; pair < count; pair++) {
    const at = pairs + <usize>pair * 4 * BYTES;
    const l = left + <usize>load<u32>(at) * stride;
    const r = right + <usize>load<u32>(at, 4) * stride;
    const to = products + <usize>pair * BYTES;
    store<f32>(to, load<f32>(to) + weightedProduct(l, r, weights, half));
    const row = input + <usize>pair * stride;
    memory.copy(row, l + half, half);
    memory.copy(row + half, r + half, half);
  }
}

function weightedProduct(l: usize, r: usize, weights: usize, bytes: usize): f32 {
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16)
    sums = f32x4.add(sums, f32x4.mul(v128.load(weights + at), f32x4.mul(v128.load(l + at), v128.load(r + at))));
  let sum = sumOf(sums);
  for (; at < bytes; at += BYTES) sum += load<f32>(weights + at) * load<f32>(l + at) * load<f32>(r + at);
  return sum;
}

/**
 * Sums the gradients of the rows of two tables, of width 2·dim each, of which pairs have taken one each: the first halves went into a weighted product, the second
 * beside each other into a network.
 * @param pairs int32, four for each pair: rows of the left and of the right table, and of `toLeft` and `toRight`
 * @param weights dim: of the product
 * @param toWeights dim, added to
 * @param byProduct for each pair: the gradient by its weighted product
 * @param byInput pairs × 2·dim: by what went into the network
 * @param toLeft rows × 2·dim, added to
 */
export function sumPairGradients(
  pairs: usize,
  count: i32,
  dim: usize,
  left: usize,
  right: usize,
  weights: usize,
  byProduct: usize,
  byInput: usize,
  toLeft: usize,
  toRight: usize,
  toWeights: usize,
): void {
  const half = dim * BYTES;
  const stride = 2 * half;
  for (let pair = 0; pair < count; pair++) {
    const at = pairs + <usize>pair * 4 * BYTES;
    const l = left + <usize>load<u32>(at) * stride;
    const r = right + <usize>load<u32>(at, 4) * stride;
    const toL = toLeft + <usize>load<u32>(at, 8) * stride;
    const toR = toRight + <usize>load<u32>(at, 12) * stride;
    addProduct(l, r, weights, load<f32>(byProduct + <usize>pair * BYTES), toL, toR, toWeights, half);
    const input = byInput + <usize>pair * stride;
    add(toL + half, input, half);
    add(toR + half, input + half, half);
  }
}

function addProduct(l: usize, r: usize, weights: usize, by: f32, toL: usize, toR: usize, toWeights: usize, bytes: usize): void {
  const every = f32x4.splat(by);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    const byL = f32x4.mul(every, v128.load(l + at));
    const byR = f32x4.mul(every, v128.load(r + at));
    const weight = v128.load(weights + at);
    v128.store(toL + at, f32x4.add(v128.load(toL + at), f32x4.mul(weight, byR)));
    v128.store(toR + at, f32x4.add(v128.load(toR + at), f32x4.mul(weight, byL)));
    v128.store(toWeights + at, f32x4.add(v128.load(toWeights + at), f32x4.mul(byL, v128.load(r + at))));
  }
  for (; at < bytes; at += BYTES) {
    const byL = by * load<f32>(l + at);
    const weight = load<f32>(weights + at);
    store<f32>(toL + at, load<f32>(toL + at) + weight * by * load<f32>(r + at));
    store<f32>(toR + at, load<f32>(toR + at) + weight * byL);
    store<f32>(toWeights + at, load<f32>(toWeights + at) + byL * load<f32>(r + at));
  }
}

function add(to: usize, given: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(given + at)));
  for (; at < bytes; at += BYTES) store<f32>(to + at, load<f32>(to + at) + load<f32>(given + at));
}
