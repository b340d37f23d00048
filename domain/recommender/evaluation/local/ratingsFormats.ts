import { parse as parseCsv } from 'csv-parse/sync';
import { permanent } from '../../../../contracts/failures.ts';

export interface MovieLine {
  readonly id: string;
  readonly title: string;
  readonly year: number | null;
  readonly genres: readonly string[];
}

/** Where a folder has its ratings and movies, and how they are written. */
export interface FolderFormat {
  readonly name: string;
  readonly ratings: {
    readonly files: readonly string[];
    readonly separator: string;
    /** Positions of user, movie, rating and seconds. */
    readonly columns: readonly number[];
    /** Finds them in the first line, where that is a header. */
    readonly header?: (fields: readonly string[]) => readonly number[];
  };
  readonly movies: { readonly file: string; readonly parse: (text: string) => MovieLine[] } | null;
}

const IN_ORDER = [0, 1, 2, 3];
const GENRES_OF_100K =
  "unknown|Action|Adventure|Animation|Children's|Comedy|Crime|Documentary|Drama|Fantasy|Film-Noir|Horror|Musical|Mystery|Romance|Sci-Fi|Thriller|War|Western".split(
    '|',
  );

/** The format of a folder with these files; undefined where none fits. */
export function formatOf(names: readonly string[]): FolderFormat | undefined {
  const ending = (suffix: string) => names.find((name) => name.endsWith(suffix));
  const having = (file: string, parse: (text: string) => MovieLine[]) => (names.includes(file) ? { file, parse } : null);
  const [inter, item, train, test] = [ending('.inter'), ending('.item'), ending('.train.rating'), ending('.test.rating')];
  if (names.includes('ratings.csv')) {
    const ratings = {
      files: ['ratings.csv'],
      separator: ',',
      columns: IN_ORDER,
      header: named(['userId', 'movieId', 'rating', 'timestamp']),
    };
    return { name: 'MovieLens, comma separated', ratings, movies: having('movies.csv', moviesOfCsv) };
  }
  if (names.includes('ratings.dat')) {
    const ratings = { files: ['ratings.dat'], separator: '::', columns: IN_ORDER };
    return { name: 'MovieLens, :: separated', ratings, movies: having('movies.dat', moviesOfDat) };
  }
  if (names.includes('u.data')) {
    return {
      name: 'MovieLens 100K',
      ratings: { files: ['u.data'], separator: '\t', columns: IN_ORDER },
      movies: having('u.item', moviesOf100k),
    };
  }
  if (inter !== undefined) {
    const header = named(['user_id:token', 'item_id:token', 'rating:float', 'timestamp:float']);
    const ratings = { files: [inter], separator: '\t', columns: IN_ORDER, header };
    return { name: 'RecBole atomic files', ratings, movies: item === undefined ? null : having(item, moviesOfItems) };
  }
  if (train === undefined) return undefined;
  const files = [train, ...(test === undefined ? [] : [test])];
  return { name: 'NCF files', ratings: { files, separator: '\t', columns: IN_ORDER }, movies: null };
}

const named = (columns: readonly string[]) => (fields: readonly string[]) =>
  columns.map((column) => {
    const at = fields.indexOf(column);
    if (at === -1) throw permanent('SourceCorrupt', `the header "${fields.join(' ')}" has no ${column}`);
    return at;
  });

const linesOf = (text: string, separator: string) =>
  text
    .split(/\r?\n/)
    .filter(Boolean)
    .map((line) => line.split(separator));

/** `Toy Story (1995)` */
const withTitle = (id: string, text: string, genres: readonly string[]): MovieLine => {
  const year = /\((\d{4})\)\s*$/.exec(text)?.[1];
  return { id, title: text, year: year === undefined ? null : Number(year), genres };
};

const moviesOfCsv = (text: string) =>
  parseCsv(Buffer.from(text, 'latin1'), { bom: true, relax_column_count: true, from: 2 }).map(([id = '', title = '', genres = '']) =>
    withTitle(id, title, genres.startsWith('(') ? [] : genres.split('|')),
  );

const moviesOfDat = (text: string) =>
  linesOf(text, '::').map(([id = '', title = '', genres = '']) => withTitle(id, title, genres.startsWith('(') ? [] : genres.split('|')));

const moviesOf100k = (text: string) =>
  linesOf(text, '|').map(([id = '', title = '', , , , ...flags]) =>
    withTitle(
      id,
      title,
      GENRES_OF_100K.filter((_, genre) => flags[genre] === '1'),
    ),
  );

function moviesOfItems(text: string): MovieLine[] {
  const [head = [], ...lines] = linesOf(text, '\t');
  const at = (column: string) => head.findIndex((name) => name.startsWith(column));
  const [id, title, year, genres] = [at('item_id'), at('movie_title'), at('release_year'), at('class')];
  return lines.map((fields) => ({
    id: fields[id] ?? '',
    title: fields[title] ?? '',
    year: Number(fields[year]) || null,
    genres: fields[genres]?.split(' ').filter(Boolean) ?? [],
  }));
}
