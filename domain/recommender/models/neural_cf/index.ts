import type { SpecOf } from '../../../../contracts/models.ts';
import { settle } from '../../../../contracts/specs/modelSpec.ts';
import { permanent } from '../../../../contracts/failures.ts';
import { type Tensorflow } from '../../../../platform/tensorflow.ts';
import { JUDGED_AT_ONCE, stopByRanking, stopByRatings } from '../../learning/earlyStopping.ts';
import { groupByUser } from '../../data/interactions.ts';
import {
  createTrainedModel,
  UnknownUser,
  type FitContext,
  type ModelKindDefinition,
  type RatingPrediction,
  type TrainedModel,
} from '../../model/model.ts';
import { packModel, unpackModel, type ModelParts } from '../../model/modelParts.ts';
import { createRandom, restoreRandom } from '../../numeric/random.ts';
import { halfStarsOf, meanRating } from '../../data/ratings.ts';
import type { TrainingData } from '../../data/snapshot.ts';
import { runEpochs, taskOf, type Batch, type Position, type Trainer } from '../../learning/trainingLoop.ts';
import { createParameters, fromTensors, toTensors } from './parameters.ts';
import { sampleEpoch, sampleRatings, type SampleSource } from './sampling.ts';
import { scoreChoices } from './scoreChoices.ts';
import { createScorer } from './scorer.ts';
import { DEFAULTS, L2 } from '../../../../contracts/specs/neural_cf.ts';
import { createTraining } from './step.ts';

type Settled = SpecOf<'neural_cf'> & (typeof DEFAULTS)['small'] & { readonly l2: number };

/** Streams of random numbers that share the spec's seed; epoch `n` draws from `EPOCH_STREAM + n`. */
const WEIGHTS_STREAM = 1;
const EPOCH_STREAM = 1_000;

/**
 * Neural matrix factorization (He et al. 2017, arXiv:1708.05031): a product of embeddings (GMF) beside a tower of layers over embeddings
 * of its own (MLP), joined in one logit; implicit feedback against sampled negatives. Unlike the paper there is a bias for each movie.
 * With the objective `rating` it learns the ratings themselves, by their squared error.
 */
const neuralCf: ModelKindDefinition<SpecOf<'neural_cf'>> = {
  kind: 'neural_cf',
  async fit(given, data, context) {
    const { movies } = data;
    const learnt = learntFrom(given, data);
    const spec: Settled = { ...settle(given, DEFAULTS, learnt.length), l2: given.l2 ?? L2[given.objective] };
    if (learnt.length === 0) throw permanent('EmptyDataset', 'there are no interactions to learn from');
    const weights = toTensors(createParameters(spec, learnt.users.size, movies.vocabulary.size, createRandom(spec.seed, WEIGHTS_STREAM)));
    if (spec.objective === 'rating') weights['output.bias']!.values[0] = meanRating(learnt);
    const training = createTraining(context.tf, spec, weights);
    const trainer = createTrainer(spec, data, training, context);
    const { losses, resumedFromEpoch } = await runEpochs(trainer, spec.epochs, taskOf(spec, learnt), context);
    training.adam.writeBack();
    const parts = { spec, users: learnt.users, movies: movies.vocabulary, weights, losses };
    return { model: answer(parts, context.tf), resumedFromEpoch };
  },
  load: (files, tf) => answer(unpackModel(files, 'neural_cf'), tf),
  // Weights as they were at first, as they are, both moments and the best epoch's, and a checkpoint's copy of the last four; what a step and judging hold of
  // their samples, measured with batches of 1,024 to 65,536.
  memoryMb({ embedding_dim: dim, hidden_units, batch_size }, { users, movies }) {
    const tables = 9 * 2 * dim * (users + movies);
    const aSample = 2 * dim + hidden_units.reduce((sum, units) => sum + units, 0);
    return (4 * (tables + aSample * (8 * batch_size + 2 * JUDGED_AT_ONCE))) / 2 ** 20;
  },
};
export default neuralCf;

const learntFrom = (spec: SpecOf<'neural_cf'>, { chosen, rated }: TrainingData) => (spec.objective === 'rating' ? rated : chosen);

function createTrainer(
  spec: Settled,
  data: TrainingData,
  { adam, step, scorePairs }: ReturnType<typeof createTraining>,
  { signal }: FitContext,
): Trainer {
  const { weights, state } = adam;
  const learnt = learntFrom(spec, data);
  const isRating = spec.objective === 'rating';
  const seen = groupByUser(learnt);
  const sample = (source: SampleSource) =>
    isRating ? sampleRatings(learnt, spec.batch_size, source) : sampleEpoch(learnt, seen, spec.negatives, spec.batch_size, source);
  const steps = { taken: 0 };
  function* trainEpoch(epoch: number, from?: Position): Iterable<Batch> {
    const order = createRandom(spec.seed, EPOCH_STREAM + epoch);
    const draws = from ? restoreRandom(from.random) : order;
    for (const batch of sample({ order, draws, passOver: from?.samples ?? 0 })) {
      steps.taken += 1;
      yield { samples: batch.size, loss: step(batch, steps.taken, draws), random: draws.state() };
    }
  }
  const predict = (users: Int32Array, movies: Int32Array) => scorePairs(users, movies).map(toRating);
  const earlyStopping = isRating
    ? stopByRatings(data, spec, weights, predict, signal)
    : stopByRanking(data, spec, weights, (choices) => scoreChoices(scorePairs, choices), signal);
  return {
    samplesPerEpoch: learnt.length * (isRating ? 1 : 1 + spec.negatives),
    trainEpoch,
    state,
    steps,
    ...(earlyStopping && { earlyStopping }),
  };
}

function answer(parts: ModelParts<SpecOf<'neural_cf'>>, tf: Tensorflow): TrainedModel {
  const scorer = createScorer(tf, fromTensors(parts.weights));
  return createTrainedModel({
    kind: 'neural_cf',
    users: parts.users,
    movies: parts.movies,
    answersUnknownUsers: false,
    scoreAll(user) {
      if (user === null) throw new UnknownUser('neural_cf', null);
      return scorer.scoreAll(user);
    },
    scorePairs: scorer.scorePairs,
    similarityToAll: scorer.similarityToAll,
    similarityOf: scorer.similarityOf,
    ...(parts.spec.objective === 'rating' && { rate: (user, asked) => toRatings(scorer.scoreAll(user), asked) }),
    save: () => packModel(parts),
    dispose: scorer.dispose,
  });
}

function toRatings(scores: Float32Array, asked: Int32Array): RatingPrediction {
  const expected = Float32Array.from(asked, (movie) => toRating(scores[movie]!));
  return { expected, likeliest: halfStarsOf(expected) };
}

const toRating = (score: number) => Math.min(5, Math.max(0.5, score));
