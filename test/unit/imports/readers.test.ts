import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeText, withoutMark } from '../../../domain/catalogue/decodeText.ts';
import { openOwnTable } from '../../../domain/imports/own/ownTable.ts';
import { findFiles, FORMAT_FILES, type ReadFormat } from '../../../domain/imports/reading/formats.ts';
import { readLineBlocks } from '../../../domain/imports/reading/lineBlocks.ts';
import { readRatingHead } from '../../../domain/imports/reading/ratingHead.ts';
import { readRatingText } from '../../../domain/imports/reading/ratingText.ts';
import { createRatingReader } from '../../../domain/imports/reading/readRatings.ts';
import { readSetMovies } from '../../../domain/imports/reading/setMovies.ts';
import { readRatingsFolder } from '../../../domain/recommender/evaluation/local/ratingsFolder.ts';
import { writeSet, type SetFiles } from '../../support/movieLensSets.ts';

let root: string;
let made = 0;
beforeAll(async () => void (root = await mkdtemp(path.join(tmpdir(), 'readers '))));
afterAll(() => rm(root, { recursive: true }));
const folderOf = (files: SetFiles) => writeSet(root, String((made += 1)), files);

async function moviesOf(files: SetFiles, format: ReadFormat = 'csv') {
  const folder = await folderOf(files);
  const found: unknown[] = [];
  for await (const one of readSetMovies(format, await findFiles(folder, format))) {
    if ('reason' in one) found.push(`${one.line}: ${one.reason}`);
    else found.push([one.row.set_id, one.row.title, one.row.release_year, one.row.genres]);
  }
  return found;
}

/** As the reader that works byte by byte has it; `line: reason` for what is set aside. */
async function ratingsByBytes(file: string, format: ReadFormat): Promise<unknown[]> {
  const { form, headerBytes } = await readRatingHead(file, format);
  const found: unknown[] = [];
  const readBlock = createRatingReader({
    form,
    rows: {
      add: (line, bytes, from, to, movie, rating, seconds) =>
        void found.push([line, bytes.toString('latin1', from, to), movie, Math.fround(rating), seconds]),
    },
    onReject: ({ line, reason }) => void found.push(`${line}: ${reason}`),
    movieIdOf: (id) => id,
  });
  let line = 1;
  for await (const { bytes, nextOffset } of readLineBlocks(file, 0)) {
    const skipped = line === 1 ? headerBytes : 0;
    line += (skipped > 0 ? 1 : 0) + readBlock(bytes.subarray(skipped), line + (skipped > 0 ? 1 : 0)).lines;
    expect(nextOffset).toBeLessThanOrEqual((await readFile(file)).length);
  }
  return found;
}

/** Each line given to the reader of text alone. */
async function ratingsByText(file: string, format: ReadFormat): Promise<unknown[]> {
  const { form, headerBytes } = await readRatingHead(file, format);
  const lines = decodeText(await readFile(file)).split('\n');
  return lines.flatMap((text, at): unknown[] => {
    const raw = text.replace(/\r$/, '');
    if (raw.trim() === '' || (at === 0 && headerBytes > 0)) return [];
    const read = readRatingText(at === 0 ? withoutMark(raw) : raw, form);
    if (typeof read === 'string') return [`${at + 1}: ${read}`];
    return [[at + 1, read.user, read.movie === '' ? Number.NaN : Number(read.movie), Math.fround(read.rating), read.seconds]];
  });
}

/** Both ways of reading, which agree. */
async function ratingsOf(lines: string | Buffer, format: 'csv' | 'dat' | 'tab' = 'csv'): Promise<unknown[]> {
  const folder = await folderOf({ [FORMAT_FILES[format].ratings[0]!]: lines });
  const file = path.join(folder, FORMAT_FILES[format].ratings[0]!);
  const found = await ratingsByText(file, format);
  expect(await ratingsByBytes(file, format)).toEqual(found);
  return found;
}
const HEAD = 'userId,movieId,rating,timestamp';

