import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMovieLensSource } from '../../../domain/catalogue/movielens.ts';

const MOVIES = 'movieId,title,genres\n1,Toy Story (1995),Adventure|Comedy\n2,"American President, The (1995)",Drama\n';
const RATINGS = 'userId,movieId,rating,timestamp\n1,1,4.0,964982703\n';
const LINKS = 'movieId,imdbId,tmdbId\n1,0114709,862\n2,0112346,\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'movielens '));
  await write({ 'movies.csv': MOVIES, 'ratings.csv': RATINGS, 'links.csv': LINKS });
});
afterEach(() => rm(folder, { recursive: true }));

const write = (files: Record<string, string>) =>
  Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(folder, name), text)));
const source = () => createMovieLensSource(folder);
async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

describe('movies', () => {
  test('carry title, year, genres and the ids of other catalogues', async () => {
    expect(await all(source().movies())).toEqual([
      {
        line: 2,
        row: {
          movie_id: 1,
          title: 'Toy Story',
          release_year: 1995,
          genres: ['Adventure', 'Comedy'],
          external_ids: { movielens: '1', imdb: '0114709', tmdb: '862' },
        },
      },
      {
        line: 3,
        row: {
          movie_id: 2,
          title: 'American President, The',
          release_year: 1995,
          genres: ['Drama'],
          external_ids: { movielens: '2', imdb: '0112346' },
        },
      },
    ]);
  });

  test.each([
    ['Babylon 5', 'Babylon 5', null],
    ['96 Minutes (2011) ', '96 Minutes', 2011],
    ['Fawlty Towers (1975-1979)', 'Fawlty Towers', 1975],
    ['Death Note (Desu nôto) (2006–2007)', 'Death Note (Desu nôto)', 2006],
  ])('the title "%s" reads as "%s" of %s', async (written, title, year) => {
    await write({ 'movies.csv': `movieId,title,genres\n7,${written},(no genres listed)\n` });
    expect(await all(source().movies())).toMatchObject([{ row: { title, release_year: year, genres: [] } }]);
  });

  test.each([
    ['x,Heat (1995),Action', 'movieId "x" is not a positive whole number'],
    ['3,,Action', 'the title is empty'],
    ['3,Heat (1995)', '2 fields instead of 3'],
  ])('the row %s is set aside: %s', async (raw, reason) => {
    await write({ 'movies.csv': `${MOVIES}${raw}\n` });
    expect((await all(source().movies())).at(-1)).toEqual({ line: 4, raw, reason });
  });
});

test.each([
  ['0,1,4.0,964982703', 'userId "0" is not a positive whole number'],
  ['1,1,5.5,964982703', 'rating "5.5" is not 0.5 to 5 in halves'],
  ['1,1,3.7,964982703', 'rating "3.7" is not 0.5 to 5 in halves'],
  ['1,1,4.0,soon', 'timestamp "soon" is not seconds between 1995 and now'],
  ['1,1,4.0,99999999999', 'timestamp "99999999999" is not seconds between 1995 and now'],
])('the rating %s is set aside: %s', async (raw, reason) => {
  await write({ 'ratings.csv': `${RATINGS}${raw}\n` });
  expect((await all(source().ratings())).at(-1)).toEqual({ line: 3, raw, reason });
});

describe('a source that cannot be trusted', () => {
  test('names the missing file', async () => {
    await rm(path.join(folder, 'ratings.csv'));
    await expect(all(source().ratings())).rejects.toMatchObject({
      type: 'SourceUnavailable',
      message: `ratings.csv is missing in ${folder}`,
    });
  });

  test.each([
    ['cut in the middle of a line', RATINGS.slice(0, -5), 'it is truncated: its last line does not end'],
    ['empty', '', 'it is empty'],
    ['with another header', 'user,movie\n1,2\n', 'its header is "user,movie", not "userId,movieId,rating,timestamp"'],
  ])('names the file that is %s', async (_, text, reason) => {
    await write({ 'ratings.csv': text });
    await expect(all(source().ratings())).rejects.toMatchObject({
      type: 'SourceCorrupt',
      message: `ratings.csv cannot be used: ${reason}`,
    });
  });

  test('cut at the end of a line is caught by its checksum', async () => {
    const sum = createHash('sha256').update(`${RATINGS}2,1,5.0,964982704\n`).digest('hex');
    await write({ SHA256SUMS: `${sum}  ratings.csv\n` });
    await expect(all(source().ratings())).rejects.toMatchObject({ message: expect.stringContaining('its sha256 is not the one') });
  });
});
