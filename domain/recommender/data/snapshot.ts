import { createHash } from 'node:crypto';
import { permanent } from '../../../contracts/failures.ts';
import type { SplitKind } from '../../../contracts/training.ts';
import { NO_FEATURES, selectFeatures, type FeatureTable } from './featureTable.ts';
import { rowsWhere, selectRows, type Interactions, type Vocabulary } from './interactions.ts';
import { splitInteractions, TEST, TRAIN, VALIDATION } from './split.ts';

/** The catalogue; row `i` is movie `i` of the vocabulary. */
export interface MovieTable {
  readonly vocabulary: Vocabulary;
  readonly titles: readonly string[];
  readonly genres: readonly (readonly string[])[];
  readonly releaseYears: readonly (number | null)[];
}

/** What one training run learns from and is judged on: the ratings, the catalogue, and which row is held out in which protocol. */
export interface Snapshot {
  readonly interactions: Interactions;
  readonly movies: MovieTable;
  /** As of each interaction's own time. */
  readonly features: FeatureTable;
  readonly split: SplitKind;
  /** Part of the split by which models are asked to rank, a row each. */
  readonly rankingSplit: Uint8Array;
  /** Part of the split by which models are asked for ratings, a row each. */
  readonly ratingSplit: Uint8Array;
  /** Seed of the split and of the sampled negatives. */
  readonly seed: number;
}

/** What a run may learn from; held-out rows are not in it. */
export interface TrainingData {
  readonly movies: MovieTable;
  /** Learnt from as "the user chose this movie": train rows of the ranking split. */
  readonly chosen: Interactions;
  /** Learnt from as "the user rated it so": rows that are train in both splits, so that either protocol may judge the model. */
  readonly rated: Interactions;
  /** What was known when each row of `rated` was given. */
  readonly ratedFeatures: FeatureTable;
  /** Validation rows of the ranking split: to choose between models by, such as how much each counts in a blend. No model learns from them. */
  readonly validation: Interactions;
  /** Rated validation rows of the rating split that the ranking split does not hold out for test either; for the same. */
  readonly validationRatings: Interactions;
}

/**
 * Splits the interactions.
 * @throws Failure `EmptyDataset` where there is no interaction
 */
export function createSnapshot(
  interactions: Interactions,
  movies: MovieTable,
  seed: number,
  split: SplitKind = 'leave_one_out',
  features: FeatureTable = NO_FEATURES,
): Snapshot {
  if (interactions.length === 0) throw permanent('EmptyDataset', 'there are no ratings to make a training snapshot of');
  return { interactions, movies, features, seed, split, ...splitInteractions(split, interactions, seed) };
}

export function trainingDataOf({ interactions, movies, features, rankingSplit, ratingSplit }: Snapshot): TrainingData {
  const isChosen = (row: number) => rankingSplit[row] === TRAIN;
  const isRated = (row: number) => isChosen(row) && ratingSplit[row] === TRAIN && !Number.isNaN(interactions.rating[row]);
  const isToJudge = (row: number) =>
    ratingSplit[row] === VALIDATION && rankingSplit[row] !== TEST && !Number.isNaN(interactions.rating[row]);
  const ratedRows = rowsWhere(interactions, isRated);
  return {
    movies,
    chosen: selectRows(interactions, rowsWhere(interactions, isChosen)),
    rated: selectRows(interactions, ratedRows),
    ratedFeatures: selectFeatures(features, ratedRows),
    validation: selectRows(
      interactions,
      rowsWhere(interactions, (row) => rankingSplit[row] === VALIDATION),
    ),
    validationRatings: selectRows(interactions, rowsWhere(interactions, isToJudge)),
  };
}

/** sha256 over everything a snapshot says, whatever file format holds it. */
export function hashSnapshot({ interactions, movies, features, rankingSplit, ratingSplit, seed, split }: Snapshot): string {
  const hash = createHash('sha256').update('movie-mlops snapshot 1\n');
  const { userIndex, movieIndex, rating, ratedAt } = interactions;
  const { vocabulary, titles, genres, releaseYears } = movies;
  hash.update(JSON.stringify([seed, split, interactions.users.ids, vocabulary.ids, titles, genres, releaseYears, features.names]));
  for (const column of [
    userIndex,
    movieIndex,
    withOneNaN(rating),
    ratedAt,
    rankingSplit,
    ratingSplit,
    ...features.columns.map(withOneNaN),
  ]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest('hex');
}

/** sha256 of each column of each file, so that where the whole is not what its name says, the part that differs is known. */
export function digestColumns({ interactions, movies, features, rankingSplit, ratingSplit }: Snapshot): Record<string, string> {
  const { users, userIndex, movieIndex, rating, ratedAt } = interactions;
  const text = (value: unknown) => Buffer.from(JSON.stringify(value));
  const parts: Record<string, readonly ArrayBufferView[]> = {
    'movies.parquet movie_id': [text(movies.vocabulary.ids)],
    'movies.parquet title': [text(movies.titles)],
    'movies.parquet genres': [text(movies.genres)],
    'movies.parquet release_year': [text(movies.releaseYears)],
    'interactions.parquet user_id': [text(users.ids), userIndex],
    'interactions.parquet movie_id': [movieIndex],
    'interactions.parquet rating': [withOneNaN(rating)],
    'interactions.parquet rated_at': [ratedAt],
    'interactions.parquet ranking_split': [rankingSplit],
    'interactions.parquet rating_split': [ratingSplit],
  };
  features.names.forEach((name, at) => (parts[`features.parquet ${name}`] = [withOneNaN(features.columns[at]!)]));
  return Object.fromEntries(Object.entries(parts).map(([name, contents]) => [name, sha256(...contents)]));
}

function sha256(...contents: readonly ArrayBufferView[]): string {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of contents) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}

const NAN_BITS = 0x7fc00000;

/** NaN has many bit patterns, and which one a division leaves is the processor's choice; the hash must not depend on it. */
function withOneNaN(values: Float32Array): Float32Array {
  const copy = values.slice();
  const bits = new Int32Array(copy.buffer);
  values.forEach((value, at) => {
    if (Number.isNaN(value)) bits[at] = NAN_BITS;
  });
  return copy;
}
