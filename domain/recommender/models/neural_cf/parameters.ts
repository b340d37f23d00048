import type { SpecOf } from '../../../../contracts/models.ts';
import { createLayer, normalTensor, zeroTensor, type DenseLayer } from '../../learning/dense.ts';
import type { Random } from '../../numeric/random.ts';
import type { Tensor, Tensors } from '../../numeric/safetensors.ts';

/**
 * Weights by name. `users` and `movies` are tables of rows of 2·dim: the GMF half, then the MLP half. Layer `n` of the tower is
 * `tower.n.kernel` (inputs × outputs) and `tower.n.bias`; `output.kernel` weighs the GMF product, then the tower's last layer.
 */
export interface Parameters {
  readonly dim: number;
  readonly users: Tensor;
  readonly movies: Tensor;
  readonly movieBias: Tensor;
  /** Where ratings are learnt alone: a ranking is the same whatever is added to all of a user's movies. */
  readonly userBias: Tensor | null;
  readonly tower: readonly DenseLayer[];
  readonly output: DenseLayer;
}

const EMBEDDING_DEVIATION = 0.05;

export function createParameters(spec: SpecOf<'neural_cf'>, userCount: number, movieCount: number, random: Random): Parameters {
  const { embedding_dim: dim, hidden_units } = spec;
  const widths = [2 * dim, ...hidden_units];
  return {
    dim,
    users: normalTensor([userCount, 2 * dim], EMBEDDING_DEVIATION, random),
    movies: normalTensor([movieCount, 2 * dim], EMBEDDING_DEVIATION, random),
    movieBias: zeroTensor([movieCount, 1]),
    userBias: spec.objective === 'rating' ? zeroTensor([userCount, 1]) : null,
    tower: hidden_units.map((units, layer) => createLayer(widths[layer]!, units, random)),
    output: {
      kernel: normalTensor([dim + widths.at(-1)!, 1], Math.sqrt(1 / (dim + widths.at(-1)!)), random),
      bias: zeroTensor([1]),
    },
  };
}

export function toTensors({ users, movies, movieBias, userBias, tower, output }: Parameters): Tensors {
  const tensors: Record<string, Tensor> = { users, movies, 'movies.bias': movieBias, ...(userBias && { 'users.bias': userBias }) };
  tower.forEach(({ kernel, bias }, layer) => {
    tensors[`tower.${layer}.kernel`] = kernel;
    tensors[`tower.${layer}.bias`] = bias;
  });
  return { ...tensors, 'output.kernel': output.kernel, 'output.bias': output.bias };
}

export function fromTensors(tensors: Tensors): Parameters {
  const named = (name: string) => {
    const tensor = tensors[name];
    if (!tensor) throw new Error(`the weights lack ${name}`);
    return tensor;
  };
  const layers = Object.keys(tensors).filter((name) => /^tower\.\d+\.kernel$/.test(name)).length;
  return {
    dim: named('users').shape[1]! / 2,
    users: named('users'),
    movies: named('movies'),
    movieBias: named('movies.bias'),
    userBias: tensors['users.bias'] ?? null,
    tower: Array.from({ length: layers }, (_, layer) => ({ kernel: named(`tower.${layer}.kernel`), bias: named(`tower.${layer}.bias`) })),
    output: { kernel: named('output.kernel'), bias: named('output.bias') },
  };
}
