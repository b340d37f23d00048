import type { Rank, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-node';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { drawMask } from '../../learning/dense.ts';
import type { Random } from '../../numeric/random.ts';
import { layerNorm, relu } from './operations.ts';

/** Tensors of the layers, by the names of `layerNames`. */
export type Layers = Readonly<Record<string, Tensor>>;

/** What dropout does to a tensor: nothing, in serving. */
export type Drop = (values: Tensor3D) => Tensor3D;
export const keepAll: Drop = (values) => values;

const OUT_OF_SIGHT = -1e9;

/**
 * Causal self-attention over sequences of movies (Kang and McAuley 2018, arXiv:1808.09781), normalised before each part: what stands at a
 * place depends on that place and those before it alone, so sequences are padded at their end and padding is never looked at. Attention knows how far
 * back each movie stands (Raffel et al. 2020, arXiv:1910.10683), not where a window began.
 * @param movies sequences × places × dim, embeddings of what was chosen
 * @returns sequences × places × dim: what is expected next after each place
 */
export function encode(tf: Tensorflow, layers: Layers, blocks: number, movies: Tensor3D, drop: Drop): Tensor3D {
  const [, places, dim] = movies.shape;
  const layer = (name: string) => layers[name]!;
  const norm = (values: Tensor3D, name: string) => layerNorm(tf, values, layer(`${name}.scale`), layer(`${name}.shift`));
  const times = (values: Tensor3D, name: string) =>
    tf.matMul(values.reshape<Tensor2D>([-1, dim]), layer(name)).reshape<Tensor3D>(values.shape);
  const past = tf.sub(1, tf.linalg.bandPart(tf.ones<Rank.R2>([places, places]), -1, 0)).mul(OUT_OF_SIGHT);
  const distances = distancesBack(tf, places);

  let at = drop(movies.mul<Tensor3D>(Math.sqrt(dim)));
  for (let block = 0; block < blocks; block += 1) {
    const name = `blocks.${block}`;
    const before = norm(at, `${name}.attention.norm`);
    const [query, key, value] = ['query', 'key', 'value'].map((part) => times(before, `${name}.attention.${part}`));
    const seen = tf
      .matMul(query!.div<Tensor3D>(Math.sqrt(dim)), key!, false, true)
      .add(tf.gather(layer(`${name}.attention.bias`), distances))
      .add<Tensor3D>(past)
      .softmax<Tensor3D>();
    at = at.add<Tensor3D>(drop(times(tf.matMul(seen, value!), `${name}.attention.output`)));
    const inner = relu(tf, times(norm(at, `${name}.feed.norm`), `${name}.feed.inner`).add<Tensor3D>(layer(`${name}.feed.inner_bias`)));
    at = at.add<Tensor3D>(drop(times(drop(inner), `${name}.feed.outer`).add<Tensor3D>(layer(`${name}.feed.outer_bias`))));
  }
  return norm(at, 'norm');
}

/** places × places: how far back the second is from the first; 0 where it is not back. */
const distancesBack = (tf: Tensorflow, places: number): Tensor2D => {
  const place = tf.range(0, places, 1, 'int32');
  return tf.maximum(place.expandDims(1).sub(place), tf.scalar(0, 'int32'));
};

/** Switches off a share of the numbers, and scales up the rest. */
export const createDropout =
  (tf: Tensorflow, share: number, random: Random): Drop =>
  (values) => {
    const mask = drawMask(tf, { share, random }, values.shape);
    return mask ? values.mul(mask) : values;
  };
