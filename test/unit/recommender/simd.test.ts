import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { SIMD_MODULE_FILE, simdModule } from '../../../deploy/simdModule.ts';
import { createRandom } from '../../../domain/recommender/random.ts';
import { openSimd, simdWidth } from '../../../domain/recommender/simd/simd.ts';

test('the committed module is what assembly/ compiles to', () => {
  expect(readFileSync(SIMD_MODULE_FILE, 'utf8')).toBe(simdModule());
}, 30_000);

test('what WebAssembly cannot address is refused by its size', () => {
  expect(() => openSimd({ table: 1.5 * 2 ** 30 }, {})).toThrow(
    expect.objectContaining({ type: 'OutOfMemory', message: expect.stringContaining('6144 MB') }),
  );
});

test('arrays are zero, apart, and begin where a vector may', () => {
  const { floats, ints } = openSimd({ a: 3, b: 5 }, { c: 1 });
  floats.a.fill(1);
  ints.c.fill(1);
  expect([...floats.b]).toEqual([0, 0, 0, 0, 0]);
  for (const { byteOffset } of [floats.a, floats.b, ints.c]) expect(byteOffset % 16).toBe(0);
});

/** Rows that chose these many of the vectors each, and what a step of the solver is given of them. */
function systems(dim: number, counts: readonly number[], seed: number) {
  const random = createRandom(seed);
  const width = simdWidth(dim);
  const vectors = 20;
  const entries = counts.reduce((sum, count) => sum + count, 0);
  const simd = openSimd(
    { rows: counts.length * width, penalties: counts.length, table: vectors * width, gram: width * width, scratch: 4 * width },
    { starts: counts.length + 1, columns: entries },
  );
  const { rows, penalties, table, gram } = simd.floats;
  const { starts, columns } = simd.ints;
  counts.forEach((count, row) => (starts[row + 1] = starts[row]! + count));
  columns.forEach((_, at) => (columns[at] = random.below(vectors)));
  penalties.forEach((_, row) => (penalties[row] = 0.5 + random.next()));
  for (let row = 0; row < counts.length; row += 1) for (let d = 0; d < dim; d += 1) rows[row * width + d] = random.normal();
  for (let row = 0; row < vectors; row += 1) for (let d = 0; d < dim; d += 1) table[row * width + d] = random.normal();
  for (let i = 0; i < dim; i += 1) gram[i * width + i] = 1 + random.next();
  const run = (steps: number) =>
    simd.stepTowardsSolutions(
      rows.byteOffset,
      counts.length,
      starts.byteOffset,
      columns.byteOffset,
      penalties.byteOffset,
      table.byteOffset,
      gram.byteOffset,
      simd.floats.scratch.byteOffset,
      width,
      steps,
    );
  /** A x and b of a row, in float64. */
  const sides = (row: number) => {
    const x = rows.subarray(row * width, row * width + dim);
    const product = Array.from(x, (value, i) => (penalties[row]! + gram[i * width + i]!) * value);
    const right = Array.from(x, () => 0);
    for (const column of columns.subarray(starts[row], starts[row + 1])) {
      const y = table.subarray(column * width, column * width + dim);
      const along = y.reduce((sum, value, i) => sum + value * x[i]!, 0);
      y.forEach((value, i) => {
        product[i]! += along * value;
        right[i]! += value;
      });
    }
    return { x: [...x], product, right };
  };
  const objective = () =>
    counts.reduce((sum, _, row) => {
      const { x, product, right } = sides(row);
      return sum + x.reduce((of, value, i) => of + value * (product[i]! - 2 * right[i]!), 0);
    }, 0);
  return { run, sides, objective, rows: counts.length };
}

const someSystems = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 6 }),
  fc.nat(),
);

test('conjugate gradient ends in the solution after as many steps as there are factors', () => {
  fc.assert(
    fc.property(someSystems, ([dim, counts, seed]) => {
      const { run, sides, rows } = systems(dim, counts, seed);
      run(2 * dim + 4);
      for (let row = 0; row < rows; row += 1) {
        const { product, right } = sides(row);
        product.forEach((value, i) => expect(value).toBeCloseTo(right[i]!, 3));
      }
    }),
    { numRuns: 60 },
  );
});

test('each step lowers the objective, and what is returned is the objective', () => {
  fc.assert(
    fc.property(someSystems, ([dim, counts, seed]) => {
      const { run, objective } = systems(dim, counts, seed);
      let before = objective();
      for (let step = 0; step < 3; step += 1) {
        const returned = run(1);
        const now = objective();
        expect(returned).toBeCloseTo(now, 2);
        expect(now).toBeLessThanOrEqual(before + 1e-3);
        before = now;
      }
    }),
    { numRuns: 60 },
  );
});
