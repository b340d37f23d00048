import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-node';
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
  const hidden = ofPlaces(tf, places, 'float32', (from, to) => (to > from ? OUT_OF_SIGHT : 0));
  const howFarBack = ofPlaces(tf, places, 'int32', (from, to) => Math.max(0, from - to));

  let at = drop(movies.mul<Tensor3D>(Math.sqrt(dim)));
  for (let block = 0; block < blocks; block += 1) {
    const name = `blocks.${block}`;
    const before = norm(at, `${name}.attention.norm`);
    const [query, key, value] = ['query', 'key', 'value'].map((part) => times(before, `${name}.attention.${part}`));
    const seen = tf
      .matMul(query!.div<Tensor3D>(Math.sqrt(dim)), key!, false, true)
      .add(tf.gather(layer(`${name}.attention.bias`), howFarBack))
      .add<Tensor3D>(hidden)
      .softmax<Tensor3D>();
    at = at.add<Tensor3D>(drop(times(tf.matMul(seen, value!), `${name}.attention.output`)));
    const inner = relu(tf, times(norm(at, `${name}.feed.norm`), `${name}.feed.inner`).add<Tensor3D>(layer(`${name}.feed.inner_bias`)));
    at = at.add<Tensor3D>(drop(times(drop(inner), `${name}.feed.outer`).add<Tensor3D>(layer(`${name}.feed.outer_bias`))));
  }
  return norm(at, 'norm');
}

/** places × places: something of each place that is looked from, and each that is looked to. */
const ofPlaces = (tf: Tensorflow, places: number, dtype: 'float32' | 'int32', valueOf: (from: number, to: number) => number): Tensor2D =>
  tf.tensor2d(
    Array.from({ length: places * places }, (_, at) => valueOf(Math.floor(at / places), at % places)),
    [places, places],
    dtype,
  );

/** Switches off a share of the numbers, and scales up the rest. */
export const createDropout =
  (tf: Tensorflow, share: number, random: Random): Drop =>
  (values) => {
    const mask = drawMask(tf, { share, random }, values.shape);
    return mask ? values.mul(mask) : values;
  };
