import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { SET_FORMATS, type SetFormat } from '../../../contracts/dataImport.ts';
import { permanent } from '../../../contracts/failures.ts';
import { column, type Table } from './records.ts';

/** How files of own logs end; a zip or a folder is a set of MovieLens'. */
export const OWN_ENDINGS = ['.csv', '.tsv', '.txt', '.jsonl', '.ndjson', '.parquet'];

/** Those that are imported, and the NCF paper's, which has no movies and is evaluated alone. */
export const READ_FORMATS = [...SET_FORMATS, 'ncf'] as const;
export type ReadFormat = (typeof READ_FORMATS)[number];

/** A name, or what stands behind the set's where it begins with a dot. */
type FilePattern = string;

interface FormatFiles {
  /** What it is called where a person reads it. */
  readonly title: string;
  /** The first must be there. */
  readonly ratings: readonly FilePattern[];
  readonly movies: FilePattern | null;
  /** There in some sets of the format. */
  readonly users: FilePattern | null;
  readonly links: FilePattern | null;
  readonly ratingTable: Table;
  /** Whether ids are positive whole numbers, as in all of MovieLens' own sets. */
  readonly hasNumberedIds: boolean;
}

/** Ratings with the columns in a header, or in the order of all others. */
const ratingsBy = (separator: string, header?: readonly [user: string, movie: string]): Table => ({
  separator,
  hasHeader: header !== undefined,
  columns: [...(header ?? ['user', 'movie']), 'rating', 'timestamp'].map((name) => column(name)),
});

/**
 * As the READMEs of the sets have them: https://grouplens.org/datasets/movielens/, https://recbole.io/docs/user_guide/data/atomic_files.html,
 * https://github.com/hexiangnan/neural_collaborative_filtering
 */
export const FORMAT_FILES: Readonly<Record<ReadFormat, FormatFiles>> = {
  csv: {
    title: 'MovieLens, comma separated',
    ratings: ['ratings.csv'],
    movies: 'movies.csv',
    users: null,
    links: 'links.csv',
    ratingTable: ratingsBy(',', ['userId', 'movieId']),
    hasNumberedIds: true,
  },
  dat: {
    title: 'MovieLens, :: separated',
    ratings: ['ratings.dat'],
    movies: 'movies.dat',
    users: 'users.dat',
    links: null,
    ratingTable: ratingsBy('::'),
    hasNumberedIds: true,
  },
  tab: {
    title: 'MovieLens 100K',
    ratings: ['u.data'],
    movies: 'u.item',
    users: 'u.user',
    links: null,
    ratingTable: ratingsBy('\t'),
    hasNumberedIds: true,
  },
  atomic: {
    title: 'RecBole atomic files',
    ratings: ['.inter'],
    movies: '.item',
    users: '.user',
    links: null,
    ratingTable: ratingsBy('\t', ['user_id', 'item_id']),
    hasNumberedIds: false,
  },
  ncf: {
    title: 'NCF files',
    ratings: ['.train.rating', '.test.rating'],
    movies: null,
    users: null,
    links: null,
    ratingTable: ratingsBy('\t'),
    hasNumberedIds: false,
  },
};

const fits = (name: string, pattern: FilePattern) => (pattern.startsWith('.') ? name.endsWith(pattern) : name === pattern);

/** Whether a set of any format that is imported may bring a file of the name. */
export const isOfASet = (name: string): boolean =>
  name === 'SHA256SUMS' ||
  SET_FORMATS.some((format) => {
    const { ratings, movies, users, links } = FORMAT_FILES[format];
    return [...ratings, movies, users, links].some((pattern) => pattern !== null && fits(name, pattern));
  });

/** A set's files by path, those that are there. */
export interface SetFiles {
  readonly ratings: readonly string[];
  readonly movies: string | null;
  readonly users: string | null;
  readonly links: string | null;
}

/** @throws Failure `SourceUnavailable` where there is no such folder */
export async function findFiles(folder: string, format: ReadFormat): Promise<SetFiles> {
  return filesAmong(folder, await namesIn(folder), format);
}

function filesAmong(folder: string, names: readonly string[], format: ReadFormat): SetFiles {
  const { ratings, movies, users, links } = FORMAT_FILES[format];
  const find = (pattern: FilePattern | null) => {
    const found = pattern === null ? undefined : names.find((name) => fits(name, pattern));
    return found === undefined ? null : path.join(folder, found);
  };
  return {
    ratings: ratings.map(find).filter((file) => file !== null),
    movies: find(movies),
    users: find(users),
    links: find(links),
  };
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? `there is no folder ${folder}` : `${folder} cannot be read: ${error.code ?? error.message}`;
    throw permanent('SourceUnavailable', why, { cause: error });
  });
  return names.sort();
}

const nameOf = (pattern: FilePattern) => (pattern.startsWith('.') ? `*${pattern}` : pattern);

/**
 * The format whose movies and ratings lie in a folder.
 * @throws Failure `SourceUnavailable` where there is no such folder, or no set of that format in it
 */
export async function detectFormat(folder: string, wanted: SetFormat | 'auto'): Promise<SetFormat> {
  const names = await namesIn(folder);
  const missingOf = (format: SetFormat) => {
    const { ratings, movies } = FORMAT_FILES[format];
    return [movies!, ratings[0]!].filter((pattern) => !names.some((name) => fits(name, pattern))).map(nameOf);
  };
  const candidates = wanted === 'auto' ? SET_FORMATS : [wanted];
  const found = candidates.find((format) => missingOf(format).length === 0);
  if (found) return found;
  const missing = candidates.map((format) => `${format} lacks ${missingOf(format).join(' and ')}`);
  throw permanent('SourceUnavailable', `${path.basename(folder)} holds no set of ratings: ${missing.join('; ')}`);
}

/**
 * The format whose ratings lie in a folder, with movies or without.
 * @throws Failure `SourceUnavailable` where there is no such folder, or no ratings in it
 */
export async function detectRatings(folder: string): Promise<{ format: ReadFormat; files: SetFiles }> {
  const names = await namesIn(folder);
  for (const format of READ_FORMATS) {
    if (!names.some((name) => fits(name, FORMAT_FILES[format].ratings[0]!))) continue;
    return { format, files: filesAmong(folder, names, format) };
  }
  const known = READ_FORMATS.map((format) => nameOf(FORMAT_FILES[format].ratings[0]!));
  throw permanent('SourceUnavailable', `${folder} has no ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`);
}

/** Whether a set's movies go by 100K's ids, which no other set shares. */
export const goesBy100k = (format: ReadFormat, { ratings }: SetFiles): boolean =>
  format === 'tab' || (format === 'atomic' && path.basename(ratings[0] ?? '').startsWith('ml-100k'));
