import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readNegatives } from '../../../../domain/recommender/evaluation/local/negativesFile.ts';
import { prepareQuestions } from '../../../../domain/recommender/evaluation/questions.ts';
import { readRatingsFolder } from '../../../../domain/recommender/evaluation/local/ratingsFolder.ts';
import { createSnapshot } from '../../../../domain/recommender/data/snapshot.ts';
import { PARTS } from '../../../../domain/recommender/data/split.ts';
import { signal } from './judged.ts';

let root: string;
let made = 0;
beforeAll(async () => void (root = await mkdtemp(path.join(tmpdir(), 'ratings '))));
afterAll(() => rm(root, { recursive: true }));

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = path.join(root, String((made += 1)));
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content, 'latin1');
  return folder;
}
const read = async (files: Record<string, string>) => readRatingsFolder(await folderOf(files), { signal, maxRejectShare: 0.05 });

const FLAGS = '|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0';
const FORMATS: Record<string, Record<string, string>> = {
  'comma separated': {
    'ratings.csv': 'userId,movieId,rating,timestamp\n7,1,4.0,100\n7,2,3.5,50\n8,1,5.0,70\n',
    'movies.csv': 'movieId,title,genres\n1,"Toy Story, again (1995)",Animation|Comedy\n2,Nameless,(no genres listed)\n',
  },
  'separated by ::': {
    'ratings.dat': '7::1::4::100\n7::2::3.5::50\n8::1::5::70\n',
    'movies.dat': '1::Toy Story, again (1995)::Animation|Comedy\n2::Nameless::(no genres listed)\n',
  },
  'tabs, of 100K': {
    'u.data': '7\t1\t4\t100\n7\t2\t3.5\t50\n8\t1\t5\t70\n',
    'u.item': `1|Toy Story, again (1995)|01-Jan-1995||http${FLAGS}\n2|Nameless||||${'0|'.repeat(18)}0\n`,
  },
  'atomic files': {
    'x.inter': 'item_id:token\tuser_id:token\trating:float\ttimestamp:float\n1\t7\t4\t100\n2\t7\t3.5\t50\n1\t8\t5\t70\n',
    'x.item':
      'item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n1\tToy Story, again (1995)\t1995\tAnimation Comedy\n2\tNameless\t\t\n',
  },
};

describe('a folder of ratings', () => {
  test.each(
    Object.keys(FORMATS).flatMap((format) => [[format, '', ''] as const, [format, ', with byte order marks', '\xef\xbb\xbf'] as const]),
  )('%s%s: ids as they are, rows by user and time, titles with year and genres', async (format, _, mark) => {
    const files = Object.entries(FORMATS[format]!).map(([name, content]) => [name, mark + content]);
    const { interactions, movies, rows } = await read(Object.fromEntries(files) as Record<string, string>);
    const { users, userIndex, movieIndex, rating, ratedAt } = interactions;
    expect(
      Array.from(userIndex, (user, row) => [users.ids[user], movies.vocabulary.ids[movieIndex[row]!], rating[row], ratedAt[row]]),
    ).toEqual([
      ['7', '2', 3.5, 50_000],
      ['7', '1', 4, 100_000],
      ['8', '1', 5, 70_000],
    ]);
    expect([rows, movies.vocabulary.ids]).toEqual([3, ['1', '2']]);
    expect(movies.releaseYears).toEqual([1995, null]);
    expect(movies.genres).toEqual([format === 'tabs, of 100K' ? ['Animation', 'Children', 'Comedy'] : ['Animation', 'Comedy'], []]);
  });

  test('titles are read in the encoding that is told; told none, a line that is no UTF-8 is Windows-1252', async () => {
    const folder = await folderOf({
      'movies.dat': '1::\xcc\xe8\xf0 (1995)::Drama\n2::B (1996)::Drama\n',
      'ratings.dat': '7::1::4::100\n7::2::3.5::50\n',
    });
    const titles = async (encoding?: string) => (await readRatingsFolder(folder, { signal, maxRejectShare: 0.05, encoding })).movies.titles;
    expect(await titles('CP1251')).toEqual(['Мир', 'B']);
    expect(await titles()).toEqual(['Ìèð', 'B']);
  });

  test("the NCF paper's files: train and test together, movies under their ids", async () => {
    const { interactions, movies } = await read({
      'ml-1m.train.rating': '0\t32\t4\t9\n0\t7\t3\t10\n',
      'ml-1m.test.rating': '0\t25\t5\t11\n',
    });
    expect([interactions.length, movies.titles]).toEqual([3, ['25', '32', '7']]);
  });

  test('of what a user rated twice, the later stays', async () => {
    const { interactions, rows } = await read({ 'u.data': '7\t1\t4\t100\n7\t1\t2\t200\n8\t1\t3\t50\n' });
    expect([[...interactions.rating], rows]).toEqual([[2, 3], 3]);
  });

  test.each([
    [
      { 'u.data': '7\t1\t4\t100\n7\t1\n' },
      'QualityGateFailed',
      'ratings.readable: 1 of 2 rows (50 %), at most 5 % may (u.data, line 2: 2 fields instead of 4)',
    ],
    [{ 'u.data': '7\t1\t9\t100\n' }, 'QualityGateFailed', expect.stringContaining('(u.data, line 1: rating 9 is not 0.5 to 5 in halves)')],
    [
      { 'u.data': '7\t1\t4\tnoon\n' },
      'QualityGateFailed',
      expect.stringContaining('(u.data, line 1: timestamp "noon" is no time in seconds)'),
    ],
    [
      { 'u.data': '7\t3\t4\t1\n', 'u.item': `1|x||||${'0|'.repeat(18)}0\n` },
      'QualityGateFailed',
      expect.stringContaining('ratings.movie_known: 1 of 1 rows (100 %), at most 5 % may (u.data, line 1: movie 3 is not in the set)'),
    ],
    [
      { 'ratings.csv': 'user,movie\n' },
      'SourceCorrupt',
      'ratings.csv cannot be used: its header is "user,movie", not "userId,movieId,rating,timestamp"',
    ],
    [
      { 'readme.txt': '' },
      'SourceUnavailable',
      expect.stringContaining('has no ratings.csv, ratings.dat, u.data, *.inter or *.train.rating'),
    ],
  ])('%j is refused', async (files, type, message) => {
    await expect(read(files as unknown as Record<string, string>)).rejects.toMatchObject({ type, message });
  });

  test('that is not there is refused by name', async () => {
    await expect(readRatingsFolder('/no/such', { signal, maxRejectShare: 0.05 })).rejects.toMatchObject({
      type: 'SourceUnavailable',
      message: 'there is no folder /no/such',
    });
  });
});

