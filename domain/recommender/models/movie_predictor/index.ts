import type { SpecOf } from '../../../../contracts/models.ts';
import { PermanentFailure } from '../../../../contracts/failures.ts';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { adamStepLayers, backPropagate, createLayer, predict, type DenseLayer } from '../../dense.ts';
import { correctedRate, createOptimiserState } from '../../adam.ts';
import { cosineToAll } from '../../cosine.ts';
import type { Interactions } from '../../interactions.ts';
import { createTrainedModel, type ModelKindDefinition, type TrainedModel } from '../../model.ts';
import { packModel, unpackModel, type ModelParts } from '../../modelParts.ts';
import { createRandom, shuffle } from '../../random.ts';
import { classOfRating, RATING_CLASSES } from '../../ratings.ts';
import type { Tensors } from '../../safetensors.ts';
import { runEpochs, taskOf, type Batch, type Trainer } from '../../trainingLoop.ts';
import { crossEntropy, softmaxRows, toRatings } from './classes.ts';
import { createFeatures, createStatistics, statisticsOf, type RatingStatistics } from './features.ts';

const WEIGHTS_STREAM = 1;
const EPOCH_STREAM = 1_000;

/** The guide's network: features of user and movie, one hidden layer, a probability for each rating class. Its score is the expected rating. */
const moviePredictor: ModelKindDefinition<SpecOf<'movie_predictor'>> = {
  kind: 'movie_predictor',
  async fit(spec, { movies, rated }, context) {
    if (rated.length === 0) throw new PermanentFailure('EmptyDataset', 'there are no ratings to learn from');
    const statistics = createStatistics(rated, movies);
    const random = createRandom(spec.seed, WEIGHTS_STREAM);
    const layers = [
      createLayer(createFeatures(statistics).width, spec.hidden_units, random),
      createLayer(spec.hidden_units, RATING_CLASSES, random),
    ];
    const trainer = createTrainer(context.tf, spec, rated, statistics, layers);
    const { losses, resumedFromEpoch } = await runEpochs(trainer, spec.epochs, taskOf(spec, rated), context);
    const weights = { ...toTensors(layers), ...statistics.tensors };
    return { model: answer({ spec, users: rated.users, movies: movies.vocabulary, weights, losses }, context.tf), resumedFromEpoch };
  },
  load: (files, tf) => answer(unpackModel(files, 'movie_predictor'), tf),
};
export default moviePredictor;

const toTensors = ([hidden, output]: readonly DenseLayer[]): Tensors => ({
  'hidden.kernel': hidden!.kernel,
  'hidden.bias': hidden!.bias,
  'output.kernel': output!.kernel,
  'output.bias': output!.bias,
});

function createTrainer(
  tf: Tensorflow,
  spec: SpecOf<'movie_predictor'>,
  rated: Interactions,
  statistics: RatingStatistics,
  layers: DenseLayer[],
): Trainer {
  const { state, momentsOf } = createOptimiserState(toTensors(layers));
  const features = createFeatures(statistics);
  const steps = { taken: 0 };
  const input = new Float32Array(spec.batch_size * features.width);
  function* trainEpoch(epoch: number): Iterable<Batch> {
    const random = createRandom(spec.seed, EPOCH_STREAM + epoch);
    const order = Uint32Array.from({ length: rated.length }, (_, row) => row);
    shuffle(order, random);
    for (let from = 0; from < order.length; from += spec.batch_size) {
      const rows = order.subarray(from, from + spec.batch_size);
      rows.forEach((row, nth) =>
        features.write(input, nth * features.width, rated.userIndex[row]!, rated.movieIndex[row]!, rated.rating[row]!),
      );
      let loss = 0;
      const gradients = backPropagate(
        tf,
        layers,
        input.subarray(0, rows.length * features.width),
        'linear',
        { share: 0, random },
        (logits) => {
          loss = crossEntropy(logits, (nth) => classOfRating(rated.rating[rows[nth]!]!));
          return logits;
        },
      );
      steps.taken += 1;
      adamStepLayers(layers, gradients, momentsOf, correctedRate(spec.learning_rate, steps.taken));
      yield { samples: rows.length, loss };
    }
  }
  return { samplesPerEpoch: rated.length, trainEpoch, state, steps };
}

function answer(parts: ModelParts<SpecOf<'movie_predictor'>>, tf: Tensorflow): TrainedModel {
  const { users, movies, weights } = parts;
  const layers = ['hidden', 'output'].map((name) => ({ kernel: weights[`${name}.kernel`]!, bias: weights[`${name}.bias`]! }));
  const features = createFeatures(statisticsOf(weights));
  const everyMovie = Int32Array.from({ length: movies.size }, (_, movie) => movie);
  const describe = (user: number | null, asked: Int32Array) => {
    const input = new Float32Array(asked.length * features.width);
    asked.forEach((movie, nth) => features.write(input, nth * features.width, user, movie, null));
    return input;
  };
  const rate = (user: number | null, asked: Int32Array) => {
    const probabilities = predict(tf, layers, describe(user, asked));
    softmaxRows(probabilities);
    return toRatings(probabilities);
  };
  return createTrainedModel({
    kind: 'movie_predictor',
    users,
    movies,
    answersUnknownUsers: true,
    scoreAll: (user) => rate(user, everyMovie).expected,
    // What the network sees of a movie, as an average user meets it.
    similarityToAll: (movie) => cosineToAll(describe(null, everyMovie), features.width, movie),
    rate,
    save: () => packModel(parts),
    dispose: () => undefined,
  });
}
