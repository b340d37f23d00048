import { isStorable } from '../../contracts/text.ts';
import { readCsvFile } from './csvFile.ts';

/** Why a row is set aside that Postgres would refuse, and all rows with it. */
export const UNSTORABLE_ROW = 'it holds a character that cannot be kept: U+0000';
const NO_GENRES = '(no genres listed)';
const TITLE_AND_YEAR = /^(.*\S)\s*\((\d{4})(?:[–-]\d{0,4})?\)\s*$/;

/** Ids of a set's movies in other catalogues, by their id in the set; none of a row that cannot be stored. */
export async function readLinks(file: string): Promise<Map<string, Record<string, string>>> {
  const links = new Map<string, Record<string, string>>();
  for await (const { fields, raw } of readCsvFile(file, ['movieId', 'imdbId', 'tmdbId'])) {
    const [movieId = '', imdb, tmdb] = fields;
    if (isStorable(raw)) links.set(movieId, { ...(imdb && { imdb }), ...(tmdb && { tmdb }) });
  }
  return links;
}

/** `Fawlty Towers (1975-1979)` is "Fawlty Towers" of 1975. */
export function splitTitle(fullTitle: string): { title: string; year: number | null } {
  const [, title = fullTitle.trim(), year] = TITLE_AND_YEAR.exec(fullTitle) ?? [];
  return { title, year: year === undefined ? null : Number(year) };
}

/** 100K and 1M say "Children's" where the others say "Children". */
export const toGenres = (text: string): string[] =>
  text === NO_GENRES
    ? []
    : text
        .split('|')
        .filter(Boolean)
        .map((genre) => (genre === "Children's" ? 'Children' : genre));
