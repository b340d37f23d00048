import type { SpecOf } from '../../../../contracts/models.ts';
import { permanent } from '../../../../contracts/failures.ts';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { adamStepLayers, backPropagate, createLayer, predict, type DenseLayer } from '../../learning/dense.ts';
import { correctedRate, createAdam, type Adam } from '../../learning/adam.ts';
import { cosineToAll } from '../../numeric/cosine.ts';
import { createTrainedModel, type ModelKindDefinition, type TrainedModel } from '../../model/model.ts';
import { packModel, unpackModel, type ModelParts } from '../../model/modelParts.ts';
import { createRandom, shuffle } from '../../numeric/random.ts';
import { classOfRating, RATING_CLASSES } from '../../data/ratings.ts';
import type { TrainingData } from '../../data/snapshot.ts';
import type { Tensors } from '../../numeric/safetensors.ts';
import { runEpochs, taskOf, type Batch, type Trainer } from '../../learning/trainingLoop.ts';
import { crossEntropy, softmaxRows, toRatings } from './classes.ts';
import { createInput, createJoinedFeatures, createStatistics, createStoredFeatures } from './features.ts';

const WEIGHTS_STREAM = 1;
const EPOCH_STREAM = 1_000;

/**
 * The guide's network: features of user and movie, one hidden layer, a probability for each rating class. Its score is the expected rating by these, as in
 * Salakhutdinov et al. 2007 (doi:10.1145/1273496.1273596).
 */
const moviePredictor: ModelKindDefinition<SpecOf<'movie_predictor'>> = {
  kind: 'movie_predictor',
  featureService: 'movie_predictor',
  async fit(spec, { movies, rated, ratedFeatures }, context) {
    if (rated.length === 0) throw permanent('EmptyDataset', 'there are no ratings to learn from');
    const statistics = createStatistics(rated, movies);
    const random = createRandom(spec.seed, WEIGHTS_STREAM);
    const layers = [
      createLayer(createInput(statistics).width, spec.hidden_units, random),
      createLayer(spec.hidden_units, RATING_CLASSES, random),
    ];
    const adam = createAdam(toTensors(layers), {}, {});
    const trainer = createTrainer(context.tf, spec, { rated, ratedFeatures }, statistics, adam);
    const { losses, resumedFromEpoch } = await runEpochs(trainer, spec.epochs, taskOf(spec, rated), context);
    adam.writeBack();
    const weights = { ...toTensors(layers), ...statistics };
    return { model: answer({ spec, users: rated.users, movies: movies.vocabulary, weights, losses }, context.tf), resumedFromEpoch };
  },
  load: (files, tf) => answer(unpackModel(files, 'movie_predictor', ['movie.year']), tf),
};
export default moviePredictor;

const toTensors = ([hidden, output]: readonly DenseLayer[]): Tensors => ({
  'hidden.kernel': hidden!.kernel,
  'hidden.bias': hidden!.bias,
  'output.kernel': output!.kernel,
  'output.bias': output!.bias,
});

const fromTensors = (tensors: Tensors): DenseLayer[] =>
  ['hidden', 'output'].map((name) => ({ kernel: tensors[`${name}.kernel`]!, bias: tensors[`${name}.bias`]! }));

function createTrainer(
  tf: Tensorflow,
  spec: SpecOf<'movie_predictor'>,
  { rated, ratedFeatures }: Pick<TrainingData, 'rated' | 'ratedFeatures'>,
  statistics: Tensors,
  adam: Adam<object, object>,
): Trainer {
  const layers = fromTensors(adam.weights);
  const network = createInput(statistics);
  const featuresOf = createJoinedFeatures(ratedFeatures, rated.length);
  const steps = { taken: 0 };
  const input = new Float32Array(spec.batch_size * network.width);
  function* trainEpoch(epoch: number): Iterable<Batch> {
    const random = createRandom(spec.seed, EPOCH_STREAM + epoch);
    const order = Uint32Array.from({ length: rated.length }, (_, row) => row);
    shuffle(order, random);
    for (let from = 0; from < order.length; from += spec.batch_size) {
      const rows = order.subarray(from, from + spec.batch_size);
      rows.forEach((row, nth) => network.write(input, nth * network.width, rated.movieIndex[row]!, featuresOf(row)));
      let loss = 0;
      const gradients = backPropagate(
        tf,
        layers,
        input.subarray(0, rows.length * network.width),
        'linear',
        { share: 0, random },
        (logits) => {
          loss = crossEntropy(logits, (nth) => classOfRating(rated.rating[rows[nth]!]!));
          return logits;
        },
      );
      steps.taken += 1;
      adamStepLayers(adam, layers, gradients, correctedRate(spec.learning_rate, steps.taken));
      yield { samples: rows.length, loss };
    }
  }
  return { samplesPerEpoch: rated.length, trainEpoch, state: adam.state, steps };
}

function answer(parts: ModelParts<SpecOf<'movie_predictor'>>, tf: Tensorflow): TrainedModel {
  const { users, movies, weights } = parts;
  const layers = fromTensors(weights);
  const network = createInput(weights);
  const featuresOf = createStoredFeatures(weights);
  const everyMovie = Int32Array.from({ length: movies.size }, (_, movie) => movie);
  const describe = (user: number | null, asked: Int32Array) => {
    const input = new Float32Array(asked.length * network.width);
    asked.forEach((movie, nth) => network.write(input, nth * network.width, movie, featuresOf(user, movie)));
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
    similarityToAll: (movie) => cosineToAll(describe(null, everyMovie), network.width, movie),
    rate,
    save: () => packModel(parts),
    dispose: () => undefined,
  });
}
