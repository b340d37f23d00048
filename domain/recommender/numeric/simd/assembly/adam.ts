import { BYTES } from './vectors';

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/** 1 − β₁ and 1 − β₂, which float32 would round. */
const REST_1: f32 = 0.1;
const REST_2: f32 = 0.001;
const EPSILON: f32 = 1e-8;

/**
 * One step of Adam (Kingma and Ba 2014, arXiv:1412.6980) over `length` weights.
 * @param rate the learning rate with both bias corrections in it
 * @param decay times each weight is added to its gradient
 */
export function adamStep(weights: usize, first: usize, second: usize, gradient: usize, length: usize, rate: f32, decay: f32): void {
  const end = length * BYTES;
  let at: usize = 0;
  for (; at + 16 <= end; at += 16) {
    const w = v128.load(weights + at);
    const g = f32x4.add(v128.load(gradient + at), f32x4.mul(f32x4.splat(decay), w));
    const m = f32x4.add(f32x4.mul(f32x4.splat(BETA_1), v128.load(first + at)), f32x4.mul(f32x4.splat(REST_1), g));
    const v = f32x4.add(f32x4.mul(f32x4.splat(BETA_2), v128.load(second + at)), f32x4.mul(f32x4.splat(REST_2), f32x4.mul(g, g)));
    v128.store(first + at, m);
    v128.store(second + at, v);
    const change = f32x4.div(f32x4.mul(f32x4.splat(rate), m), f32x4.add(f32x4.sqrt(v), f32x4.splat(EPSILON)));
    v128.store(weights + at, f32x4.sub(w, change));
  }
  for (; at < end; at += BYTES) {
    const w = load<f32>(weights + at);
    const g = load<f32>(gradient + at) + decay * w;
    const m = BETA_1 * load<f32>(first + at) + REST_1 * g;
    const v = BETA_2 * load<f32>(second + at) + REST_2 * g * g;
    store<f32>(first + at, m);
    store<f32>(second + at, v);
    store<f32>(weights + at, w - (rate * m) / (sqrt<f32>(v) + EPSILON));
  }
}

/**
 * One step of Adam over some rows of a table.
 * @param gradients count × width, in the order of `rows`
 * @param rows int32: which of the table
 * @param samples int32, for each of the rows: it has `penalty` as its decay so many times
 */
export function adamRows(
  table: usize,
  first: usize,
  second: usize,
  width: usize,
  gradients: usize,
  rows: usize,
  samples: usize,
  count: i32,
  rate: f32,
  penalty: f32,
): void {
  const stride = width * BYTES;
  for (let nth = 0; nth < count; nth++) {
    const at = <usize>nth * BYTES;
    const row = <usize>load<u32>(rows + at) * stride;
    const decay = penalty * <f32>load<i32>(samples + at);
    adamStep(table + row, first + row, second + row, gradients + <usize>nth * stride, width, rate, decay);
  }
}
