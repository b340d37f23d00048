import { afterEach, describe, expect, test } from '@jest/globals';
import { problem, startApiServer, type Answer } from './apiServer.ts';
import { invoke } from './invoke.ts';
import { aRunDetail, aStep, TRAINING_RESULT } from './runs.ts';

let server: Awaited<ReturnType<typeof startApiServer>>;
afterEach(() => server.close());

const STARTED = { status: 202, body: aRunDetail({ state: 'queued', started_at: null }) };
async function startAnd(args: readonly string[], script: Record<string, Answer | Answer[]> = {}, options = {}) {
  server = await startApiServer({ 'POST /api/v1/runs': STARTED, ...script });
  return invoke([...args, '--api', server.url], options);
}
const sent = () => server.received[0]?.body;

describe('what is sent', () => {
  test.each<[string[], unknown]>([
    [['collect'], { workflow: 'movieDataCollection', input: {} }],
    [
      ['collect', '--source', 'movielens', '--path', '/data/ml-1m', '--run', 'tonight'],
      { workflow: 'movieDataCollection', run: 'tonight', input: { source: 'movielens', path: '/data/ml-1m' } },
    ],
    [['collect', '--source', 'tmdb'], { workflow: 'tmdbCollection', input: {} }],
    [
      ['collect', '--source', 'tmdb', '--list', 'popular', '--list', 'top_rated', '--pages', '3'],
      { workflow: 'tmdbCollection', input: { lists: ['popular', 'top_rated'], pages: 3 } },
    ],
    [['train'], { workflow: 'movieTrainingPipeline', input: {} }],
    [
      ['train', '--model', 'popularity', '--model', 'neural_cf', '--epochs', '3', '--seed', '7', '--set', 'ml-1m'],
      {
        workflow: 'movieTrainingPipeline',
        input: { models: [{ kind: 'popularity' }, { kind: 'neural_cf', epochs: 3, seed: 7 }], seed: 7, sets: ['ml-1m'] },
      },
    ],
    [
      ['train', '--model', 'neural_cf', '-p', 'learning_rate=0.003', '-p', 'hidden_units=[64,32]', '-p', 'objective=rating'],
      {
        workflow: 'movieTrainingPipeline',
        input: { models: [{ kind: 'neural_cf', learning_rate: 0.003, hidden_units: [64, 32], objective: 'rating' }] },
      },
    ],
    [
      ['train', '--epochs', '2'],
      {
        workflow: 'movieTrainingPipeline',
        input: {
          models: [
            { kind: 'popularity' },
            { kind: 'movie_predictor', epochs: 2 },
            { kind: 'neural_cf', epochs: 2 },
            { kind: 'ials', epochs: 2 },
          ],
        },
      },
    ],
    [
      ['train', '--model', 'nope', '--epochs', 'ten'],
      { workflow: 'movieTrainingPipeline', input: { models: [{ kind: 'nope', epochs: 'ten' }] } },
    ],
    [
      ['run', 'modelSweep', '--input', '{"kind":"neural_cf","space":{"dropout":[0.1,0.3]}}', '--run', 'tonight'],
      { workflow: 'modelSweep', run: 'tonight', input: { kind: 'neural_cf', space: { dropout: [0.1, 0.3] } } },
    ],
    [['run', 'batchRecommendations'], { workflow: 'batchRecommendations', input: {} }],
    [['artifacts', 'gc'], { workflow: 'blobCleanup', input: { dry_run: false } }],
    [['artifacts', 'gc', '--dry-run'], { workflow: 'blobCleanup', input: { dry_run: true } }],
  ])('%j', async (args, body) => {
    expect(await startAnd([...args, '--no-wait'])).toMatchObject({ exitCode: 0 });
    expect(sent()).toEqual(body);
  });

  test('the key of the environment goes along', async () => {
    await startAnd(['collect', '--no-wait'], {}, { env: { MLOPS_API_KEY: 'a-secret-of-the-operator' } });
    expect(server.received[0]?.apiKey).toBe('a-secret-of-the-operator');
  });
});

test.each([
  ['{"kind":', '--input {"kind": is no JSON object'],
  ['[1]', '--input [1] is no JSON object'],
  ['@/nowhere/input.json', '--input: /nowhere/input.json cannot be read'],
])('an input that cannot be read is refused before anything is asked: %s', async (input, message) => {
  const { exitCode, err } = await startAnd(['run', 'modelSweep', '--input', input, '--no-wait']);
  expect([exitCode, err]).toEqual([2, expect.stringContaining(message)]);
  expect(server.received).toEqual([]);
});

