import { access } from 'node:fs/promises';
import path from 'node:path';
import type { SetRef } from '../../contracts/dataImport.ts';
import { isStorable } from '../../contracts/text.ts';
import { readCsvFile, type CsvRecord } from '../catalogue/csvFile.ts';
import type { SourceRow } from '../catalogue/source.ts';
import { readLinks, splitTitle, toGenres, UNSTORABLE_ROW } from '../catalogue/movielens.ts';
import { FORMAT_FILES } from './formats.ts';
import { readDelimited } from './readDelimited.ts';

/** A movie as its set has it. */
export interface SetMovie {
  readonly set_id: number;
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
const TAB_FIELDS = 5 + TAB_GENRES.length;

/** A set's movies. Iterating throws Failure `SourceUnavailable` or `SourceCorrupt`. */
export async function* readSetMovies({ folder, format }: SetRef): AsyncGenerator<SourceRow<SetMovie>> {
  const { movies, links } = FORMAT_FILES[format];
  const file = path.join(folder, movies);
  if (format === 'csv') {
    const ids = await readLinksWhereThere(path.join(folder, links ?? ''));
    for await (const record of readCsvFile(file, ['movieId', 'title', 'genres']))
      yield toMovie(record, (id) => ({ movielens: id, ...ids.get(id) }));
  } else if (format === 'dat') {
    for await (const record of readDelimited(file, '::')) yield toMovie(record, (id) => ({ movielens: id }));
  } else {
    for await (const record of readDelimited(file, '|')) yield toTabMovie(record);
  }
}

const readLinksWhereThere = (file: string) =>
  access(file).then(
    () => readLinks(file),
    () => new Map<string, Record<string, string>>(),
  );

function toTabMovie({ line, raw, fields }: CsvRecord): SourceRow<SetMovie> {
  if (fields.length !== TAB_FIELDS) return { line, raw, reason: `${fields.length} fields instead of ${TAB_FIELDS}` };
  const [id = '', title = ''] = fields;
  const genres = TAB_GENRES.filter((genre, index) => genre !== 'unknown' && fields[5 + index] === '1');
  return toMovie({ line, raw, fields: [id, title, genres.join('|')] }, () => ({ [TAB_CATALOGUE]: id }));
}

function toMovie({ line, fields, raw }: CsvRecord, externalIds: (id: string) => Record<string, string>): SourceRow<SetMovie> {
  const [id = '', fullTitle = '', genres = ''] = fields;
  if (fields.length !== 3) return { line, raw, reason: `${fields.length} fields instead of 3` };
  if (!isStorable(raw)) return { line, raw, reason: UNSTORABLE_ROW };
  if (!/^[1-9]\d{0,8}$/.test(id)) return { line, raw, reason: `movieId "${id}" is not a positive whole number` };
  const { title, year } = splitTitle(fullTitle);
  return {
    line,
    row: {
      set_id: Number(id),
      title: title === '' ? null : title,
      release_year: year,
      genres: toGenres(genres),
      external_ids: externalIds(id),
    },
  };
}
