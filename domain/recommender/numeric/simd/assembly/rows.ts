import { BYTES } from './vectors';

/**
 * Adds rows of a table to their sums. Eight at a time: each sum is read and written an eighth as often, which is what such a loop waits for.
 * @param table rows of `width`
 * @param rows int32: which, as many as `count`
 * @param sums width, added to
 */
export function addRows(table: usize, width: usize, rows: usize, count: i32, sums: usize): void {
  const stride = width * BYTES;
  let nth = 0;
  for (; nth + 8 <= count; nth += 8) addEight(table, stride, rows + <usize>nth * BYTES, sums);
  for (; nth < count; nth++) addOne(table + <usize>load<u32>(rows + <usize>nth * BYTES) * stride, stride, sums);
}

function addEight(table: usize, stride: usize, rows: usize, sums: usize): void {
  const a = table + <usize>load<u32>(rows) * stride;
  const b = table + <usize>load<u32>(rows, 4) * stride;
  const c = table + <usize>load<u32>(rows, 8) * stride;
  const d = table + <usize>load<u32>(rows, 12) * stride;
  const e = table + <usize>load<u32>(rows, 16) * stride;
  const f = table + <usize>load<u32>(rows, 20) * stride;
  const g = table + <usize>load<u32>(rows, 24) * stride;
  const h = table + <usize>load<u32>(rows, 28) * stride;
  let at: usize = 0;
  for (; at + 16 <= stride; at += 16) {
    const ab = f32x4.add(v128.load(a + at), v128.load(b + at));
    const cd = f32x4.add(v128.load(c + at), v128.load(d + at));
    const ef = f32x4.add(v128.load(e + at), v128.load(f + at));
    const gh = f32x4.add(v128.load(g + at), v128.load(h + at));
    v128.store(sums + at, f32x4.add(v128.load(sums + at), f32x4.add(f32x4.add(ab, cd), f32x4.add(ef, gh))));
  }
  for (; at < stride; at += BYTES) {
    const ab = load<f32>(a + at) + load<f32>(b + at);
    const cd = load<f32>(c + at) + load<f32>(d + at);
    const ef = load<f32>(e + at) + load<f32>(f + at);
    const gh = load<f32>(g + at) + load<f32>(h + at);
    store<f32>(sums + at, load<f32>(sums + at) + (ab + cd + (ef + gh)));
  }
}

function addOne(row: usize, stride: usize, sums: usize): void {
  let at: usize = 0;
  for (; at + 16 <= stride; at += 16) v128.store(sums + at, f32x4.add(v128.load(sums + at), v128.load(row + at)));
  for (; at < stride; at += BYTES) store<f32>(sums + at, load<f32>(sums + at) + load<f32>(row + at));
}
