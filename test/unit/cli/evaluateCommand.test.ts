import { describe, expect, test } from '@jest/globals';
import type { StackControl } from '../../../cli/session.ts';
import type { EvaluationAnswer, EvaluationRequest } from '../../../contracts/evaluation.ts';
import { MODEL_KINDS } from '../../../contracts/models.ts';
import { StartError } from '../../../deploy/local/supervision/startError.ts';
import { invoke } from './invoke.ts';

const SET_ASIDE = [{ rule: 'ratings.complete', rows: 2, sample: [{ file: 'ratings.dat', line: 7, reason: 'the rating is missing' }] }];

const answerTo = ({ spec, protocol, seed = 42 }: EvaluationRequest): EvaluationAnswer => ({
  data: { name: 'ml-1m', format: 'MovieLens, :: separated', users: 6040, movies: 3706, interactions: 1_000_209, set_aside: SET_ASIDE },
  kind: spec.kind,
  split: 'leave_one_out',
  seed,
  asked: 6040,
  negatives: protocol === 'loo' ? { least: 99, most: 99 } : null,
  tied_share: 0.2984,
  questions_digest: 'ab',
  metrics: { ndcg_at_10: 0.447_61, hr_at_10: 0.7224 },
  intervals: { ndcg_at_10: { value: 0.447_61, low: 0.4401, high: 0.4549 } },
  train_s: 61.25,
  evaluate_s: 4,
  peak_mb: 512,
  backend: 'cpu',
  published: protocol === 'loo' ? [{ system: 'NeuMF', metrics: { hr_at_10: 0.73, ndcg_at_10: 0.447 }, source: 'He et al.' }] : [],
});

async function evaluate(...args: string[]) {
  const requests: EvaluationRequest[] = [];
  const stack = {
    evaluate: async (request: EvaluationRequest, onProgress: (line: string) => void) => {
      requests.push(request);
      onProgress(`${request.spec.kind}: epoch 1/2`);
      if (request.data === '/odd' && request.spec.kind === 'ease') throw new StartError('ease ran out of luck');
      if (request.data === '/gone') throw new StartError('there is no folder /gone');
      return answerTo(request);
    },
  } as unknown as StackControl;
  return { ...(await invoke(['evaluate', ...args], { stack })), requests };
}

describe('evaluate', () => {
  test('prints ours with protocol, seed, seconds and memory, and what others published beside', async () => {
    const { out, err, exitCode, requests } = await evaluate('--data', '/ml-1m', '--models', 'neural_cf', '--epochs', '2');
    expect(requests).toEqual([
      expect.objectContaining({
        data: '/ml-1m',
        protocol: 'loo',
        seed: 42,
        spec: expect.objectContaining({ kind: 'neural_cf', epochs: 2 }),
      }),
    ]);
    expect([exitCode, err]).toEqual([0, 'neural_cf …\nneural_cf: epoch 1/2\n']);
    expect(out).toBe(
      [
        'ml-1m (MovieLens, :: separated): 1000209 ratings of 6040 users for 3706 movies',
        "protocol loo: each user's held-out movie against 99 sampled negatives, split leave_one_out, seed 42, 6040 users asked; ties rank against the model",
        'the held-out movie of 29.8 % of the users shares its moment with another: which was the last, the order of the source says',
        'set aside: 2 by ratings.complete, the first in ratings.dat, line 7: the rating is missing',
        '',
        'MODEL      NDCG_AT_10  HR_AT_10         95 %  TRAIN S  EVAL S  PEAK MB',
        'neural_cf      0.4476    0.7224  0.440–0.455    61.25       4      512',
        '',
        'Published for this data and protocol:',
        'SYSTEM  NDCG_AT_10  HR_AT_10  SOURCE',
        'NeuMF       0.4470    0.7300  He et al.',
        '',
      ].join('\n'),
    );
  });

  test('asks for every kind of model when none is named; for ratings, those that predict them, with what makes them do so', async () => {
    const specs = async (...args: string[]) => (await evaluate('--data', '/d', ...args)).requests.map(({ spec }) => spec);
    expect((await specs()).map(({ kind }) => kind)).toEqual(MODEL_KINDS);
    const raters = await specs('--protocol', 'rating');
    expect(raters.map(({ kind }) => kind).sort()).toEqual(['movie_predictor', 'neural_cf', 'popularity']);
    expect(raters.find(({ kind }) => kind === 'neural_cf')).toMatchObject({ objective: 'rating' });
  });

  test('--json is one document, and nothing beside it', async () => {
    const { out, err } = await evaluate('--data', '/d', '--models', 'popularity', '--json', '--seed', '7', '--split', 'temporal');
    expect(JSON.parse(out)).toMatchObject({ protocol: 'loo', models: [{ kind: 'popularity', seed: 7, metrics: { hr_at_10: 0.7224 } }] });
    expect(err).toBe('');
  });

  test('the encoding of the titles is handed on for each kind', async () => {
    const { requests } = await evaluate('--data', '/d', '--models', 'popularity,ease', '--encoding', 'CP1251');
    expect(requests.map(({ encoding }) => encoding)).toEqual(['CP1251', 'CP1251']);
  });

  test.each([
    [['--encoding', 'klingon'], '--encoding: no encoding that is read, such as utf-8'],
    [['--protocol', 'best'], '--protocol: Invalid option'],
    [['--models', 'magic'], '--models: Invalid'],
    [['--split', 'half'], '--split: Invalid option'],
    [['--seed', 'x'], '--seed: Invalid input'],
    [['--models', 'neural_cf', '--epochs', '0'], '--epochs: Too small'],
    [['--protocol', 'full', '--negatives', 'f'], '--negatives is for --protocol loo'],
  ])('%j is wrong usage: exit 2, and nothing is trained', async (args, message) => {
    const { exitCode, err, requests } = await evaluate('--data', '/d', ...args);
    expect([exitCode, requests]).toEqual([2, []]);
    expect(err).toContain(message);
  });

  test('without --data: exit 2', async () => expect((await evaluate()).exitCode).toBe(2));

  test('a kind that fails takes nothing from the others: their rows, its reason, and exit 1', async () => {
    const { exitCode, out } = await evaluate('--data', '/odd', '--models', 'popularity,ease,ials');
    expect([exitCode, out.match(/^(popularity|ease|ials)\b.*/gm)]).toEqual([
      1,
      [expect.stringContaining('0.4476'), expect.stringContaining('0.4476'), 'ease failed: ease ran out of luck'],
    ]);
    const asJson = await evaluate('--data', '/odd', '--models', 'popularity,ease', '--json');
    expect(JSON.parse(asJson.out)).toMatchObject({
      models: [{ kind: 'popularity' }],
      failed: [{ kind: 'ease', reason: 'ease ran out of luck' }],
    });
  });

  test('data that cannot be read: exit 1, in words', async () => {
    const { exitCode, err } = await evaluate('--data', '/gone', '--models', 'popularity');
    expect([exitCode, err.trim().split('\n').at(-1)]).toEqual([1, 'there is no folder /gone']);
  });
});
