import { adamStep, type Moments } from '../../adam.ts';
import type { Tensor } from '../../safetensors.ts';

/**
 * Sums the gradients of the rows of a table that one batch touches.
 * @param table rows × width
 * @param capacity most rows a batch touches
 */
export function createRowGradients({ shape, values: table }: Tensor, capacity: number) {
  const [rowCount, width] = shape as [number, number];
  const slots = new Int32Array(rowCount).fill(-1);
  const rows = new Int32Array(capacity);
  const values = new Float32Array(capacity * width);
  const samples = new Int32Array(capacity);
  let touched = 0;
  return {
    values,
    /** Where in `values` the gradient of a sample's row begins. */
    slot(row: number): number {
      let slot = slots[row]!;
      if (slot < 0) {
        slots[row] = slot = touched;
        rows[touched++] = row;
      }
      samples[slot]! += 1;
      return slot * width;
    },
    /** @param penalty on the squares of a row, for each of its samples */
    apply(moments: Moments, rate: number, penalty: number): void {
      for (let slot = 0; slot < touched; slot += 1)
        adamStep(table, moments, values, rate, rows[slot]! * width, slot * width, width, penalty * samples[slot]!);
    },
    clear(): void {
      values.fill(0, 0, touched * width);
      samples.fill(0, 0, touched);
      for (let slot = 0; slot < touched; slot += 1) slots[rows[slot]!] = -1;
      touched = 0;
    },
  };
}
