import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { SET_FORMATS, type SetFormat } from '../../contracts/dataImport.ts';
import { permanent } from '../../contracts/failures.ts';

export interface FormatFiles {
  readonly movies: string;
  readonly ratings: string;
  /** Between the fields of a rating. */
  readonly separator: string;
  /** First line of the ratings, where there is one. */
  readonly ratingsHeader: string | null;
  /** There in some sets of the format. */
  readonly users: string | null;
  readonly links: string | null;
}

/** As the READMEs of the sets have them: https://grouplens.org/datasets/movielens/ */
export const FORMAT_FILES: Readonly<Record<SetFormat, FormatFiles>> = {
  csv: {
    movies: 'movies.csv',
    ratings: 'ratings.csv',
    separator: ',',
    ratingsHeader: 'userId,movieId,rating,timestamp',
    users: null,
    links: 'links.csv',
  },
  dat: { movies: 'movies.dat', ratings: 'ratings.dat', separator: '::', ratingsHeader: null, users: 'users.dat', links: null },
  tab: { movies: 'u.item', ratings: 'u.data', separator: '\t', ratingsHeader: null, users: 'u.user', links: null },
};

/** Names of the files that a set of any format may bring. */
export const SET_FILES: readonly string[] = [
  ...Object.values(FORMAT_FILES).flatMap(({ movies, ratings, users, links }) =>
    [movies, ratings, users, links].filter((name) => name !== null),
  ),
  'SHA256SUMS',
];

/**
 * The format whose movies and ratings lie in a folder.
 * @throws Failure `SourceUnavailable` where there is no such folder, or no set of that format in it
 */
export async function detectFormat(folder: string, wanted: SetFormat | 'auto'): Promise<SetFormat> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw permanent('SourceUnavailable', `${folder} cannot be read: ${error.code ?? error.message}`, { cause: error });
  });
  const missingOf = (format: SetFormat) =>
    [FORMAT_FILES[format].movies, FORMAT_FILES[format].ratings].filter((name) => !names.includes(name));
  const candidates = wanted === 'auto' ? SET_FORMATS : [wanted];
  const found = candidates.find((format) => missingOf(format).length === 0);
  if (found) return found;
  const missing = candidates.map((format) => `${format} lacks ${missingOf(format).join(' and ')}`);
  throw permanent('SourceUnavailable', `${path.basename(folder)} holds no MovieLens set: ${missing.join('; ')}`);
}
