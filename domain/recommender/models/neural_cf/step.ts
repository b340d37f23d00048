import type { SpecOf } from '../../../../contracts/models.ts';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { adamStep, correctedRate, type MomentsOf } from '../../adam.ts';
import { adamStepLayers, backPropagate } from '../../dense.ts';
import type { Random } from '../../random.ts';
import { gatherPairs } from './gatherPairs.ts';
import type { Parameters } from './parameters.ts';
import { createRowGradients } from './rowGradients.ts';
import type { SampleBatch } from './sampling.ts';

/**
 * One training step: forward, binary cross-entropy (or the squared error, where ratings are learnt), back-propagation by hand, Adam. Only the
 * rows that a batch touches are read, kept in the optimiser and written, so a step costs the same however large the tables are.
 * @returns function of a batch, the step's number (from 1) and a source of dropout, giving the mean loss before the update
 */
export function createTrainingStep(
  tf: Tensorflow,
  spec: SpecOf<'neural_cf'> & { readonly l2: number },
  parameters: Parameters,
  momentsOf: MomentsOf,
) {
  const { dim, users, movies, movieBias, userBias, tower, output } = parameters;
  const width = 2 * dim;
  const towerInput = new Float32Array(spec.batch_size * width);
  const logits = new Float32Array(spec.batch_size);
  const outputGradient = new Float32Array(output.kernel.values.length);
  const outputBiasGradient = new Float32Array(1);
  const userGradients = createRowGradients(users, spec.batch_size);
  const movieGradients = createRowGradients(movies, spec.batch_size);
  const biasGradients = createRowGradients(movieBias, spec.batch_size);
  const userBiasGradients = userBias && createRowGradients(userBias, spec.batch_size);
  const lossOf = spec.objective === 'rating' ? squaredError : crossEntropy;
  const outputKernel = output.kernel.values;

  /**
   * Completes the logits and replaces each by the loss's gradient by it.
   * @param top rows × units of the tower's last layer
   * @returns the mean loss, and its gradient by `top`
   */
  function loss(batch: SampleBatch, top: Float32Array): { mean: number; byTop: Float32Array } {
    const units = outputKernel.length - dim;
    const byTop = new Float32Array(top.length);
    let sum = 0;
    outputGradient.fill(0);
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
        outputGradient[dim + unit]! += gradient * top[from + unit]!;
        byTop[from + unit] = gradient * outputKernel[dim + unit]!;
      }
    }
    return { mean: sum / batch.size, byTop };
  }

  /** Gradients of the embedding rows: through the GMF product and through the tower. */
  function scatter(batch: SampleBatch, byInput: Float32Array): void {
    for (const gradients of [userGradients, movieGradients, biasGradients, userBiasGradients]) gradients?.clear();
    const [userTable, movieTable] = [users.values, movies.values];
    const [byUser, byMovie] = [userGradients.values, movieGradients.values];
    for (let row = 0; row < batch.size; row += 1) {
      const user = batch.users[row]! * width;
      const movie = batch.movies[row]! * width;
      const toUser = userGradients.slot(batch.users[row]!);
      const toMovie = movieGradients.slot(batch.movies[row]!);
      const gradient = logits[row]!;
      biasGradients.values[biasGradients.slot(batch.movies[row]!)]! += gradient;
      if (userBiasGradients) userBiasGradients.values[userBiasGradients.slot(batch.users[row]!)]! += gradient;
      for (let d = 0; d < dim; d += 1) {
        const weighted = gradient * outputKernel[d]!;
        const u = userTable[user + d]!;
        const m = movieTable[movie + d]!;
        outputGradient[d]! += gradient * u * m;
        byUser[toUser + d]! += weighted * m;
        byMovie[toMovie + d]! += weighted * u;
      }
      const from = row * width - dim;
      for (let d = dim; d < width; d += 1) {
        byUser[toUser + d]! += byInput[from + d]!;
        byMovie[toMovie + d]! += byInput[from + dim + d]!;
      }
    }
  }

  return (batch: SampleBatch, step: number, random: Random): number => {
    gatherPairs(parameters, batch, towerInput, logits);
    let mean = 0;
    const input = towerInput.subarray(0, batch.size * width);
    const gradients = backPropagate(tf, tower, input, 'relu', { share: spec.dropout, random }, (top) => {
      const atTop = loss(batch, top);
      mean = atTop.mean;
      return atTop.byTop;
    });
    scatter(batch, gradients.input);
    const rate = correctedRate(spec.learning_rate, step);
    const penalty = spec.l2 / batch.size;
    userGradients.apply(momentsOf(users), rate, penalty);
    movieGradients.apply(momentsOf(movies), rate, penalty);
    biasGradients.apply(momentsOf(movieBias), rate, 0);
    if (userBias) userBiasGradients!.apply(momentsOf(userBias), rate, penalty);
    adamStep(outputKernel, momentsOf(output.kernel), outputGradient, rate);
    adamStep(output.bias.values, momentsOf(output.bias), outputBiasGradient, rate);
    adamStepLayers(tower, gradients, momentsOf, rate);
    return mean;
  };
}

/** @param label 1 for chosen, 0 for not */
const crossEntropy = (logit: number, label: number) => ({
  loss: Math.max(logit, 0) - logit * label + Math.log1p(Math.exp(-Math.abs(logit))),
  gradient: 1 / (1 + Math.exp(-logit)) - label,
});

/** @param label the rating */
const squaredError = (logit: number, label: number) => ({ loss: (logit - label) ** 2, gradient: 2 * (logit - label) });
