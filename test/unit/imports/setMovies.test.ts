import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findFiles } from '../../../domain/imports/reading/formats.ts';
import { readSetMovies } from '../../../domain/imports/reading/setMovies.ts';

const MOVIES = 'movieId,title,genres\n1,Toy Story (1995),Adventure|Comedy\n2,"American President, The (1995)",Drama\n';
const LINKS = 'movieId,imdbId,tmdbId\n1,0114709,862\n2,0112346,\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'movielens '));
  await write({ 'movies.csv': MOVIES, 'links.csv': LINKS });
});
afterEach(() => rm(folder, { recursive: true }));

const write = (files: Record<string, string | Buffer>) =>
  Promise.all(Object.entries(files).map(([name, text]) => writeFile(path.join(folder, name), text)));
async function movies() {
  const found = [];
  for await (const row of readSetMovies('csv', await findFiles(folder, 'csv'))) found.push(row);
  return found;
}

describe('movies of a set', () => {
  test('carry title, year, genres and the ids of other catalogues', async () => {
    expect(await movies()).toEqual([
      {
        line: 2,
        row: {
          set_id: '1',
          title: 'Toy Story',
          release_year: 1995,
          genres: ['Adventure', 'Comedy'],
          external_ids: { movielens: '1', imdb: '0114709', tmdb: '862' },
        },
      },
      {
        line: 3,
        row: {
          set_id: '2',
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
    expect(await movies()).toMatchObject([{ row: { title, release_year: year, genres: [] } }]);
  });

  test.each([
    ['x,Heat (1995),Action', 'movieId "x" is not a positive whole number'],
    ['0,Heat (1995),Action', 'movieId "0" is not a positive whole number'],
    ['3,Heat (1995)', '2 fields instead of 3'],
  ])('the row %s is set aside: %s', async (raw, reason) => {
    await write({ 'movies.csv': `${MOVIES}${raw}\n` });
    expect((await movies()).at(-1)).toEqual({ line: 4, raw, reason });
  });
});

describe('a set that cannot be trusted', () => {
  test.each([
    ['in UTF-16', '\ufeffmovieId', 'it is in UTF-16; save it as UTF-8'],
    ['of one blank line', '\n', 'it has no header'],
    ['empty', '', 'it is empty'],
    ['with another header', 'id,title\n1,Heat\n', 'its header is "id,title", not "movieId,title,genres"'],
  ])('names the file that is %s', async (_, text, reason) => {
    await write({ 'movies.csv': text.startsWith('\ufeff') ? Buffer.from(text, 'utf16le') : text });
    await expect(movies()).rejects.toMatchObject({ type: 'SourceCorrupt', message: `movies.csv cannot be used: ${reason}` });
  });

  test('cut at the end of a line is caught by its checksum', async () => {
    const sum = createHash('sha256').update(`${MOVIES}3,Heat (1995),Action\n`).digest('hex');
    await write({ SHA256SUMS: `${sum}  movies.csv\n` });
    await expect(movies()).rejects.toMatchObject({ message: expect.stringContaining('its sha256 is not the one') });
  });
});
