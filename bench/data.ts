/** Data sets of the benches: read from a folder, or made up. */
import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInteractionBuilder, createVocabulary, type Interactions } from '../domain/recommender/data/interactions.ts';
import { createRandom } from '../domain/recommender/numeric/random.ts';
import { createSnapshot, type MovieTable, type Snapshot } from '../domain/recommender/data/snapshot.ts';

export interface BenchData {
  readonly interactions: Interactions;
  readonly movies: MovieTable;
}

interface RatingRow {
  readonly user: string;
  readonly movie: string;
  readonly rating: number;
  readonly at: number;
}

/** MovieLens's latest family (`ratings.csv`, `movies.csv`). */
export function readMovieLens(folder: string): BenchData {
  const rows = (name: string) => parse<Record<string, string>>(readFileSync(path.join(folder, name)), { columns: true });
  const movies = rows('movies.csv').map(({ movieId, title, genres }) => ({
    id: movieId!,
    title: title!,
    genres: genres === '(no genres listed)' ? [] : genres!.split('|'),
    year: Number(/\((\d{4})\)\s*$/.exec(title!)?.[1]) || null,
  }));
  const ratings = rows('ratings.csv').map(({ userId, movieId, rating, timestamp }) => ({
    user: userId!,
    movie: movieId!,
    rating: Number(rating),
    at: Number(timestamp) * 1000,
  }));
  return assemble(movies, ratings);
}

/** ML-100K as RecBole's wheel holds it (`ml-100k.inter`, `ml-100k.item`, tab separated). */
export function readRecBole(folder: string): BenchData {
  const rows = (name: string) =>
    readFileSync(path.join(folder, name), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t'));
  const movies = rows('ml-100k.item').map(([id, title, year, genres]) => ({
    id: id!,
    title: title!,
    genres: genres?.split(' ') ?? [],
    year: Number(year) || null,
  }));
  const ratings = rows('ml-100k.inter').map(([user, movie, rating, at]) => ({
    user: user!,
    movie: movie!,
    rating: Number(rating),
    at: Number(at) * 1000,
  }));
  return assemble(movies, ratings);
}

export interface Sizes {
  readonly users: number;
  readonly movies: number;
  /** Choices of a user, on average. */
  readonly perUser: number;
}

export const ML_100K: Sizes = { users: 943, movies: 1_682, perUser: 106 };
export const ML_1M: Sizes = { users: 6_040, movies: 3_706, perUser: 166 };
export const ML_25M: Sizes = { users: 162_541, movies: 59_047, perUser: 154 };

/** Choices by users who differ in zeal, of movies that differ in fame. */
export function makeChoices({ users, movies, perUser }: Sizes): Snapshot {
  const random = createRandom(1);
  const vocabulary = createVocabulary(Array.from({ length: movies }, (_, movie) => String(movie + 1)));
  const builder = createInteractionBuilder(vocabulary);
  for (let user = 0; user < users; user += 1) {
    const zeal = Math.min(Math.ceil(perUser * 0.6 * Math.exp(random.normal())), movies / 4);
    const chosen = new Set<number>();
    while (chosen.size < Math.max(4, zeal)) chosen.add(Math.floor(movies * random.next() ** 2.5));
    let at = 0;
    for (const movie of chosen) builder.add(`u${user}`, vocabulary.ids[movie]!, 4, (at += 1000));
  }
  const titles = vocabulary.ids.map((id) => `Movie ${id}`);
  const table = { vocabulary, titles, genres: titles.map(() => ['Drama']), releaseYears: titles.map(() => 1999) };
  return createSnapshot(builder.build(), table, 1);
}

interface MovieRow {
  readonly id: string;
  readonly title: string;
  readonly genres: readonly string[];
  readonly year: number | null;
}

function assemble(movies: readonly MovieRow[], ratings: readonly RatingRow[]): BenchData {
  const table = {
    vocabulary: createVocabulary(movies.map(({ id }) => id)),
    titles: movies.map(({ title }) => title),
    genres: movies.map(({ genres }) => genres),
    releaseYears: movies.map(({ year }) => year),
  };
  const builder = createInteractionBuilder(table.vocabulary);
  for (const { user, movie, rating, at } of ratings) builder.add(user, movie, rating, at);
  return { interactions: builder.build(), movies: table };
}
