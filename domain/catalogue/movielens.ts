import path from 'node:path';
import { isStorable } from '../../contracts/text.ts';
import { readCsvFile, type CsvRecord } from './csvFile.ts';
import type { CatalogueSource, SourceMovie, SourceRating, SourceRow } from './source.ts';

/** Why a row is set aside that Postgres would refuse, and all rows with it. */
export const UNSTORABLE_ROW = 'it holds a character that cannot be kept: U+0000';
const NO_GENRES = '(no genres listed)';
const TITLE_AND_YEAR = /^(.*\S)\s*\((\d{4})(?:[–-]\d{0,4})?\)\s*$/;
/** MovieLens began in 1995; a second's slack for clocks. */
const EARLIEST = Date.UTC(1995, 0, 1);

/** A folder in the format of MovieLens' latest family: movies.csv, ratings.csv, links.csv (Harper & Konstan 2015, doi:10.1145/2827872). */
export const createMovieLensSource = (folder: string): CatalogueSource => ({
  name: 'movielens',
  async *movies() {
    const links = await readLinks(path.join(folder, 'links.csv'));
    for await (const record of readCsvFile(path.join(folder, 'movies.csv'), ['movieId', 'title', 'genres'])) yield toMovie(record, links);
  },
  async *ratings() {
    const header = ['userId', 'movieId', 'rating', 'timestamp'];
    for await (const record of readCsvFile(path.join(folder, 'ratings.csv'), header)) yield toRating(record);
  },
});

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

function toMovie({ line, fields, raw }: CsvRecord, links: ReadonlyMap<string, Record<string, string>>): SourceRow<SourceMovie> {
  const [id = '', fullTitle = '', genres = ''] = fields;
  const movieId = positiveInteger(id);
  if (fields.length !== 3) return { line, raw, reason: `${fields.length} fields instead of 3` };
  if (!isStorable(raw)) return { line, raw, reason: UNSTORABLE_ROW };
  if (movieId === null) return { line, raw, reason: `movieId "${id}" is not a positive whole number` };
  if (fullTitle.trim() === '') return { line, raw, reason: 'the title is empty' };
  const { title, year } = splitTitle(fullTitle);
  const row = {
    movie_id: movieId,
    title,
    release_year: year,
    genres: toGenres(genres),
    external_ids: { movielens: id, ...links.get(id) },
  };
  return { line, row };
}

function toRating({ line, fields, raw }: CsvRecord): SourceRow<SourceRating> {
  const [userId = '', id = '', ratingText = '', seconds = ''] = fields;
  const movieId = positiveInteger(id);
  const rating = Number(ratingText);
  const ratedAt = Number(seconds) * 1000;
  if (fields.length !== 4) return { line, raw, reason: `${fields.length} fields instead of 4` };
  if (positiveInteger(userId) === null) return { line, raw, reason: `userId "${userId}" is not a positive whole number` };
  if (movieId === null) return { line, raw, reason: `movieId "${id}" is not a positive whole number` };
  if (!(rating >= 0.5 && rating <= 5 && Number.isInteger(rating * 2)))
    return { line, raw, reason: `rating "${ratingText}" is not 0.5 to 5 in halves` };
  if (!/^\d+$/.test(seconds) || ratedAt < EARLIEST || ratedAt > Date.now()) {
    return { line, raw, reason: `timestamp "${seconds}" is not seconds between 1995 and now` };
  }
  return { line, row: { user_id: userId, movie_id: movieId, rating, rated_at: new Date(ratedAt) } };
}

const MAX_ID = 2_147_483_647;
const positiveInteger = (text: string): number | null => (/^[1-9]\d{0,9}$/.test(text) && Number(text) <= MAX_ID ? Number(text) : null);
