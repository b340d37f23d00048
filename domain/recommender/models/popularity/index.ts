import type { SpecOf } from '../../../../contracts/models.ts';
import { permanent } from '../../../../contracts/failures.ts';
import { cosineToAll } from '../../numeric/cosine.ts';
import { createGenreMatrix } from '../../data/genreMatrix.ts';
import type { Interactions } from '../../data/interactions.ts';
import { createTrainedModel, type ModelKindDefinition, type TrainedModel } from '../../model/model.ts';
import { packModel, unpackModel, weight, type ModelParts } from '../../model/modelParts.ts';
import { dampedMean, halfStarsOf, meanRating } from '../../data/ratings.ts';
import type { Tensor } from '../../numeric/safetensors.ts';
import type { TrainingData } from '../../data/snapshot.ts';

/**
 * The same answer for everyone: how many users chose each movie (TopPop of Cremonesi et al. 2010, doi:10.1145/1864708.1864721). The baseline every
 * other kind is held against; for ratings it answers with the movie's damped mean.
 */
const popularity: ModelKindDefinition<SpecOf<'popularity'>> = {
  kind: 'popularity',
  async fit(_spec, data) {
    if (data.chosen.length === 0) throw permanent('EmptyDataset', 'there are no interactions to count');
    return { model: countPopularity(data), resumedFromEpoch: null };
  },
  load: (files) => answer(unpackModel(files, 'popularity')),
};
export default popularity;

export function countPopularity({ movies, chosen, rated }: TrainingData): TrainedModel {
  const counts = new Float32Array(movies.vocabulary.size);
  for (const movie of chosen.movieIndex) counts[movie]! += 1;
  const genres = createGenreMatrix(movies);
  const weights = {
    counts: column(counts),
    mean_ratings: column(meanRatings(rated, movies.vocabulary.size)),
    genres: { shape: [movies.vocabulary.size, genres.names.length], values: genres.values },
  };
  return answer({ spec: { kind: 'popularity' }, users: chosen.users, movies: movies.vocabulary, weights, losses: [] });
}

const column = (values: Float32Array): Tensor => ({ shape: [values.length], values });

/** Each movie's damped mean rating. */
function meanRatings(rated: Interactions, movieCount: number): Float32Array {
  const overall = meanRating(rated);
  const sums = new Float32Array(movieCount);
  const counts = new Float32Array(movieCount);
  for (let row = 0; row < rated.length; row += 1) {
    sums[rated.movieIndex[row]!]! += rated.rating[row]!;
    counts[rated.movieIndex[row]!]! += 1;
  }
  return sums.map((sum, movie) => dampedMean(sum, counts[movie]!, overall));
}

function answer(parts: ModelParts<SpecOf<'popularity'>>): TrainedModel {
  const { users, movies, weights } = parts;
  const counts = weight(weights, 'counts');
  const meanRatings = weight(weights, 'mean_ratings');
  const genres = weight(weights, 'genres');
  const most = counts.reduce((highest, count) => Math.max(highest, count), 1);
  return createTrainedModel({
    kind: 'popularity',
    users,
    movies,
    answersUnknownUsers: true,
    scoreAll: () => counts,
    // How far the genres agree comes first, the count decides among those that agree as much.
    similarityToAll: (movie) =>
      cosineToAll(genres, genres.length / movies.size, movie).map((cosine, other) => cosine * (1 + counts[other]! / most)),
    rate(_user, asked) {
      const expected = Float32Array.from(asked, (movie) => meanRatings[movie]!);
      return { expected, likeliest: halfStarsOf(expected) };
    },
    save: () => packModel(parts),
    dispose: () => undefined,
  });
}