describe('a rating is the same rating however it is written', () => {
  test.each([
    '1,2,4.0,964982703',
    '1,2,4,964982703',
    '1,2,4.00,964982703',
    '1,2,4.,964982703',
    '1.0,2.0,4.0,964982703.0',
    '"1","2","4.0","964982703"',
    '"1","2",4.0,964982703',
    ' 1 , 2 , 4.0 , 964982703 ',
  ])('%s', async (row) => {
    expect(await ratingsOf(`${HEAD}\n${row}\n`)).toEqual([[2, '1', 2, 4, 964_982_703]]);
  });

  test.each(['4', '4.0', '4.00', '"4.0"'])('of a user whose id has ten digits, as %s', async (rating) => {
    expect(await ratingsOf(`${HEAD}\n3000000000,2,${rating},964982703\n`)).toEqual([[2, '3000000000', 2, 4, 964_982_703]]);
  });

  test.each(['041', '1000000000', '0'])('of a movie %s it is none, however its stars are written', async (movie) => {
    const reason = `movieId "${movie}" is not a positive whole number`;
    expect(await ratingsOf(`${HEAD}\n1,${movie},4.0,9\n1,${movie},4.00,9\n`)).toEqual([`2: ${reason}`, `3: ${reason}`]);
  });

  test('whatever stands in a line', async () => {
    const field = fc.oneof(
      fc.constantFrom(
        '',
        '1',
        '2',
        '4.0',
        '4.00',
        '.5',
        '5.',
        '-1',
        '007',
        '3000000000',
        '99999999999',
        '1.0',
        '9.9',
        '964982703',
        'x',
        '"1"',
        '\0',
      ),
      fc.string({ maxLength: 4 }).filter((text) => !/[\r\n]/.test(text)),
    );
    const lines = fc.array(fc.tuple(fc.array(field, { minLength: 3, maxLength: 5 }), fc.constantFrom('\n', '\r\n')), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.constantFrom('csv' as const, 'dat' as const, 'tab' as const),
        fc.boolean(),
        async (rows, format, isOpen) => {
          const { separator, hasHeader } = FORMAT_FILES[format].ratingTable;
          const text = (hasHeader ? `${HEAD}\n` : '') + rows.map(([fields, end]) => fields.join(separator) + end).join('');
          if (text.trim() !== '') await ratingsOf(isOpen ? text.trimEnd() : text, format);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('each line ends as it likes', () => {
  test.each([
    ['\n', '\r\n'],
    ['\r\n', '\n'],
    ['\r\n', '\r\n'],
  ])('a header with %j, rows with %j, and the last with none', async (head, end) => {
    const rated = [`${HEAD}${head}1,2,4.0,964982703`, '3,4,0.5,964982704', ''].join(end);
    const expected = [
      [2, '1', 2, 4, 964_982_703],
      [3, '3', 4, 0.5, 964_982_704],
    ];
    expect(await ratingsOf(rated)).toEqual(expected);
    expect(await ratingsOf(rated.trimEnd())).toEqual(expected);
    const movies = [
      `movieId,title,genres${head}1,Plain (2001),Comedy|Drama`,
      '2,Nothing said,(no genres listed)',
      '3,"Commas, three (2003)",War',
      '',
    ].join(end);
    const read = [
      ['1', 'Plain', 2001, ['Comedy', 'Drama']],
      ['2', 'Nothing said', null, []],
      ['3', 'Commas, three', 2003, ['War']],
    ];
    expect(await moviesOf({ 'movies.csv': movies })).toEqual(read);
    expect(await moviesOf({ 'movies.csv': movies.trimEnd() })).toEqual(read);
  });

  test('and one that does not end is counted where the file ends', async () => {
    const folder = await folderOf({ 'u.data': '1\t2\t4\t5\n1\t3\t4\t5' });
    const blocks = [];
    for await (const { bytes, nextOffset } of readLineBlocks(path.join(folder, 'u.data'), 8)) blocks.push([bytes.toString(), nextOffset]);
    expect(blocks).toEqual([['1\t3\t4\t5\n', 15]]);
  });
});

describe('text is read as it was meant', () => {
  test.each([
    ['UTF-8', Buffer.from('é “List” – €')],
    ['Latin-1 and Windows-1252', Buffer.from([0xe9, 0x20, 0x93, 0x4c, 0x69, 0x73, 0x74, 0x94, 0x20, 0x96, 0x20, 0x80])],
  ])('in %s', async (_, title) => {
    const csv = Buffer.concat([Buffer.from('movieId,title,genres\n7,'), title, Buffer.from(' (2021),Drama\n')]);
    expect(await moviesOf({ 'movies.csv': csv })).toEqual([['7', 'é “List” – €', 2021, ['Drama']]]);
    const dat = Buffer.concat([Buffer.from('7::'), title, Buffer.from(' (2021)::Drama\n')]);
    expect(await moviesOf({ 'movies.dat': dat }, 'dat')).toEqual([['7', 'é “List” – €', 2021, ['Drama']]]);
  });

  test('a quoted header is a header, and its columns may stand in any order, among others', async () => {
    expect(await moviesOf({ 'movies.csv': '\ufeff"movieId","title","genres"\n7,Heat (1995),Action\n' })).toEqual([
      ['7', 'Heat', 1995, ['Action']],
    ]);
    expect(await moviesOf({ 'movies.csv': 'genres,movieId,note,title\nAction,7,x,Heat (1995)\n' })).toEqual([
      ['7', 'Heat', 1995, ['Action']],
    ]);
    expect(await ratingsOf('"timestamp","userId","x","movieId","rating"\n9,1,x,2,4.0\n')).toEqual([[2, '1', 2, 4, 9]]);
  });
});

describe('a row that is none is set aside by its line, and the others are read', () => {
  const HEAT = ['7', 'Heat', 1995, ['Action']];
  const between = (row: string) => moviesOf({ 'movies.csv': `movieId,title,genres\n7,Heat (1995),Action\n${row}\n8,"A, B ""C""",\n` });
  const AFTER = ['8', 'A, B "C"', null, []];

  test.each([
    ['9,"It never ends (1999),Drama', '3: a quoted field does not end'],
    ['9,"Too soon" (1999),Drama', '3: something follows the quote that ends a field'],
    ['9,Heat (1995)', '3: 2 fields instead of 3'],
    ['x,Heat (1995),Drama', '3: movieId "x" is not a positive whole number'],
    ['9,a\0b,Drama', '3: it holds a character that cannot be kept: U+0000'],
  ])('%j', async (row, reason) => {
    expect(await between(row)).toEqual([HEAT, reason, AFTER]);
  });

  test('a quote inside a field is text, and a title may go over lines', async () => {
    expect(await between('9,Say "What" (2021),Comedy')).toEqual([HEAT, ['9', 'Say "What"', 2021, ['Comedy']], AFTER]);
    expect(await between('9,"Two\r\nlines",Comedy')).toEqual([HEAT, ['9', 'Two\r\nlines', null, ['Comedy']], AFTER]);
  });

  test('of links too; ids that passed as floating numbers are whole again', async () => {
    const folder = await folderOf({
      'movies.csv': 'movieId,title,genres\n7,Heat (1995),Action\n',
      'links.csv': '"movieId","imdbId","tmdbId"\r\n7.0,113277.0,949.0\n8,x,1\n9,0000123,',
    });
    const found = [];
    for await (const one of readSetMovies('csv', await findFiles(folder, 'csv'))) found.push('reason' in one ? one : one.row.external_ids);
    expect(found).toEqual([
      { movielens: '7', imdb: '0113277', tmdb: '949' },
      { line: 3, raw: '8,x,1', reason: 'links.csv: imdbId "x" is not a whole number', rule: 'links.readable' },
    ]);
  });
});

test('a file whose lines end in CR alone is refused with its line end, whatever it holds and however long it is', async () => {
  const lines = (head: string, row: string, count: number) => `${[head, ...Array<string>(count).fill(row)].join('\r')}\r`;
  for (const count of [1, 60_000]) {
    const folder = await folderOf({
      'movies.csv': lines('movieId,title,genres', '7,Heat (1995),Action', count),
      'ratings.csv': lines(HEAD, '1,7,4.0,1000000000', count),
      'log.csv': lines('user,item', 'anna,apple', count),
      'log.jsonl': lines('{"user":"anna","item":"apple"}', '{"user":"anna","item":"apple"}', count),
    });
    const words = { type: 'SourceCorrupt', message: expect.stringContaining('its lines end in CR alone') };
    const drain = async (rows: AsyncIterable<unknown>) => {
      for await (const row of rows) void row;
    };
    await expect(drain(readSetMovies('csv', await findFiles(folder, 'csv')))).rejects.toMatchObject(words);
    await expect(readRatingHead(path.join(folder, 'ratings.csv'), 'csv')).rejects.toMatchObject(words);
    for (const log of ['log.csv', 'log.jsonl']) await expect(openOwnTable(path.join(folder, log))).rejects.toMatchObject(words);
  }
  // One line that no newline ends, and a row that goes over lines by CR, are none such.
  expect(await moviesOf({ 'movies.csv': 'movieId,title,genres\r' })).toEqual([]);
  expect(await moviesOf({ 'movies.csv': 'movieId,title,genres\n7,"Heat\r(1995)",Action' })).toHaveLength(1);
});

test('an evaluation sets the same rows aside, under the same rules, and goes on', async () => {
  const good = Array.from({ length: 60 }, (_, at) => `${1 + (at % 6)},${1 + (at % 2)},4.0,${1_000_000_000 + at}`);
  const folder = await folderOf({
    'movies.csv': '\ufeffmovieId,title,genres\r\n1,One (2001),Drama\n2,Two (2002),Drama\n',
    'links.csv': 'movieId,imdbId,tmdbId\n1,x,1\n', // which an evaluation has no use for
    'ratings.csv': `\ufeff${HEAD}\n${[...good, '7,1,,1000000100', '7,1,0,1000000100', '7,9,4.0,1000000100', '7;1', '3000000000,1,4.00,1000000100'].join('\r\n')}`,
  });
  const { interactions, rows, setAside } = await readRatingsFolder(folder, { signal: new AbortController().signal, maxRejectShare: 0.05 });
  expect([rows, interactions.users.ids.at(-1)]).toEqual([61, '6']);
  expect(interactions.users.ids).toContain('3000000000');
  expect(setAside).toEqual([
    { rule: 'ratings.complete', rows: 1, sample: [{ file: 'ratings.csv', line: 62, reason: 'user, movie, rating or time is missing' }] },
    { rule: 'ratings.rating_in_range', rows: 1, sample: [{ file: 'ratings.csv', line: 63, reason: 'rating 0 is not 0.5 to 5 in halves' }] },
    { rule: 'ratings.movie_known', rows: 1, sample: [{ file: 'ratings.csv', line: 64, reason: 'movie 9 is not in the set' }] },
    { rule: 'ratings.readable', rows: 1, sample: [{ file: 'ratings.csv', line: 65, reason: '1 fields instead of 4' }] },
  ]);
});
