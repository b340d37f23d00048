import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EvaluationAnswer, EvaluationRequest } from '../../contracts/evaluation.ts';
import { evaluate } from '../../deploy/local/stack/evaluate.ts';
import { StartError } from '../../deploy/local/supervision/startError.ts';
import { tasteSnapshot } from '../unit/recommender/samples.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evaluate '));
  const { users, movies, userIndex, movieIndex, rating, ratedAt } = tasteSnapshot({ users: 60, perUser: 30, movies: 80 }).interactions;
  const lines = Array.from(
    userIndex,
    (user, row) => `${users.ids[user]}\t${movies.ids[movieIndex[row]!]}\t${rating[row]}\t${ratedAt[row]! / 1000}\n`,
  );
  await writeFile(path.join(folder, 'u.data'), lines.join(''));
});
afterAll(() => rm(folder, { recursive: true }));

const spec: EvaluationRequest['spec'] = { kind: 'neural_cf', epochs: 2, batch_size: 128, embedding_dim: 8, hidden_units: [16, 8] };
const run = (given: object, lines: string[] = []) =>
  evaluate({ data: folder, protocol: 'loo', spec, ...given }, (line) => void lines.push(line));
const untimed = ({ train_s: _, evaluate_s: _of, peak_mb: _mb, ...answer }: EvaluationAnswer) => answer;

test('a model is trained and evaluated in a process of its own, the same by seed, and says how long it took and what memory', async () => {
  const lines: string[] = [];
  const first = await run({}, lines);
  expect(first).toMatchObject({
    kind: 'neural_cf',
    split: 'leave_one_out',
    asked: 60,
    data: { name: path.basename(folder), users: 60 },
    published: [],
  });
  expect(Object.keys(first.metrics)).toEqual(expect.arrayContaining(['ndcg_at_10', 'hr_at_10']));
  expect([first.peak_mb > 50, first.train_s > 0, lines.at(-1)]).toEqual([true, true, expect.stringContaining('epoch 2/2')]);
  expect(untimed(await run({}))).toEqual(untimed(first));
});

test('each protocol has the metrics that it is read by', async () => {
  const full = await run({ protocol: 'full', spec: { kind: 'popularity' } });
  expect([full.split, full.metrics['recall_at_20']]).toEqual(['per_user', expect.any(Number)]);
  const rating = await run({ protocol: 'rating', spec: { kind: 'popularity' } });
  expect([Object.keys(rating.metrics), rating.asked > 60]).toEqual([['rmse', 'mae', 'accuracy'], true]);
});

test('a title that is no text in the encoding that is told is set aside, with its line', async () => {
  const titled = await mkdtemp(path.join(folder, 'titled-'));
  const movies = Array.from({ length: 20 }, (_, nth) => `${nth + 1}::${nth === 4 ? '\xcc\xe8\xf0' : 'B'} (1995)::Drama\n`);
  const rated = (user: number) => movies.slice(5 + user).map((_, nth) => `${user}::${nth + 6 + user}::4::${nth}\n`);
  await writeFile(path.join(titled, 'movies.dat'), movies.join(''), 'latin1');
  await writeFile(path.join(titled, 'ratings.dat'), [1, 2, 3].flatMap(rated).join(''));
  const setAside = async (encoding: object) => (await run({ data: titled, spec: { kind: 'popularity' }, ...encoding })).data.set_aside;
  expect(await setAside({ encoding: 'utf-8' })).toMatchObject([
    { rule: 'movies.readable', rows: 1, sample: [{ file: 'movies.dat', line: 5, reason: 'it is no text in utf-8' }] },
  ]);
  expect(await setAside({ encoding: 'CP1251' })).toEqual([]);
});

test('what cannot go well ends in words, without a stack trace', async () => {
  const refused = (given: object) => run(given).catch((error: unknown) => (error instanceof StartError ? error.message : error));
  expect(await refused({ data: '/no/such' })).toBe('there is no folder /no/such');
  expect(await refused({ protocol: 'rating', spec })).toBe('neural_cf predicts no ratings');
  expect(await refused({ negatives: '/no/file' })).toBe('there is no file /no/file');
  const small = path.join(folder, 'small');
  await mkdir(small);
  await writeFile(path.join(small, 'u.data'), [1, 2, 3].map((movie) => `7\t${movie}\t4\t${movie}\n`).join(''));
  expect(await refused({ data: small, protocol: 'rating', spec: { kind: 'popularity' } })).toBe(
    'there is nothing to judge by: the split per_user holds out no rating of this data',
  );
  expect(await refused({ data: small, spec: { kind: 'popularity' } })).toMatch(
    /^there is nothing to judge by: with the split leave_one_out no user/,
  );
  const empty = path.join(folder, 'empty');
  await mkdir(empty);
  await writeFile(path.join(empty, 'u.data'), '');
  expect(await refused({ data: empty })).toBe('u.data cannot be used: it is empty');
});
