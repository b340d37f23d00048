import { splitTitle, toGenres } from '../../catalogue/movielens.ts';
import type { SourceRow } from '../../catalogue/source.ts';
import { FORMAT_FILES, goesBy100k, type ReadFormat, type SetFiles } from './formats.ts';
import { isMovieId, wholeNumber } from './ids.ts';
import { column, isRecord, readRecords, type Table } from './records.ts';
import { readSetLinks } from './setLinks.ts';

/** A movie as its set has it. */
export interface SetMovie {
  readonly set_id: string;
  /** Null where it is empty. */
  readonly title: string | null;
  readonly release_year: number | null;
  readonly genres: readonly string[];
  /** Its ids elsewhere, by catalogue name. */
  readonly external_ids: Readonly<Record<string, string>>;
}

/** Under this name the ids of 100K, which no other set shares, stand beside the catalogue's. */
export const TAB_CATALOGUE = 'ml-100k';

/** u.item's last 19 fields, in the order of u.genre. */
// prettier-ignore
const TAB_GENRES = [
  'unknown', 'Action', 'Adventure', 'Animation', "Children's", 'Comedy', 'Crime', 'Documentary', 'Drama', 'Fantasy', 'Film-Noir', 'Horror',
  'Musical', 'Mystery', 'Romance', 'Sci-Fi', 'Thriller', 'War', 'Western',
];
const columns = (...names: string[]) => names.map((name) => column(name));
const optional = (...names: string[]) => ({ ...column(...names), isOptional: true as const });

interface MovieTable extends Table {
  readonly read: (fields: readonly string[]) => Pick<SetMovie, 'title' | 'release_year' | 'genres'>;
}

/** `Toy Story (1995)`, and genres. */
function readTitled(fullTitle: string, genres: readonly string[]) {
  const { title, year } = splitTitle(fullTitle);
  return { title: title === '' ? null : title, release_year: year, genres };
}

const TABLES: Readonly<Record<Exclude<ReadFormat, 'ncf'>, MovieTable>> = {
  csv: {
    separator: ',',
    hasHeader: true,
    columns: columns('movieId', 'title', 'genres'),
    read: ([, title = '', genres = '']) => readTitled(title, toGenres(genres)),
  },
  dat: {
    separator: '::',
    hasHeader: false,
    columns: columns('movieId', 'title', 'genres'),
    read: ([, title = '', genres = '']) => readTitled(title, toGenres(genres)),
  },
  tab: {
    separator: '|',
    hasHeader: false,
    columns: columns('movieId', 'title', 'released', 'video released', 'address', ...TAB_GENRES),
    read: ([, title = '', , , , ...flags]) => {
      const genres = TAB_GENRES.filter((genre, index) => genre !== 'unknown' && flags[index] === '1');
      return readTitled(title, toGenres(genres.join('|')));
    },
  },
  atomic: {
    separator: '\t',
    hasHeader: true,
    columns: [...columns('item_id', 'movie_title'), optional('release_year'), optional('class', 'genre', 'genres')],
    read: ([, title = '', year = '', genres = '']) => ({
      ...readTitled(title, toGenres(genres, ' ')),
      ...(/^\d{4}$/.test(wholeNumber(year)) && { release_year: Number(year) }),
    }),
  },
};

interface MovieReading {
  /** The format's own rule when missing. */
  readonly hasNumberedIds?: boolean;
  /** Found line by line when missing. */
  readonly encoding?: string | undefined;
}

/** A set's movies, where it has any. Iterating throws Failure `SourceUnavailable` or `SourceCorrupt`. */
export async function* readSetMovies(
  format: ReadFormat,
  files: SetFiles,
  { hasNumberedIds = FORMAT_FILES[format].hasNumberedIds, encoding }: MovieReading = {},
): AsyncGenerator<SourceRow<SetMovie>> {
  if (files.movies === null || format === 'ncf') return;
  const links = files.links === null ? undefined : await readSetLinks(files.links);
  const catalogue = goesBy100k(format, files) ? TAB_CATALOGUE : 'movielens';
  const { read, ...table } = TABLES[format];
  for await (const record of readRecords(files.movies, table, encoding)) {
    const id = isRecord(record) ? wholeNumber(record.fields[0]!.trim()) : '';
    const { line, raw } = record;
    if (!isRecord(record)) yield record;
    else if (id === '' || (hasNumberedIds && !isMovieId(id))) yield { line, raw, reason: `movieId "${id}" is not a positive whole number` };
    else yield { line, row: { set_id: id, ...read(record.fields), external_ids: { [catalogue]: id, ...links?.ids.get(id) } } };
  }
  yield* links?.rejects ?? [];
}
