import { describe, expect, test } from '@jest/globals';
import { BY_RATING } from '../../../contracts/specs/modelSpec.ts';
import type { TrainingProgress } from '../../../contracts/training.ts';
import { createHistories } from '../../../domain/recommender/model/histories.ts';
import { NO_CHECKPOINTS } from '../../../domain/recommender/model/model.ts';
import { unpackModel, weight } from '../../../domain/recommender/model/modelParts.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { scoreChoices as scoreByNeuralCf } from '../../../domain/recommender/models/neural_cf/scoreChoices.ts';
import { createTraining } from '../../../domain/recommender/models/neural_cf/step.ts';
import { scoreChoices as scoreBySasrec } from '../../../domain/recommender/models/sasrec/scoreChoices.ts';
import { createRandom } from '../../../domain/recommender/numeric/random.ts';
import { trainingDataOf } from '../../../domain/recommender/data/snapshot.ts';
import { runEpochs, type Trainer } from '../../../domain/recommender/learning/trainingLoop.ts';
import { BY_DRAWN_RANKING, type ValidationMetric } from '../../../domain/recommender/learning/earlyStopping.ts';
import { drawValidationChoices } from '../../../domain/recommender/learning/validationChoices.ts';
import { sequenceSnapshot, tasteSnapshot } from './samples.ts';
import { fitContext, memoryCheckpoints, smallSpec, tf } from './training.ts';

// A bound for a machine that is busy with the other tests.
const data = trainingDataOf(tasteSnapshot({ users: 24 }));
/** Of users who choose one movie after the other, so that there is an order to learn. */
const sequences = trainingDataOf(sequenceSnapshot({ users: 36, movies: 40, perUser: 12 }));

/** A training whose only weight is the number of its epochs, and whose figure for each epoch is given. */
function trainingOf(figures: readonly number[], patience: number, metric: ValidationMetric = BY_DRAWN_RANKING) {
  const epochs = { shape: [1], values: new Float32Array(1) };
  const trainer: Trainer = {
    samplesPerEpoch: 1,
    *trainEpoch(epoch) {
      epochs.values[0] = epoch;
      yield { samples: 1, loss: 1 };
    },
    state: { epochs },
    steps: { taken: 0 },
    earlyStopping: { patience, weights: { epochs }, metric, judge: async () => figures[epochs.values[0]! - 1]! },
  };
  return { trainer, epochOfWeights: () => epochs.values[0] };
}

describe('a training that stops early', () => {
  test('ends after as many epochs with a worse figure as it has patience for, with the best epoch, of equals the last', async () => {
    const { trainer, epochOfWeights } = trainingOf([0.1, 0.3, 0.2, 0.4, 0.4, 0.1, 0.2, 0.9], 2);
    const told: TrainingProgress[] = [];
    const { losses } = await runEpochs(trainer, 10, 'task', fitContext({ onProgress: (progress) => void told.push(progress) }));
    expect(losses).toHaveLength(7);
    expect(epochOfWeights()).toBe(5);
    expect(told.map(({ validation_ndcg_at_10: figure }) => figure)).toEqual([0.1, 0.3, 0.2, 0.4, 0.4, 0.1, 0.2]);
  });

  test('by what is better when it is lower too', async () => {
    const { trainer, epochOfWeights } = trainingOf([0.9, 0.8, 0.7, 0.8, 0.9, 0.1], 2, BY_RATING);
    const told: TrainingProgress[] = [];
    await runEpochs(trainer, 10, 'task', fitContext({ onProgress: (progress) => void told.push(progress) }));
    expect(epochOfWeights()).toBe(3);
    expect(told.map(({ validation_rmse: figure }) => figure)).toEqual([0.9, 0.8, 0.7, 0.8, 0.9]);
  });

  test('also where the epochs run out first', async () => {
    const { trainer, epochOfWeights } = trainingOf([0.1, 0.3, 0.2], 5);
    await runEpochs(trainer, 3, 'task', fitContext());
    expect(epochOfWeights()).toBe(2);
  });

  test.each([
    ['neural_cf', {}, data],
    ['neural_cf', { objective: 'rating', learning_rate: 0.003 }, data],
    ['sasrec', { epochs: 12, learning_rate: 0.02 }, sequences],
  ] as const)('ends in the same bytes wherever it was cut off: %s %j', async (kind, given, from) => {
    const spec = smallSpec(kind, { epochs: 40, patience: 2, ...given });
    const checkpoints = memoryCheckpoints();
    const { model } = await modelKind(kind).fit(spec, from, fitContext({ checkpoints }));
    // So that the best epoch is none of the first, and what comes after the first checkpoint counts.
    expect(checkpoints.saved.length).toBeGreaterThan(4);
    expect(checkpoints.saved.length).toBeLessThan(40);
    for (const state of [checkpoints.saved.at(0), checkpoints.saved.at(-2), checkpoints.saved.at(-1)]) {
      const kept = { ...NO_CHECKPOINTS, load: async () => state! };
      expect((await modelKind(kind).fit(spec, from, fitContext({ checkpoints: kept }))).model.save()).toEqual(model.save());
    }
  });

  test('learns every epoch without patience', async () => {
    const { model } = await modelKind('neural_cf').fit(smallSpec('neural_cf', { epochs: 12, patience: 0 }), data, fitContext());
    expect(unpackModel(model.save(), 'neural_cf').losses).toHaveLength(12);
  });
});

