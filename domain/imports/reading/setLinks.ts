import { column, isRecord, readRecords, type Table } from './records.ts';
import { isMovieId, wholeNumber } from './ids.ts';
import type { Reject } from '../../catalogue/source.ts';

const TABLE: Table = { separator: ',', hasHeader: true, columns: ['movieId', 'imdbId', 'tmdbId'].map((name) => column(name)) };
/** Links are optional: the movie of one that cannot be read comes in without it. */
export const LINKS_READABLE = 'links.readable';
/** IMDb's ids have noughts in front, which are lost where they pass as numbers. */
const IMDB_DIGITS = 7;

export interface SetLinks {
  /** Ids of the set's movies in other catalogues, by their id in the set. */
  readonly ids: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly rejects: readonly Reject[];
}

export async function readSetLinks(file: string): Promise<SetLinks> {
  const ids = new Map<string, Record<string, string>>();
  const rejects: Reject[] = [];
  for await (const record of readRecords(file, TABLE)) {
    const read = isRecord(record) ? toLinks(record.fields) : record.reason;
    if (typeof read === 'string') rejects.push({ line: record.line, raw: record.raw, reason: `links.csv: ${read}`, rule: LINKS_READABLE });
    else ids.set(...read);
  }
  return { ids, rejects };
}

/** @returns the reason where a row is none */
function toLinks(fields: readonly string[]): [id: string, links: Record<string, string>] | string {
  const [movie = '', imdb = '', tmdb = ''] = fields.map((field) => wholeNumber(field.trim()));
  if (!isMovieId(movie)) return `movieId "${movie}" is not a positive whole number`;
  if (!/^\d{0,10}$/.test(imdb)) return `imdbId "${imdb}" is not a whole number`;
  if (!/^\d{0,10}$/.test(tmdb)) return `tmdbId "${tmdb}" is not a whole number`;
  return [movie, { ...(imdb && { imdb: imdb.padStart(IMDB_DIGITS, '0') }), ...(tmdb && { tmdb }) }];
}
