import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { SIMD_MODULE_FILE, simdModule } from '../../../deploy/simdModule.ts';
import { correctedRate, createAdam } from '../../../domain/recommender/learning/adam.ts';
import { createRandom, type Random } from '../../../domain/recommender/numeric/random.ts';
import { openSimd, simdWidth } from '../../../domain/recommender/numeric/simd/simd.ts';

test('the committed module is what assembly/ compiles to', () => {
  expect(readFileSync(SIMD_MODULE_FILE, 'utf8')).toBe(simdModule());
});

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

describe('Adam', () => {
  /** The paper's algorithm 1, in float64, with an L2 penalty in the gradient. */
  function reference(weights: Float32Array, gradients: readonly Float32Array[], learningRate: number, decay: number): number[] {
    const first = Array.from(weights, () => 0);
    const second = Array.from(weights, () => 0);
    return gradients.reduce(
      (of, gradient, step) =>
        of.map((weight, at) => {
          const g = gradient[at]! + decay * weight;
          first[at] = 0.9 * first[at]! + 0.1 * g;
          second[at] = 0.999 * second[at]! + 0.001 * g * g;
          const m = first[at] / (1 - 0.9 ** (step + 1));
          const v = second[at] / (1 - 0.999 ** (step + 1));
          return weight - (learningRate * m) / (Math.sqrt(v) + 1e-8);
        }),
      [...weights],
    );
  }
  const normals = (length: number, random: Random) => Float32Array.from({ length }, () => random.normal());

  test.each([1, 4, 7, 70_003])('steps over %d weights as the paper says', (length) => {
    const random = createRandom(length);
    const given = { weights: { shape: [length], values: normals(length, random) } };
    const gradients = Array.from({ length: 4 }, () => normals(length, random));
    const expected = reference(given.weights.values, gradients, 0.01, 0);
    const adam = createAdam(given, {}, {});
    gradients.forEach((gradient, at) => adam.step(adam.weights['weights']!, gradient, correctedRate(0.01, at + 1)));
    adam.writeBack();
    const off = given.weights.values.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0);
    expect(off).toBeLessThan(1e-4);
  });

  test.each([1, 6, 8])('steps over the rows of a table that were touched alone, width %d, with a penalty for each sample', (width) => {
    const random = createRandom(width);
    const table = { shape: [5, width], values: normals(5 * width, random) };
    const before = table.values.slice();
    const adam = createAdam({ table }, { gradients: 2 * width }, { rows: 2, samples: 2 });
    const { floats, ints } = adam.simd;
    ints.rows.set([3, 1]);
    ints.samples.set([2, 1]);
    floats.gradients.set(normals(2 * width, random));
    adam.stepRows(adam.weights['table']!, { ...ints, gradients: floats.gradients, count: 2 }, correctedRate(0.01, 1), 0.3);
    adam.writeBack();
    const rowOf = (values: Float32Array, row: number) => values.subarray(row * width, (row + 1) * width);
    for (const row of [0, 2, 4]) expect(rowOf(table.values, row)).toEqual(rowOf(before, row));
    [3, 1].forEach((row, nth) => {
      const expected = reference(rowOf(before, row), [rowOf(floats.gradients, nth)], 0.01, 0.3 * [2, 1][nth]!);
      rowOf(table.values, row).forEach((value, d) => expect(value).toBeCloseTo(expected[d]!, 5));
    });
  });
});

