import type { Scalar, Tensor as TfTensor, Tensor2D } from '@tensorflow/tfjs-node';
import { valuesOf, type Tensorflow } from '../../../../platform/tensorflow.ts';
import { correctedRate, createAdam } from '../../learning/adam.ts';
import { averageLengths, createMovingAverage } from './movingAverage.ts';
import type { Random } from '../../numeric/random.ts';
import type { Tensors } from '../../numeric/safetensors.ts';
import { createDropout, encode } from './network.ts';
import { sampledSoftmax } from './operations.ts';
import { layerNames, MOVIES } from './parameters.ts';
import type { SequenceBatch } from './windows.ts';

interface StepSettings {
  readonly blocks: number;
  readonly negatives: number;
  readonly dropout: number;
  readonly learning_rate: number;
  readonly batch_size: number;
  readonly length: number;
}

/**
 * Training steps: forward, TensorFlow's own gradients, Adam, and the average of its weights, which is what is learnt. Of the table of movies only the
 * rows that the batch touches are sent to TensorFlow, kept in the optimiser and written.
 * @param given what the weights are at first
 * @returns the average, all that a checkpoint keeps, and `step`: function of a batch, the step's number (from 1) and a source of negatives and dropout, giving
 *   the mean loss before the update
 */
export function createTraining(tf: Tensorflow, settings: StepSettings, given: Tensors) {
  const [movies, dim] = given[MOVIES]!.shape as [number, number];
  const mostRows = Math.min(movies, 2 * settings.batch_size * settings.length + settings.negatives);
  const adam = createAdam(given, { ...averageLengths(given), gradients: mostRows * dim }, { rows: mostRows, samples: mostRows });
  const average = createMovingAverage(adam);
  const parameters = adam.weights;
  const table = parameters[MOVIES]!;
  const names = layerNames(settings.blocks);

  function step(batch: SequenceBatch, number: number, random: Random): number {
    const negatives = Int32Array.from({ length: settings.negatives }, () => random.below(movies));
    const rows = Int32Array.from(new Set([...batch.movies, ...batch.next, ...negatives]));
    const place = new Map(Array.from(rows, (row, at) => [row, at]));
    const placesOf = (of: Int32Array) =>
      tf.tensor1d(
        of.map((row) => place.get(row)!),
        'int32',
      );
    const drawn = new Map<number, number>();
    for (const row of negatives) drawn.set(row, (drawn.get(row) ?? 0) + 1);
    const drop = createDropout(tf, settings.dropout, random);
    const { loss, gradients } = valuesOf(tf, () => {
      const [chosen, next, sampled, from] = [
        placesOf(batch.movies),
        placesOf(batch.next),
        placesOf(negatives),
        tf.tensor1d(batch.from, 'int32'),
      ];
      const chances = tf.tensor1d(Float32Array.from(batch.next, (row) => drawn.get(row) ?? 0));
      const lossOf = (touched: TfTensor, ...layers: TfTensor[]): Scalar => {
        const embeddings = tf.gather(touched as Tensor2D, chosen).reshape<ReturnType<typeof encode>>([batch.sequences, batch.places, dim]);
        const named = Object.fromEntries(names.map((name, at) => [name, layers[at]!]));
        const expected = encode(tf, named, settings.blocks, embeddings, drop).reshape<Tensor2D>([-1, dim]);
        return sampledSoftmax(tf, tf.gather(expected, from), touched as Tensor2D, next, sampled, chances);
      };
      const inputs = [
        tf.tensor2d(takeRows(table.values, dim, rows), [rows.length, dim]),
        ...names.map((name) => tf.tensor(parameters[name]!.values, [...parameters[name]!.shape])),
      ];
      const { value, grads } = tf.valueAndGrads(lossOf)(inputs);
      return { loss: value.dataSync()[0]!, gradients: grads.map((gradient) => gradient.dataSync<'float32'>()) };
    });
    const rate = correctedRate(settings.learning_rate, number);
    const { floats, ints } = adam.simd;
    ints.rows.set(rows);
    floats.gradients.set(gradients[0]!);
    adam.stepRows(table, { ...ints, gradients: floats.gradients, count: rows.length }, rate);
    names.forEach((name, at) => adam.step(parameters[name]!, gradients[at + 1]!, rate));
    average.update(number);
    return loss;
  }
  return { average, state: { ...adam.state, ...average.state }, step };
}

function takeRows(table: Float32Array, dim: number, rows: Int32Array): Float32Array {
  const taken = new Float32Array(rows.length * dim);
  rows.forEach((row, at) => taken.set(table.subarray(row * dim, (row + 1) * dim), at * dim));
  return taken;
}
