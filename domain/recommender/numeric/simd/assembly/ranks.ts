import { BYTES } from './vectors';

/**
 * Of each row's numbers, the one of a place when they are in ascending order. Four rows at a time; the least numbers so far are kept in order, each new one
 * going up past them.
 * @param values float32, that are looked up
 * @param positions int32, of each four rows four for each nth number: groups × width × 4
 * @param groups of four rows
 * @param width numbers of a row
 * @param place 0 for the least
 * @param least float32, 4 × (place + 1), to work with
 * @param ranked groups × 4, written
 */
export function rankRows(values: usize, positions: usize, groups: i32, width: i32, place: i32, least: usize, ranked: usize): void {
  const last = least + ((<usize>place) << 4);
  for (let group = 0; group < groups; group++) {
    for (let at = least; at <= last; at += 16) v128.store(at, f32x4.splat(f32.MAX_VALUE));
    for (let nth = 0; nth < width; nth++) {
      let value = lookUp(values, positions);
      positions += 16;
      for (let at = least; at <= last; at += 16) {
        const kept = v128.load(at);
        v128.store(at, f32x4.pmin(kept, value));
        value = f32x4.pmax(kept, value);
      }
    }
    v128.store(ranked, v128.load(last));
    ranked += 16;
  }
}

function lookUp(values: usize, positions: usize): v128 {
  let found = v128.load32_splat(values + <usize>load<u32>(positions) * BYTES);
  found = f32x4.replace_lane(found, 1, load<f32>(values + <usize>load<u32>(positions, 4) * BYTES));
  found = f32x4.replace_lane(found, 2, load<f32>(values + <usize>load<u32>(positions, 8) * BYTES));
  return f32x4.replace_lane(found, 3, load<f32>(values + <usize>load<u32>(positions, 12) * BYTES));
}
