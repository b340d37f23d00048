import type { Rank, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-node';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { drawMask } from '../../dense.ts';
import type { Random } from '../../random.ts';

/** Tensors of the layers, by the names of `layerNames`. */
export type Layers = Readonly<Record<string, Tensor>>;

/** What dropout does to a tensor: nothing, in serving. */
export type Drop = (values: Tensor3D) => Tensor3D;
export const keepAll: Drop = (values) => values;

const OUT_OF_SIGHT = -1e9;
const NORM_EPSILON = 1e-6;

/**
 * Causal self-attention over sequences of movies (Kang and McAuley 2018, arXiv:1808.09781), normalised before each part: what stands at a
 * place depends on that place and those before it alone, so sequences are padded at their end and padding is never looked at.
 * @param movies sequences × places × dim, embeddings of what was chosen
 * @returns sequences × places × dim: what is expected next after each place
 */
export function encode(tf: Tensorflow, layers: Layers, blocks: number, movies: Tensor3D, drop: Drop): Tensor3D {
  const [, places, dim] = movies.shape;
  const layer = (name: string) => layers[name]!;
  const norm = (values: Tensor3D, name: string) => {
    const { mean, variance } = tf.moments(values, -1, true);
    return values
      .sub(mean)
      .mul(variance.add(NORM_EPSILON).rsqrt())
      .mul(layer(`${name}.scale`))
      .add<Tensor3D>(layer(`${name}.shift`));
  };
  const times = (values: Tensor3D, name: string) =>
    tf.matMul(values.reshape<Tensor2D>([-1, dim]), layer(name)).reshape<Tensor3D>(values.shape);
  const past = tf.sub(1, tf.linalg.bandPart(tf.ones<Rank.R2>([places, places]), -1, 0)).mul(OUT_OF_SIGHT);

  let at = drop(movies.mul(Math.sqrt(dim)).add<Tensor3D>(layer('positions').slice([0, 0], [places, dim])));
  for (let block = 0; block < blocks; block += 1) {
    const name = `blocks.${block}`;
    const before = norm(at, `${name}.attention.norm`);
    const [query, key, value] = ['query', 'key', 'value'].map((part) => times(before, `${name}.attention.${part}`));
    const seen = tf.matMul(query!, key!, false, true).div<Tensor3D>(Math.sqrt(dim)).add<Tensor3D>(past).softmax<Tensor3D>();
    at = at.add<Tensor3D>(drop(times(tf.matMul(seen, value!), `${name}.attention.output`)));
    const inner = times(norm(at, `${name}.feed.norm`), `${name}.feed.inner`)
      .add<Tensor3D>(layer(`${name}.feed.inner_bias`))
      .relu<Tensor3D>();
    at = at.add<Tensor3D>(drop(times(drop(inner), `${name}.feed.outer`).add<Tensor3D>(layer(`${name}.feed.outer_bias`))));
  }
  return norm(at, 'norm');
}

/** Switches off a share of the numbers, and scales up the rest. */
export const createDropout =
  (tf: Tensorflow, share: number, random: Random): Drop =>
  (values) => {
    const mask = drawMask(tf, { share, random }, values.shape);
    return mask ? values.mul(mask) : values;
  };

/**
 * Cross-entropy of the movie chosen next among sampled ones (Klenitskiy and Vasilev 2023, arXiv:2309.07602). A sampled movie that is the right one
 * is left out.
 * @param expected choices × dim @param table rows × dim @param next row of the movie chosen @param sampled rows of the others
 */
export function sampledSoftmax(tf: Tensorflow, expected: Tensor2D, table: Tensor2D, next: Tensor1D, sampled: Tensor1D) {
  const right = tf.gather(table, next).mul(expected).sum(1, true);
  const isRight = tf.equal(next.expandDims(1), sampled.expandDims(0)).cast('float32');
  const wrong = tf.matMul(expected, tf.gather(table, sampled), false, true).add(isRight.mul(OUT_OF_SIGHT));
  return tf
    .logSumExp(tf.concat([right, wrong], 1), 1)
    .sub(right.squeeze([1]))
    .mean();
}