describe('what it is judged by', () => {
  test('is the movie of a validation row beside movies that the user never chose, for users of whom something was learnt', () => {
    const { chosen, validation } = data;
    const strangers = { ...chosen, ...{ userIndex: chosen.userIndex.map((user) => Math.max(user, 3)) } };
    const choices = drawValidationChoices({ chosen: strangers, validation }, 1_000, 30, createRandom(1));
    expect(choices.map(({ user }) => user)).toEqual(Array.from({ length: 21 }, (_, nth) => nth + 3));
    for (const { user, candidates } of choices) {
      const [right, ...others] = candidates;
      expect(right).toBe(validation.movieIndex[validation.userIndex.indexOf(user)]);
      const own = new Set([right, ...strangers.movieIndex.filter((_, row) => strangers.userIndex[row] === user)]);
      expect(others.filter((movie) => own.has(movie))).toEqual([]);
      expect(others.length).toBeGreaterThan(0);
    }
    expect(drawValidationChoices(data, 10, 30, createRandom(1)).length).toBeLessThanOrEqual(10);
  });

  const choices = drawValidationChoices(data, 1_000, 30, createRandom(1));

  test('gets the scores that the trained model gives: neural_cf', async () => {
    const { model } = await modelKind('neural_cf').fit(smallSpec('neural_cf'), data, fitContext());
    const { spec, weights } = unpackModel(model.save(), 'neural_cf');
    const { scorePairs } = createTraining(tf, spec as Parameters<typeof createTraining>[1], weights);
    const scores = scoreByNeuralCf(scorePairs, choices);
    choices.forEach(({ user, candidates }, nth) => {
      const all = model.scoreAll(user);
      candidates.forEach((movie, at) => expect(scores[nth]![at]).toBeCloseTo(all[movie]!, 4));
    });
  });

  test('gets the scores that the trained model gives: sasrec', async () => {
    const spec = smallSpec('sasrec');
    const { model } = await modelKind('sasrec').fit(spec, data, fitContext());
    const { weights } = unpackModel(model.save(), 'sasrec');
    const columns = new Int32Array(data.chosen.movies.size).fill(-1);
    weight(weights, 'learnt').forEach((movie, column) => (columns[movie] = column));
    const histories = createHistories({ ...data.chosen, movieIndex: data.chosen.movieIndex.map((movie) => columns[movie]!) });
    const scores = scoreBySasrec(tf, weights, { blocks: 2, length: 6 }, histories, columns, choices);
    choices.forEach(({ user, candidates }, nth) => {
      const all = model.scoreAll(user);
      candidates.forEach((movie, at) => {
        if (columns[movie]! < 0) expect(scores[nth]![at]).toBe(-Infinity);
        else expect(scores[nth]![at]).toBeCloseTo(all[movie]!, 4);
      });
    });
  });
});
