/** Data sets of the benches, as the platform's snapshots. Bench data is read from a folder; none of it is kept here. */
import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInteractionBuilder, createVocabulary, type Interactions } from '../domain/recommender/interactions.ts';
import { createRandom } from '../domain/recommender/random.ts';
import type { MovieTable } from '../domain/recommender/snapshot.ts';

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

/** As many users, movies and ratings as asked for; some movies are far more popular than others, as in MovieLens. */
export function makeRatings(users: number, movies: number, count: number, seed = 1): BenchData {
  const random = createRandom(seed);
  const seen = new Set<number>();
  const rows: RatingRow[] = [];
  while (rows.length < count) {
    const user = Math.floor(users * random.next() ** 1.6);
    const movie = Math.floor(movies * random.next() ** 2.2);
    const pair = user * movies + movie;
    if (seen.has(pair)) continue;
    seen.add(pair);
    rows.push({ user: String(user + 1), movie: String(movie + 1), rating: 1 + random.below(5), at: rows.length * 1000 });
  }
  const table = Array.from({ length: movies }, (_, movie) => ({ id: String(movie + 1), title: '', genres: ['Drama'], year: 1990 }));
  return assemble(table, rows);
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
