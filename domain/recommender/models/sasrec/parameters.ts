import { normalTensor, zeroTensor } from '../../learning/dense.ts';
import type { Random } from '../../numeric/random.ts';
import type { Tensor, Tensors } from '../../numeric/safetensors.ts';

const DEVIATION = 0.02;

/** The table of movies, a row each; all else is `layerNames`. */
export const MOVIES = 'movies';

/** Weights of the layers: for each block norms, attention and feed-forward. */
export const layerNames = (blocks: number): string[] => [
  ...Array.from({ length: blocks }, (_, block) => BLOCK.map(([name]) => `blocks.${block}.${name}`)).flat(),
  'norm.scale',
  'norm.shift',
];

const square = (dim: number) => [dim, dim];
const row = (dim: number) => [dim];
/** A number for how far back a movie stands, 0 for the last. */
const distances = (_: number, length: number) => [length];
const BLOCK: readonly (readonly [string, (dim: number, length: number) => number[]])[] = [
  ['attention.norm.scale', row],
  ['attention.norm.shift', row],
  ['attention.query', square],
  ['attention.key', square],
  ['attention.value', square],
  ['attention.output', square],
  ['attention.bias', distances],
  ['feed.norm.scale', row],
  ['feed.norm.shift', row],
  ['feed.inner', square],
  ['feed.inner_bias', row],
  ['feed.outer', square],
  ['feed.outer_bias', row],
];

export function createParameters(
  movies: number,
  { embedding_dim: dim, blocks, length }: { embedding_dim: number; blocks: number; length: number },
  random: Random,
): Tensors {
  const shapes = new Map(BLOCK);
  const create = (name: string): Tensor => {
    if (name.endsWith('scale')) return { shape: [dim], values: new Float32Array(dim).fill(1) };
    const shape = shapes.get(name.replace(/^blocks\.\d+\./, '')) ?? row;
    return shape === square ? normalTensor(square(dim), 1 / Math.sqrt(dim), random) : zeroTensor(shape(dim, length));
  };
  return {
    [MOVIES]: normalTensor([movies, dim], DEVIATION, random),
    ...Object.fromEntries(layerNames(blocks).map((name) => [name, create(name)])),
  };
}
