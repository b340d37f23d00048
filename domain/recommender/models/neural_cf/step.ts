import type { SpecOf } from '../../../../contracts/models.ts';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { correctedRate, createAdam } from '../../learning/adam.ts';
import { adamStepLayers, backPropagate, predict, zeroTensor } from '../../learning/dense.ts';
import type { Random } from '../../numeric/random.ts';
import type { Tensors } from '../../numeric/safetensors.ts';
import { fromTensors } from './parameters.ts';
import type { Pairs, SampleBatch } from './sampling.ts';
import { createTouchedRows, touchRows } from './touchedRows.ts';

/**
 * Training steps: forward, binary cross-entropy (or the squared error, where ratings are learnt), back-propagation by hand, Adam. Only the
 * rows that a batch touches are read, kept in the optimiser and written, so a step costs the same however large the tables are.
 * @param given what the weights are at first
 * @returns the optimiser; `step`, a function of a batch, the step's number (from 1) and a source of dropout that gives the mean loss before the update; and
 *   `scorePairs` by the weights as they are
 */
export function createTraining(tf: Tensorflow, spec: SpecOf<'neural_cf'> & { readonly l2: number }, given: Tensors) {
  const { batch_size: size, embedding_dim: dim } = spec;
  const width = 2 * dim;
  const outputLength = given['output.kernel']!.values.length;
  const adam = createAdam(
    given,
    {
      logits: size,
      input: size * width,
      byInput: size * width,
      byUser: size * width,
      byMovie: size * width,
      byUserBias: size,
      byMovieBias: size,
      byOutput: outputLength,
    },
    { pairs: 4 * size, users: size, userSamples: size, movies: size, movieSamples: size },
  );
  const { simd } = adam;
  const { logits, input, byInput, byUser, byMovie, byUserBias, byMovieBias, byOutput } = simd.floats;
  const { pairs } = simd.ints;
  const parameters = fromTensors(adam.weights);
  const { users, movies, movieBias, userBias, tower, output } = parameters;
  const touchedUsers = createTouchedRows(users.shape[0]!, simd.ints.users, simd.ints.userSamples);
  const touchedMovies = createTouchedRows(movies.shape[0]!, simd.ints.movies, simd.ints.movieSamples);
  const outputBiasGradient = new Float32Array(1);
  const lossOf = spec.objective === 'rating' ? squaredError : crossEntropy;
  const outputKernel = output.kernel.values;

  /** Lays what pairs put into the tower into `input`, and into `logits` all but the tower's part. */
  function gather(of: Pairs): void {
    for (let pair = 0; pair < of.size; pair += 1) {
      const [user, movie] = [of.users[pair]!, of.movies[pair]!];
      pairs[4 * pair] = user;
      pairs[4 * pair + 1] = movie;
      logits[pair] = output.bias.values[0]! + movieBias.values[movie]! + (userBias ? userBias.values[user]! : 0);
    }
    simd.gatherPairs(
      pairs.byteOffset,
      of.size,
      dim,
      users.values.byteOffset,
      movies.values.byteOffset,
      outputKernel.byteOffset,
      logits.byteOffset,
      input.byteOffset,
    );
  }

  /**
   * Completes the logits and replaces each by the loss's gradient by it.
   * @param top rows × units of the tower's last layer
   * @returns the mean loss, and its gradient by `top`
   */
  function loss(batch: SampleBatch, top: Float32Array): { mean: number; byTop: Float32Array } {
    const units = outputKernel.length - dim;
    const byTop = new Float32Array(top.length);
    let sum = 0;
    byOutput.fill(0);
    outputBiasGradient.fill(0);
    for (let row = 0; row < batch.size; row += 1) {
      const from = row * units;
      let logit = logits[row]!;
      for (let unit = 0; unit < units; unit += 1) logit += outputKernel[dim + unit]! * top[from + unit]!;
      const at = lossOf(logit, batch.labels[row]!);
      sum += at.loss;
      const gradient = at.gradient / batch.size;
      logits[row] = gradient;
      outputBiasGradient[0]! += gradient;
      for (let unit = 0; unit < units; unit += 1) {
        byOutput[dim + unit]! += gradient * top[from + unit]!;
        byTop[from + unit] = gradient * outputKernel[dim + unit]!;
      }
    }
    return { mean: sum / batch.size, byTop };
  }

  /** Sums the gradients of the rows that the batch touches: through the GMF product, the tower and the biases. */
  function sumRowGradients(batch: SampleBatch): void {
    touchRows(touchedUsers, batch.users, batch.size);
    touchRows(touchedMovies, batch.movies, batch.size);
    byUser.fill(0, 0, touchedUsers.count * width);
    byMovie.fill(0, 0, touchedMovies.count * width);
    byUserBias.fill(0, 0, touchedUsers.count);
    byMovieBias.fill(0, 0, touchedMovies.count);
    for (let row = 0; row < batch.size; row += 1) {
      const userPlace = touchedUsers.places[batch.users[row]!]!;
      const moviePlace = touchedMovies.places[batch.movies[row]!]!;
      pairs[4 * row + 2] = userPlace;
      pairs[4 * row + 3] = moviePlace;
      byUserBias[userPlace]! += logits[row]!;
      byMovieBias[moviePlace]! += logits[row]!;
    }
    simd.sumPairGradients(
      pairs.byteOffset,
      batch.size,
      dim,
      users.values.byteOffset,
      movies.values.byteOffset,
      outputKernel.byteOffset,
      logits.byteOffset,
      byInput.byteOffset,
      byUser.byteOffset,
      byMovie.byteOffset,
      byOutput.byteOffset,
    );
  }

  function step(batch: SampleBatch, number: number, random: Random): number {
    gather(batch);
    let mean = 0;
    const gradients = backPropagate(tf, tower, input.subarray(0, batch.size * width), 'relu', { share: spec.dropout, random }, (top) => {
      const atTop = loss(batch, top);
      mean = atTop.mean;
      return atTop.byTop;
    });
    byInput.set(gradients.input);
    sumRowGradients(batch);
    const rate = correctedRate(spec.learning_rate, number);
    const penalty = spec.l2 / batch.size;
    adam.stepRows(users, { ...touchedUsers, gradients: byUser }, rate, penalty);
    adam.stepRows(movies, { ...touchedMovies, gradients: byMovie }, rate, penalty);
    adam.stepRows(movieBias, { ...touchedMovies, gradients: byMovieBias }, rate);
    if (userBias) adam.stepRows(userBias, { ...touchedUsers, gradients: byUserBias }, rate, penalty);
    adam.step(output.kernel, byOutput, rate);
    adam.step(output.bias, outputBiasGradient, rate);
    adamStepLayers(adam, tower, gradients, rate);
    return mean;
  }

  /** Of pairs, in their order. */
  function scorePairs(askedUsers: Int32Array, askedMovies: Int32Array): Float32Array {
    const scores = new Float32Array(askedUsers.length);
    const kernel = outputKernel.subarray(dim);
    const top = { kernel: { shape: [kernel.length, 1], values: kernel }, bias: zeroTensor([1]) };
    for (let from = 0; from < scores.length; from += size) {
      const part = { users: askedUsers.subarray(from, from + size), movies: askedMovies.subarray(from, from + size) };
      gather({ ...part, size: part.users.length });
      const ofTower = predict(tf, [...tower, top], input.subarray(0, part.users.length * width));
      ofTower.forEach((logit, pair) => (scores[from + pair] = logits[pair]! + logit));
    }
    return scores;
  }

  return { adam, step, scorePairs };
}

/** @param label 1 for chosen, 0 for not */
const crossEntropy = (logit: number, label: number) => ({
  loss: Math.max(logit, 0) - logit * label + Math.log1p(Math.exp(-Math.abs(logit))),
  gradient: 1 / (1 + Math.exp(-logit)) - label,
});

/** @param label the rating */
const squaredError = (logit: number, label: number) => ({ loss: (logit - label) ** 2, gradient: 2 * (logit - label) });