describe("negatives in the NCF paper's format", () => {
  const RATINGS = {
    'u.data':
      ['1', '2', '3', '4', '5', '6'].map((movie, nth) => `9\t${movie}\t4\t${nth}\n8\t${movie}\t4\t${nth}\n`).join('') +
      '7\t10\t3\t1\n7\t11\t3\t2\n',
  };
  async function readFile(text: string) {
    const folder = await folderOf({ ...RATINGS, 'n.txt': text });
    const { interactions, movies } = await readRatingsFolder(folder, { signal, maxRejectShare: 0.05 });
    return readNegatives(path.join(folder, 'n.txt'), createSnapshot(interactions, movies, 1));
  }

  test('say what is held out and against what; the latest other movie is for validation, who is not named stays in train', async () => {
    const { ranking, snapshot } = await readFile('(9,3)\t10\t11\n');
    const { users, movies, userIndex, movieIndex } = snapshot.interactions;
    const idsOf = (of: Iterable<number>) => Array.from(of, (movie) => movies.ids[movie]);
    expect(ranking.map(({ user, movie, negatives }) => [users.ids[user], movies.ids[movie], idsOf(negatives).sort()])).toEqual([
      ['9', '3', ['10', '11']],
    ]);
    const partOf = Object.fromEntries(
      Array.from(userIndex, (user, row) => [`${users.ids[user]}:${movies.ids[movieIndex[row]!]}`, PARTS[snapshot.rankingSplit[row]!]]),
    );
    expect([partOf['9:3'], partOf['9:6'], partOf['9:5'], partOf['8:6']]).toEqual(['test', 'validation', 'train', 'train']);
  });

  test.each([
    ['9,3\t10', '"9,3" is not (user,movie)'],
    ['(1,3)\t10', 'user 1 is not in the data'],
    ['(9,3)\t99', 'movie 99 is not in the data'],
    ['(9,3)', 'there are no negatives'],
    ['(9,3)\t10\n(9,4)\t10', 'user 9 stands here a second time'],
  ])('%j is refused by its line', async (text, reason) => {
    await expect(readFile(text)).rejects.toMatchObject({
      type: 'SourceCorrupt',
      message: expect.stringMatching(new RegExp(`line \\d: ${reason.replace(/[()]/g, '\\$&')}`)),
    });
  });

  test('of a movie that the user chose are a leak, and refused as such', async () => {
    const { snapshot, ranking } = await readFile('(9,3)\t4\t10\n');
    expect(() => prepareQuestions(snapshot, ranking)).toThrow(expect.objectContaining({ type: 'LeakingSplit' }));
  });
});