describe('what is shown', () => {
  const RUNNING = aRunDetail({ steps: [aStep({ progress: { epoch: 1, epochs: 3, loss: 0.5, samples_per_s: 1000, eta_s: 2 } })] });
  const STEP_DONE = aStep({ state: 'success', ended_at: '2026-11-23T22:55:14.300Z' });
  const DONE = aRunDetail({ state: 'success', ended_at: '2026-11-23T22:56:00.000Z', steps: [STEP_DONE], result: TRAINING_RESULT });
  const FAILED = aRunDetail({
    state: 'failed',
    ended_at: '2026-11-23T22:56:00.000Z',
    steps: [aStep({ state: 'failed', ended_at: '2026-11-23T22:55:03.000Z', error: 'no data' })],
    error: 'NoInteractions: collect first',
  });
  const seenBy = (...answers: unknown[]) => ({ 'GET /api/v1/runs/training/a1': answers.map((body) => ({ body })) });

  test('without --wait, the id to ask for', async () => {
    const { out } = await startAnd(['train', '--no-wait']);
    expect(out).toBe('training/a1 has started; `mlops show training/a1` tells how it goes.\n');
  });

  test('progress on stderr, a line for each change, and the models on stdout', async () => {
    const { exitCode, out, err } = await startAnd(['train'], seenBy(RUNNING, RUNNING, DONE));
    expect(exitCode).toBe(0);
    expect(err).toBe(
      [
        'training/a1 has started; Ctrl-C leaves it running',
        '  train_movie_model neural_cf: running',
        '  train_movie_model neural_cf: success in 12.3 s',
        '',
      ].join('\n'),
    );
    expect(out).toBe(
      [
        'trained on 100836 interactions of 610 users with 9724 movies',
        'MODEL      VERSION  CHAMPION  GATE    JUDGED BY',
        "neural_cf        2  no        failed  full_ndcg_at_10 0.3877, popularity's 0.3",
        'neural_cf 2 does not pass beats-popularity: 0.28 < 0.3',
        `report  ${server.url}/api/v1/models/neural_cf/versions/2/report.html`,
        '',
      ].join('\n'),
    );
  });

  test('a live line where a person watches', async () => {
    const { err } = await startAnd(['train'], seenBy(RUNNING, DONE), { live: true });
    expect(err).toContain('train_movie_model neural_cf epoch 1/3, loss 0.5, 1000 samples/s, up to 2.0 s left');
    expect(err.endsWith('\r\u001b[2K')).toBe(true);
  });

  test('a failed run with its error, and exit 1', async () => {
    const { exitCode, out, err } = await startAnd(['train'], seenBy(FAILED));
    expect(exitCode).toBe(1);
    expect(out).toContain('error   NoInteractions: collect first');
    expect(err).toContain('train_movie_model neural_cf: failed in 1.0 s: no data');
  });

  test('--json: the run as one document, nothing beside it, and the same exit code', async () => {
    const { exitCode, out, err } = await startAnd(['train', '--json'], seenBy(RUNNING, FAILED));
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: '' });
    expect(JSON.parse(out)).toEqual(FAILED);
  });

  test('an API that is away for a while is waited for', async () => {
    const away = { status: 503, body: problem(503, 'Service unavailable', 'postgres is not available; try again shortly') };
    const busy = [429, 502, 504].map((status) => ({ status, body: problem(status, 'Busy', 'not now') }));
    const answers = [away, away, ...busy, { body: DONE }];
    const { exitCode, err } = await startAnd(['train'], { 'GET /api/v1/runs/training/a1': answers });
    expect(exitCode).toBe(0);
    expect(err.match(/postgres is not available/g)).toHaveLength(1);
  });
});

test('what the API refuses is shown field by field in its own words, with exit 1', async () => {
  const refusal = problem(422, 'Validation failed', 'two things', [
    { field: 'body.input.models.0.kind', message: 'Invalid input' },
    { field: 'body.input.seed', message: 'expected number, received string' },
  ]);
  const answer = { 'POST /api/v1/runs': { status: 422, body: refusal } };
  const text = await startAnd(['train', '--model', 'nope', '--seed', 'x'], answer);
  expect(text).toEqual({
    exitCode: 1,
    out: '',
    err: 'models.0.kind: Invalid input\nseed: expected number, received string\n',
  });
  const json = await invoke(['train', '--json', '--api', server.url]);
  expect(json).toMatchObject({ exitCode: 1, err: '' });
  expect(JSON.parse(json.out)).toEqual(refusal);
});
