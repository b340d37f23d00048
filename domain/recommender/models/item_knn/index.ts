import type { SpecOf } from '../../../../contracts/models.ts';
import { settle } from '../../../../contracts/specs/modelSpec.ts';
import { permanent } from '../../../../contracts/failures.ts';
import { describeColdMovies } from '../../model/coldMovies.ts';
import { createCooccurrence } from '../../model/cooccurrence.ts';
import { highest } from '../../numeric/topK.ts';
import { historyTensors, readHistories } from '../../model/histories.ts';
import { countByUser, type Interactions } from '../../data/interactions.ts';
import { chooseLearntMovies, type LearntMovies } from '../../model/learntMovies.ts';
import { createHistoryModel } from '../../model/historyModel.ts';
import type { ModelKindDefinition, TrainedModel } from '../../model/model.ts';
import { packModel, unpackModel, weight, type ModelParts } from '../../model/modelParts.ts';
import { readMovieScores } from '../../model/movieScores.ts';
import { createPause, type Pause } from '../../numeric/pause.ts';
import type { Tensors } from '../../numeric/safetensors.ts';
import { DEFAULTS } from '../../../../contracts/specs/item_knn.ts';

type Spec = SpecOf<'item_knn'>;

/**
 * Item-based neighbours (Deshpande and Karypis 2004, "Item-based top-N recommendation algorithms", ACM TOIS 22(1)): a movie scores by how alike
 * it is to those the user chose. Likeness is the cosine over who chose both, where who chose much counts less, shrunk where few did.
 */
const itemKnn: ModelKindDefinition<Spec> = {
  kind: 'item_knn',
  async fit(given, { movies, chosen }, { signal }) {
    if (chosen.length === 0) throw permanent('EmptyDataset', 'there are no interactions to learn from');
    const spec = settle(given, DEFAULTS, chosen.length);
    const pause = createPause(signal);
    const learnt = chooseLearntMovies(chosen, Infinity);
    const weights = {
      ...(await findNeighbours(chosen, learnt, spec, pause)),
      ...(await describeColdMovies(movies, learnt, pause)),
      ...historyTensors(chosen),
    };
    return { model: answer({ spec, users: chosen.users, movies: movies.vocabulary, weights, losses: [] }), resumedFromEpoch: null };
  },
  load: (files) => answer(unpackModel(files, 'item_knn')),
  // Neighbours and likeness, with their file.
  memoryMb: (given, { movies, interactions }) =>
    (3 * 8 * movies * Math.min(movies, settle(given, DEFAULTS, interactions).neighbours)) / 2 ** 20,
};
export default itemKnn;

/** For each learnt movie, its neighbours as columns of the learnt ones, and their likeness; 0 where there are fewer. */
async function findNeighbours(
  chosen: Interactions,
  { movies, columns }: LearntMovies,
  { neighbours: most, shrinkage }: { neighbours: number; shrinkage: number },
  pause: Pause,
): Promise<Tensors> {
  const width = Math.min(most, movies.length);
  const weights = weighUsers(chosen);
  const cooccurrences = createCooccurrence(chosen, columns, weights);
  const popularity = new Float32Array(movies.length);
  chosen.movieIndex.forEach((movie, nth) => (popularity[columns[movie]!]! += weights[chosen.userIndex[nth]!]!));
  const neighbours = new Float32Array(movies.length * width);
  const likeness = new Float32Array(movies.length * width);
  const row = new Float32Array(movies.length);
  for (const [column, movie] of movies.entries()) {
    cooccurrences(movie, row);
    for (let other = 0; other < row.length; other += 1) {
      if (row[other]! > 0) row[other]! /= Math.sqrt(popularity[column]! * popularity[other]!) + shrinkage;
    }
    highest(row, width, (other) => other === column || row[other] === 0).forEach((other, nth) => {
      neighbours[column * width + nth] = other;
      likeness[column * width + nth] = row[other]!;
    });
    await pause();
  }
  return {
    learnt: { shape: [movies.length], values: Float32Array.from(movies) },
    neighbours: { shape: [movies.length, width], values: neighbours },
    likeness: { shape: [movies.length, width], values: likeness },
  };
}

/** The fewer movies a user chose, the more it says that two are among them: by inverse document frequency, squared. The mean over interactions is 1. */
function weighUsers({ users, movies, userIndex, length }: Interactions): Float32Array {
  const weights = countByUser({ users, userIndex }).map((count) => Math.log1p(movies.size / count) ** 2);
  let sum = 0;
  for (const user of userIndex) sum += weights[user]!;
  return weights.map((weight) => (weight * length) / sum);
}

function answer(parts: ModelParts<Spec>): TrainedModel {
  const { users, movies, weights } = parts;
  const neighbours = Int32Array.from(weight(weights, 'neighbours'));
  const likeness = weight(weights, 'likeness');
  const { learnt, hasLearnt, spread, similarityBy } = readMovieScores(weights, movies.size);
  const width = neighbours.length / learnt.movies.length;

  /** Each movie's score: the sum of its likeness to those of the given that are among its neighbours. */
  function scoreBy(given: Int32Array): Float32Array {
    const isGiven = new Uint8Array(learnt.movies.length);
    for (const movie of given) if (learnt.columns[movie]! >= 0) isGiven[learnt.columns[movie]!] = 1;
    const scores = new Float32Array(learnt.movies.length);
    for (let column = 0, at = 0; column < learnt.movies.length; column += 1) {
      let score = 0;
      for (const end = at + width; at < end; at += 1) if (isGiven[neighbours[at]!] === 1) score += likeness[at]!;
      scores[column] = score;
    }
    return spread(scores);
  }

  return createHistoryModel(readHistories(weights), {
    kind: 'item_knn',
    users,
    movies,
    scoreHistory: scoreBy,
    hasLearnt,
    similarityToAll: similarityBy((movie) => scoreBy(Int32Array.of(movie))),
    save: () => packModel(parts),
    dispose: () => undefined,
  });
}
