import { modelSpecSchema, type ModelSpec } from '../contracts/models.ts';
import type { Dimension, ModelSweep } from '../contracts/sweep.ts';

const DRAWS_A_TRIAL = 50;

/**
 * The points of a space that a sweep tries: drawn at random, the same for the same seed, no point twice. Fewer than its budget where the space has
 * no more, as far as drawing finds them.
 */
export function drawTrials({ kind, base, space, trials, seed }: ModelSweep): ModelSpec[] {
  const next = mulberry32(seed);
  const found = new Map<string, ModelSpec>();
  for (let draws = 0; found.size < trials && draws < trials * DRAWS_A_TRIAL; draws += 1) {
    // In the order of names, so that the same space written in another order is the same sweep.
    const drawn = Object.keys(space)
      .sort()
      .map((name) => [name, draw(space[name]!, next())] as const);
    const spec = modelSpecSchema.parse({ kind, ...base, ...Object.fromEntries(drawn) });
    found.set(JSON.stringify(spec), spec);
  }
  return [...found.values()];
}

/** @param at uniform in [0, 1) */
function draw(dimension: Dimension, at: number): unknown {
  if (Array.isArray(dimension)) return dimension[Math.floor(at * dimension.length)];
  const { min, max, scale, integer } = dimension;
  if (integer && scale === 'linear') return Math.floor(min + at * (max - min + 1));
  const value = scale === 'log' ? min * (max / min) ** at : min + at * (max - min);
  return integer ? Math.round(value) : Number(value.toPrecision(6));
}

/** A small seeded source of random numbers (T. Ettinger, public domain): the sandbox's own follows the run's id, not our seed. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
