import type { SetAside } from '../../../../contracts/evaluation.ts';
import { isReject } from '../../../catalogue/source.ts';
import { detectRatings, FORMAT_FILES, type ReadFormat, type SetFiles } from '../../../imports/reading/formats.ts';
import { readRatingLines } from '../../../imports/reading/ratingLines.ts';
import type { RatingText } from '../../../imports/reading/ratingText.ts';
import { readSetMovies, type SetMovie } from '../../../imports/reading/setMovies.ts';
import { createInteractionBuilder, createVocabulary, rowsWhere, selectRows, type Interactions } from '../../data/interactions.ts';
import type { MovieTable } from '../../data/snapshot.ts';
import { brokenByMovie, brokenByRating, createAside, type Aside, type Broken } from './localRules.ts';

export interface RatingsFolder {
  readonly format: string;
  readonly interactions: Interactions;
  readonly movies: MovieTable;
  /** Rows of the files, before those that a later one of the same user and movie replaces fell away. */
  readonly rows: number;
  readonly setAside: SetAside[];
}

export interface ReadFolderOptions {
  readonly signal: AbortSignal;
  /** Of a file's rows that may break one rule. */
  readonly maxRejectShare: number;
  /** Of the titles; found line by line when missing. */
  readonly encoding?: string | undefined;
}

/**
 * Reads a folder of ratings as an import would, or in the NCF paper's files. Ids stay as they are; rows that break a rule are set aside.
 * @throws Failure `SourceUnavailable` where there is no such folder or no ratings in it, `SourceCorrupt` where a file is not what it should be,
 *   `QualityGateFailed` where too many rows break a rule
 */
export async function readRatingsFolder(folder: string, { signal, maxRejectShare, encoding }: ReadFolderOptions): Promise<RatingsFolder> {
  const { format, files } = await detectRatings(folder);
  const aside = createAside(maxRejectShare);
  const listed = files.movies === null ? undefined : await readMovies(format, files, aside, encoding);
  const movies = listed?.table ?? (await nameMovies(format, files));
  const builder = createInteractionBuilder(movies.vocabulary);
  let rows = 0;
  let read = 0;
  for await (const row of readRatings(format, files, listed?.table)) {
    if (read % 10_000 === 0) signal.throwIfAborted();
    read += 1;
    if ('broken' in row) {
      aside.add(row.file, row.line, row.broken);
      continue;
    }
    builder.add(row.user, row.movie, row.rating, row.seconds * 1000);
    rows += 1;
  }
  const setAside = aside.close({ movies: listed?.read ?? 0, ratings: read });
  return { format: FORMAT_FILES[format].title, movies, interactions: withoutRepeats(builder.build()), rows, setAside };
}

type Row = RatingText | { readonly broken: Broken; readonly file: string; readonly line: number };

/** @param movies those that the folder lists, where it lists any */
async function* readRatings(format: ReadFormat, { ratings }: SetFiles, movies?: MovieTable): AsyncGenerator<Row> {
  for (const file of ratings) {
    for await (const one of readRatingLines(file, format)) {
      const broken = isReject(one) ? (['ratings.readable', one.reason] as const) : brokenByRating(one.row, movies?.vocabulary);
      if (broken) yield { broken, file, line: one.line };
      else if (!isReject(one)) yield one.row;
    }
  }
}

async function readMovies(
  format: ReadFormat,
  files: SetFiles,
  aside: Aside,
  encoding?: string,
): Promise<{ table: MovieTable; read: number }> {
  const movies = new Map<string, SetMovie>();
  let read = 0;
  for await (const one of readSetMovies(format, { ...files, links: null }, { encoding })) {
    read += 1;
    const broken = isReject(one) ? (['movies.readable', one.reason] as const) : brokenByMovie(one.row, movies.has(one.row.set_id));
    if (broken) aside.add(files.movies!, one.line, broken);
    else if (!isReject(one)) movies.set(one.row.set_id, one.row);
  }
  return { table: tableOf([...movies.values()]), read };
}

/** Where a format has no file of movies: those that are rated, under their ids. */
async function nameMovies(format: ReadFormat, files: SetFiles): Promise<MovieTable> {
  const ids = new Set<string>();
  for await (const row of readRatings(format, files)) if (!('broken' in row)) ids.add(row.movie);
  return tableOf([...ids].sort().map((id) => ({ set_id: id, title: id, release_year: null, genres: [] })));
}

const tableOf = (movies: readonly Omit<SetMovie, 'external_ids'>[]): MovieTable => ({
  vocabulary: createVocabulary(movies.map(({ set_id }) => set_id)),
  titles: movies.map(({ set_id, title }) => title ?? set_id),
  releaseYears: movies.map(({ release_year }) => release_year),
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
