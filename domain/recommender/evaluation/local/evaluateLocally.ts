import path from 'node:path';
import {
  EVALUATION_PROTOCOLS,
  evaluationRequestSchema,
  type EvaluationAnswer,
  type EvaluationProtocol,
  type EvaluationRequest,
} from '../../../../contracts/evaluation.ts';
import { permanent } from '../../../../contracts/failures.ts';
import { gateSettingsSchema } from '../../../../contracts/gate.ts';
import { predictsRatings } from '../../../../contracts/models.ts';
import type { SplitKind } from '../../../../contracts/training.ts';
import type { TensorflowRuntime } from '../../../../platform/tensorflow.ts';
import { earlierFeatures } from '../../data/earlierFeatures.ts';
import { selectRows } from '../../data/interactions.ts';
import { NO_CHECKPOINTS, type FitContext } from '../../model/model.ts';
import { modelKind } from '../../models/index.ts';
import { createSnapshot, type Snapshot } from '../../data/snapshot.ts';
import { TRAIN } from '../../data/split.ts';
import { metricsOf } from '../metricTables.ts';
import { readNegatives } from './negativesFile.ts';
import { answerQuestions } from '../outcomes.ts';
import { nameOfSet, publishedFigures } from './publishedFigures.ts';
import { countNegatives, digestQuestions, prepareQuestions, type Questions } from '../questions.ts';
import { readRatingsFolder } from './ratingsFolder.ts';
import { intervalsOf } from '../evaluationReport.ts';
import { shareOfTied } from '../ties.ts';

const BYTES_A_MB = 1024;

interface Context extends Pick<FitContext, 'signal' | 'onProgress'> {
  /** Of a file's rows that may break one rule. */
  readonly maxRejectShare: number;
}

/**
 * Trains one model on a folder of ratings and evaluates it by one protocol.
 * @throws Failure that says what is wrong with the data, or that the kind has no answer in this protocol
 */
export async function evaluateLocally(
  given: EvaluationRequest,
  { tf, backend }: TensorflowRuntime,
  { maxRejectShare, ...context }: Context,
): Promise<EvaluationAnswer> {
  const {
    data,
    encoding,
    protocol,
    split = EVALUATION_PROTOCOLS[protocol].split,
    seed,
    negatives,
    spec,
  } = evaluationRequestSchema.parse(given);
  if (protocol === 'rating' && !predictsRatings(spec)) throw permanent('InvalidSpec', `${spec.kind} predicts no ratings`);
  const folder = await readRatingsFolder(data, { signal: context.signal, maxRejectShare, encoding });
  const drawn = createSnapshot(folder.interactions, folder.movies, seed, split);
  const { snapshot, ranking } = negatives === undefined ? { snapshot: drawn } : await readNegatives(negatives, drawn);
  const questions = prepareQuestions(withFeatures(snapshot), ranking);
  refuseWithoutQuestions(questions, protocol, split);
  const startedAt = performance.now();
  const { model } = await modelKind(spec.kind).fit(spec, questions.training, { tf, checkpoints: NO_CHECKPOINTS, ...context });
  const trainedAt = performance.now();
  const asked =
    protocol === 'rating' ? { ...questions, ranking: [] } : { ...questions, ratings: selectRows(questions.ratings, new Uint32Array()) };
  const { outcomes } = await answerQuestions(asked, model, context.signal);
  model.dispose();
  const name = nameOfSet(folder.rows);
  const { interactions } = snapshot;
  return {
    data: {
      name: name ?? path.basename(path.resolve(data)),
      format: folder.format,
      users: interactions.users.size,
      movies: new Set(interactions.movieIndex).size,
      interactions: interactions.length,
      set_aside: folder.setAside,
    },
    kind: spec.kind,
    split,
    seed,
    asked: protocol === 'rating' ? questions.ratings.length : questions.ranking.length,
    negatives: protocol === 'loo' ? countNegatives(questions) : null,
    tied_share: protocol === 'rating' ? null : shareOfTied(snapshot),
    questions_digest: digestQuestions(questions),
    metrics: metricsOf(asked, outcomes),
    intervals: intervalsOf(asked, outcomes, { ...gateSettingsSchema.parse({}), seed }),
    train_s: secondsBetween(startedAt, trainedAt),
    evaluate_s: secondsBetween(trainedAt, performance.now()),
    peak_mb: Math.round(process.resourceUsage().maxRSS / BYTES_A_MB),
    backend,
    published: split === EVALUATION_PROTOCOLS[protocol].split ? [...publishedFigures(name, protocol)] : [],
  };
}

/** What nobody could answer is known before anything is learnt. */
function refuseWithoutQuestions({ ranking, ratings }: Questions, protocol: EvaluationProtocol, split: SplitKind): void {
  if (protocol === 'rating' && ratings.length === 0)
    throw permanent('EmptyDataset', `there is nothing to judge by: the split ${split} holds out no rating of this data`);
  if (protocol !== 'rating' && ranking.length === 0)
    throw permanent(
      'EmptyDataset',
      `there is nothing to judge by: with the split ${split} no user of this data has a movie held out, one to learn from, and another that they never touched`,
    );
}

/** No held-out rating is in the features of another row. */
function withFeatures(snapshot: Snapshot): Snapshot {
  const { interactions, movies, rankingSplit, ratingSplit } = snapshot;
  return {
    ...snapshot,
    features: earlierFeatures(interactions, movies, (row) => rankingSplit[row] === TRAIN && ratingSplit[row] === TRAIN),
  };
}

const secondsBetween = (from: number, to: number) => Number(((to - from) / 1000).toFixed(2));
