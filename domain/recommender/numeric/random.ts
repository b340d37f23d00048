/** By a name of this module: it is called for each draw, and where globals are looked up in a sandbox, as in tests, that is most of a draw's time. */
const { imul } = Math;

/** A seeded source of random numbers. Not for secrets. */
export interface Random {
  /** 32 random bits, as an integer from 0. */
  bits(): number;
  /** Uniform in [0, 1), 32 bits fine. */
  next(): number;
  /** Uniform integer in [0, bound), bound at most 2^32. */
  below(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** Where the source stands; `restoreRandom` goes on from there. */
  state(): RandomState;
}

export type RandomState = readonly [number, number, number, number];

/**
 * xoshiro128** (Blackman and Vigna 2018, arXiv:1805.01407), its state filled from the seed by splitmix32.
 * @param stream sets apart draws that share a seed, such as a split and its negatives
 */
export function createRandom(seed: number, stream = 0): Random {
  let mixed = (seed ^ imul(stream, 0x9e3779b1)) | 0;
  const mix = () => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = mixed;
    z = imul(z ^ (z >>> 16), 0x21f0aaad);
    z = imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  return restoreRandom([mix(), mix(), mix(), mix()]);
}

/** A source that goes on from a state. */
export function restoreRandom(from: RandomState): Random {
  let [a, b, c, d] = from;
  const bits = () => {
    const result = imul(rotate(imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  const next = () => bits() / 0x1_0000_0000;
  return {
    bits,
    next,
    below: (bound) => Math.floor(next() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    state: () => [a, b, c, d],
  };
}

const rotate = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits));

/** Shuffles in place, each order equally likely (Fisher and Yates). */
export function shuffle(values: Int32Array | Uint32Array, random: Random): void {
  for (let last = values.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1);
    const kept = values[last]!;
    values[last] = values[other]!;
    values[other] = kept;
  }
}