test.each([1, 4, 6, 8])('pairs are gathered, and their gradients summed, as the sums say: %d factors', (dim) => {
  const random = createRandom(dim);
  const [rows, count] = [6, 25];
  const lengths = {
    left: rows * 2 * dim,
    right: rows * 2 * dim,
    weights: dim,
    products: count,
    input: count * 2 * dim,
    byInput: count * 2 * dim,
  };
  const sums = { toLeft: rows * 2 * dim, toRight: rows * 2 * dim, toWeights: dim };
  const simd = openSimd({ ...lengths, ...sums }, { pairs: 4 * count });
  const { left, right, weights, products, input, byInput, toLeft, toRight, toWeights } = simd.floats;
  for (const values of [left, right, weights, products, byInput, toLeft]) values.forEach((_, at) => (values[at] = random.normal()));
  const { pairs } = simd.ints;
  pairs.forEach((_, at) => (pairs[at] = random.below(rows)));
  const [firstProducts, firstToLeft] = [products.slice(), toLeft.slice()];
  const halves = (table: Float32Array, row: number) => {
    const from = row * 2 * dim;
    return [[...table.subarray(from, from + dim)], [...table.subarray(from + dim, from + 2 * dim)]] as const;
  };
  const common = [pairs.byteOffset, count, dim, left.byteOffset, right.byteOffset, weights.byteOffset] as const;

  simd.gatherPairs(...common, products.byteOffset, input.byteOffset);
  const by = products.slice();
  simd.sumPairGradients(...common, products.byteOffset, byInput.byteOffset, toLeft.byteOffset, toRight.byteOffset, toWeights.byteOffset);

  const expected = { toLeft: [...firstToLeft], toRight: toRight.map(() => 0), toWeights: toWeights.map(() => 0) };
  for (let pair = 0; pair < count; pair += 1) {
    const [l, r, atLeft, atRight] = pairs.subarray(4 * pair, 4 * pair + 4) as unknown as [number, number, number, number];
    const [[a, c], [b, d]] = [halves(left, l), halves(right, r)];
    expect(by[pair]).toBeCloseTo(
      a.reduce((sum, value, at) => sum + weights[at]! * value * b[at]!, firstProducts[pair]!),
      4,
    );
    expect([...input.subarray(pair * 2 * dim, (pair + 1) * 2 * dim)]).toEqual([...c, ...d]);
    const [byC, byD] = halves(byInput, pair);
    for (let at = 0; at < dim; at += 1) {
      expected.toLeft[atLeft * 2 * dim + at]! += by[pair]! * weights[at]! * b[at]!;
      expected.toRight[atRight * 2 * dim + at]! += by[pair]! * weights[at]! * a[at]!;
      expected.toLeft[atLeft * 2 * dim + dim + at]! += byC[at]!;
      expected.toRight[atRight * 2 * dim + dim + at]! += byD[at]!;
      expected.toWeights[at]! += by[pair]! * a[at]! * b[at]!;
    }
  }
  for (const [name, values] of Object.entries(expected))
    simd.floats[name as keyof typeof expected].forEach((value, at) => expect(value).toBeCloseTo(values[at]!, 3));
});

describe('dropout’s mask', () => {
  const length = 1 << 16;
  const draw = (threshold: number, seed: number) => {
    const simd = openSimd({ mask: length }, {});
    simd.drawMask(simd.floats.mask.byteOffset, length, threshold, 2.5, seed);
    return simd.floats.mask;
  };
  /** Standard deviations that a count is off from what `length` independent draws would give. */
  const off = (count: number, chance: number, of = length) => Math.abs(count - of * chance) / Math.sqrt(of * chance * (1 - chance));
  const both = (a: Float32Array, b: Float32Array) => a.reduce((count, value, at) => count + Number(value === 0 && b[at] === 0), 0);

  test.each([1, 26, 128, 255])('is 0 at a chance of %d in 256, and else what keeps the mean', (threshold) => {
    const mask = draw(threshold, 7);
    expect(new Set(mask)).toEqual(new Set([0, 2.5]));
    expect(off(mask.filter((value) => value === 0).length, threshold / 256)).toBeLessThan(4);
  });

  test('draws each number by itself: near ones and those of the next seed are no likelier to be alike', () => {
    const mask = draw(64, 7);
    for (const distance of [1, 2, 3, 4, 5, 16, 64, 128])
      expect(off(both(mask.subarray(distance), mask), 1 / 16, length - distance)).toBeLessThan(4);
    for (const seed of [8, 9, -7]) expect(off(both(draw(64, seed), mask), 1 / 16)).toBeLessThan(4);
  });
});
