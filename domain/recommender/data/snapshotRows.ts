import type { SchemaElement } from 'hyparquet';
import type { ParquetRows } from '../../../platform/parquet.ts';
import type { FeatureTable } from './featureTable.ts';
import type { MovieTable, Snapshot } from './snapshot.ts';
import { PARTS } from './split.ts';

const INTERACTION_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 6 },
  { name: 'user_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'movie_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'rating', type: 'FLOAT', repetition_type: 'OPTIONAL' },
  { name: 'rated_at', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' },
  { name: 'ranking_split', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'rating_split', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
];
const MOVIE_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 4 },
  { name: 'movie_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'title', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'genres', converted_type: 'LIST', num_children: 1, repetition_type: 'REQUIRED' },
  { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'release_year', type: 'INT32', repetition_type: 'OPTIONAL' },
];

/** A row for each row of interactions.parquet, in its order. */
const featureSchema = (names: readonly string[]): SchemaElement[] => [
  { name: 'root', num_children: names.length },
  ...names.map((name): SchemaElement => ({ name, type: 'FLOAT', repetition_type: 'OPTIONAL' })),
];

export function interactionRows({ interactions, movies, rankingSplit, ratingSplit }: Snapshot): ParquetRows {
  const { users, userIndex, movieIndex, rating, ratedAt, length } = interactions;
  const group = (from: number, to: number) => ({
    user_id: Array.from(userIndex.subarray(from, to), (user) => users.ids[user]),
    movie_id: Array.from(movieIndex.subarray(from, to), (movie) => movies.vocabulary.ids[movie]),
    rating: Array.from(rating.subarray(from, to), (value) => (Number.isNaN(value) ? null : value)),
    rated_at: Array.from(ratedAt.subarray(from, to), (at) => new Date(at)),
    ranking_split: Array.from(rankingSplit.subarray(from, to), (part) => PARTS[part]),
    rating_split: Array.from(ratingSplit.subarray(from, to), (part) => PARTS[part]),
  });
  return { schema: INTERACTION_SCHEMA, length, group };
}

export const movieRows = ({ vocabulary, titles, genres, releaseYears }: MovieTable): ParquetRows => ({
  schema: MOVIE_SCHEMA,
  length: vocabulary.size,
  group: (from, to) => ({
    movie_id: vocabulary.ids.slice(from, to),
    title: titles.slice(from, to),
    genres: genres.slice(from, to),
    release_year: releaseYears.slice(from, to),
  }),
});

export const featureRows = ({ names, columns }: FeatureTable, length: number): ParquetRows => ({
  schema: featureSchema(names),
  length,
  group: (from, to) =>
    Object.fromEntries(
      names.map((name, at) => [name, Array.from(columns[at]!.subarray(from, to), (value) => (Number.isNaN(value) ? null : value))]),
    ),
});
