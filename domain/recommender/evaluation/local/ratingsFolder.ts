import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { permanent } from '../../../../contracts/failures.ts';
import { createInteractionBuilder, createVocabulary, rowsWhere, selectRows, type Interactions } from '../../data/interactions.ts';
import type { MovieTable } from '../../data/snapshot.ts';
import { formatOf, type FolderFormat } from './ratingsFormats.ts';

export interface RatingsFolder {
  readonly format: string;
  readonly interactions: Interactions;
  readonly movies: MovieTable;
  /** Rows of the files, before those that a later one of the same user and movie replaces fell away. */
  readonly rows: number;
}

/**
 * Reads a folder of ratings in one of MovieLens's own formats, of RecBole's atomic files, or of the NCF paper's files. Ids stay as they are.
 * @throws Failure `SourceUnavailable` where there is no such folder or no ratings in it, `SourceCorrupt` that names file and line
 */
export async function readRatingsFolder(folder: string, signal: AbortSignal): Promise<RatingsFolder> {
  const names = await readdir(folder).catch(() => {
    throw permanent('SourceUnavailable', `there is no folder ${folder}`);
  });
  const format = formatOf(names.sort());
  if (!format) {
    throw permanent('SourceUnavailable', `${folder} has no ratings.csv, ratings.dat, u.data, *.inter or *.train.rating`);
  }
  const movies = format.movies ? await readMovies(folder, format.movies) : await nameMovies(folder, format);
  const builder = createInteractionBuilder(movies.vocabulary);
  let rows = 0;
  for await (const row of readRows(folder, format)) {
    if (rows % 10_000 === 0) signal.throwIfAborted();
    if (movies.vocabulary.indexOf(row.movie) === undefined) throw corrupt(row.at, `movie ${row.movie} is not in ${format.movies?.file}`);
    builder.add(row.user, row.movie, row.rating, row.seconds * 1000);
    rows += 1;
  }
  return { format: format.name, movies, interactions: withoutRepeats(builder.build()), rows };
}

interface Row {
  readonly user: string;
  readonly movie: string;
  readonly rating: number;
  readonly seconds: number;
  /** File and line. */
  readonly at: string;
}

async function* readRows(folder: string, { ratings }: FolderFormat): AsyncGenerator<Row> {
  for (const file of ratings.files) {
    let columns = ratings.columns;
    let line = 0;
    for await (const text of linesOf(path.join(folder, file))) {
      line += 1;
      if (text === '') continue;
      const fields = (line === 1 ? withoutMark(text) : text).split(ratings.separator);
      if (line === 1 && ratings.header) columns = ratings.header(fields);
      else yield toRow(fields, columns, `${file}, line ${line}`);
    }
  }
}

function toRow(fields: readonly string[], [userAt, movieAt, ratingAt, timeAt]: readonly number[], at: string): Row {
  const [user, movie] = [fields[userAt!], fields[movieAt!]];
  const [rating, seconds] = [Number(fields[ratingAt!]), Number(fields[timeAt!])];
  if (!user || !movie) throw corrupt(at, 'user or movie is missing');
  if (!(rating >= 0 && rating <= 5)) throw corrupt(at, `the rating "${fields[ratingAt!]}" is not 0 to 5`);
  if (!Number.isFinite(seconds)) throw corrupt(at, `the time "${fields[timeAt!]}" is not a number of seconds`);
  return { user, movie, rating, seconds, at };
}

async function readMovies(folder: string, { file, parse }: NonNullable<FolderFormat['movies']>): Promise<MovieTable> {
  const movies = parse(withoutMark(await readFile(path.join(folder, file), 'latin1')));
  return tableOf(movies.filter(({ id }) => id));
}

/** Where a format has no file of movies: those that are rated, under their ids. */
async function nameMovies(folder: string, format: FolderFormat): Promise<MovieTable> {
  const ids = new Set<string>();
  for await (const { movie } of readRows(folder, format)) ids.add(movie);
  return tableOf([...ids].sort().map((id) => ({ id, title: id, year: null, genres: [] })));
}

const tableOf = (movies: readonly { id: string; title: string; year: number | null; genres: readonly string[] }[]): MovieTable => ({
  vocabulary: createVocabulary(movies.map(({ id }) => id)),
  titles: movies.map(({ title }) => title),
  releaseYears: movies.map(({ year }) => year),
  genres: movies.map(({ genres }) => genres),
});

/** Of what a user rated twice the later one stays: rows are sorted by user, then time. */
function withoutRepeats(interactions: Interactions): Interactions {
  const { userIndex, movieIndex, movies, length } = interactions;
  const lastUserOf = new Int32Array(movies.size).fill(-1);
  const stays = new Uint8Array(length);
  for (let row = length - 1; row >= 0; row -= 1) {
    const movie = movieIndex[row]!;
    stays[row] = lastUserOf[movie] === userIndex[row] ? 0 : 1;
    lastUserOf[movie] = userIndex[row]!;
  }
  return stays.includes(0)
    ? selectRows(
        interactions,
        rowsWhere(interactions, (row) => stays[row] === 1),
      )
    : interactions;
}

/** Ids and numbers are ASCII in every format, so the encoding of titles does not matter here. */
const linesOf = (file: string) => createInterface({ input: createReadStream(file, 'latin1'), crlfDelay: Infinity });

/** Without the byte order mark that a file may begin with, as it reads in Latin-1. */
const withoutMark = (text: string): string => text.replace(/^\xef\xbb\xbf/, '');

const corrupt = (at: string, reason: string) => permanent('SourceCorrupt', `${at}: ${reason}`);
