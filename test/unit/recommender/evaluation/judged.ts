import { gateSettingsSchema } from '../../../../contracts/gate.ts';
import { evaluateModel, type ChampionModel } from '../../../../domain/recommender/evaluation/evaluateModel.ts';
import { answerQuestions, type Outcomes } from '../../../../domain/recommender/evaluation/outcomes.ts';
import { prepareQuestions, type Questions } from '../../../../domain/recommender/evaluation/questions.ts';
import { createTrainedModel, type ModelCore, type TrainedModel } from '../../../../domain/recommender/model/model.ts';
import type { Snapshot } from '../../../../domain/recommender/data/snapshot.ts';

export const signal = new AbortController().signal;
export const settings = gateSettingsSchema.parse({ resamples: 200 });

const prepared = new WeakMap<Snapshot, { questions: Questions; baseline: Outcomes }>();

/** The questions of a snapshot and popularity's answers, as the activity keeps them beside it. */
async function prepare(snapshot: Snapshot) {
  const known = prepared.get(snapshot);
  if (known) return known;
  const questions = prepareQuestions(snapshot);
  const { outcomes: baseline } = await answerQuestions(questions, questions.popularity, signal);
  prepared.set(snapshot, { questions, baseline });
  return { questions, baseline };
}

/** Evaluates as the activity does, without files. */
export async function evaluate(snapshot: Snapshot, model: TrainedModel, champion: ChampionModel | null = null) {
  const { questions, baseline } = await prepare(snapshot);
  return evaluateModel({ questions, name: model.kind, model, baseline, champion, settings, signal });
}

/** A model of the snapshot's vocabularies, or others, that scores as told. */
export const scoring = (
  { users, movies }: Pick<ModelCore, 'users' | 'movies'>,
  scoreAll: ModelCore['scoreAll'],
  over: Partial<ModelCore> = {},
): TrainedModel =>
  createTrainedModel({
    kind: 'neural_cf',
    users,
    movies,
    answersUnknownUsers: false,
    scoreAll,
    similarityToAll: () => new Float32Array(),
    save: () => ({}),
    dispose: () => undefined,
    ...over,
  });

/** Gives the held-out movie of each user the score of that question, every other movie 0 or what `others` says. */
export function scoringHeldOut(questions: Questions, scoreOf: (nth: number) => number, others = 0): TrainedModel {
  const places = new Map(questions.ranking.map(({ user }, nth) => [user, nth]));
  return scoring(questions.snapshot.interactions, (user) => {
    const scores = new Float32Array(questions.popularityCounts.length).fill(others);
    const nth = places.get(user!);
    if (nth !== undefined) for (const movie of questions.ranking[nth]!.relevant) scores[movie] = scoreOf(nth);
    return scores;
  });
}
