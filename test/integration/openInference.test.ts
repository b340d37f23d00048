import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { waitFor } from '../support/waitFor.ts';
import { startTinyServing, type TinyServing } from '../support/tinyServing.ts';

let serving: TinyServing;
beforeAll(async () => {
  serving = await startTinyServing(['popularity', 'neural_cf', 'item_knn']);
});
afterAll(() => serving?.stop());

interface Tensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: number[];
  readonly data?: unknown[];
  readonly parameters?: { binary_data_size: number };
}
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { error?: string; id?: string; model_name?: string; model_version?: string; outputs: Tensor[] };
  /** Behind the JSON. */
  readonly binary: Buffer;
}

async function call(method: string, place: string, body?: Buffer | string, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${serving.url}/v2${place}`, {
    method,
    headers,
    ...(body !== undefined && { body: new Uint8Array(Buffer.from(body)) }),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const length = Number(answer.headers.get('inference-header-content-length') ?? bytes.length);
  return {
    status: answer.status,
    headers: answer.headers,
    body: JSON.parse(bytes.subarray(0, length).toString()) as Answer['body'],
    binary: bytes.subarray(length),
  };
}
const infer = (body: unknown, model = 'neural_cf') => call('POST', `/models/${model}/infer`, JSON.stringify(body));
const tensor = (name: string, data: unknown[], over: object = {}) => ({ name, datatype: 'BYTES', shape: [data.length], data, ...over });
const pairs = (users: unknown[], movies: unknown[]) => ({ inputs: [tensor('user_id', users), tensor('movie_id', movies)] });
const dataOf = ({ body }: Answer, name: string) => body.outputs.find((output) => output.name === name)?.data;

async function predicted(userId: string, movieIds: string[]): Promise<number[]> {
  const answer = await fetch(`${serving.url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: userId, movie_ids: movieIds }),
  });
  const { predictions } = (await answer.json()) as { predictions: { score: number }[] };
  return predictions.map(({ score }) => score);
}

describe('the Open Inference Protocol', () => {
  test('tells of the server, of each loaded model, and whether they are ready', async () => {
    expect((await call('GET', '')).body).toEqual({
      name: 'movie-mlops',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      extensions: ['binary_tensor_data'],
    });
    expect((await call('GET', '/health/live')).body).toEqual({ live: true });
    expect((await call('GET', '/health/ready')).body).toEqual({ ready: true });
    const told = {
      name: 'neural_cf',
      versions: ['1'],
      platform: 'movie_mlops_neural_cf',
      inputs: [
        { name: 'user_id', datatype: 'BYTES', shape: [-1] },
        { name: 'movie_id', datatype: 'BYTES', shape: [-1] },
      ],
      outputs: [
        { name: 'score', datatype: 'FP32', shape: [-1] },
        { name: 'known', datatype: 'BOOL', shape: [-1] },
      ],
    };
    for (const place of ['/models/neural_cf', '/models/neural_cf/versions/1']) {
      expect((await call('GET', place)).body).toEqual(told);
      expect((await call('GET', `${place}/ready`)).body).toEqual({ name: 'neural_cf', ready: true });
    }
  });

  test('scores pairs of user and movie as /predict does, and says which it does not know', async () => {
    const answer = await infer({
      id: 'one',
      ...pairs(['u2', 'u2', 'u4', 'u2', 'stranger', 'u2'], ['3', '4711', 'movie_001', '1', '3', 'shop:none']),
    });
    const [three, one] = await predicted('u2', ['3', '1']);
    const [ofAnother] = await predicted('u4', ['1']);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      ...{ model_name: 'neural_cf', model_version: '1', id: 'one' },
      outputs: [
        { name: 'score', datatype: 'FP32', shape: [6], data: [three, null, ofAnother, one, null, null] },
        { name: 'known', datatype: 'BOOL', shape: [6], data: [true, false, true, true, false, false] },
      ],
    });
  });

  test('takes a column, nested or flat, whole numbers, one user for all movies, and gives the outputs that are asked for', async () => {
    const [three, one] = await predicted('u2', ['3', '1']);
    const user = tensor('user_id', ['u2']);
    const scoreAlone = { outputs: [{ name: 'score' }] };
    for (const movies of [
      { shape: [2, 1], data: [['3'], ['1']] },
      { shape: [2, 1], data: ['3', '1'] },
      { shape: [2, 1], data: [3, 1], datatype: 'INT64' },
      { shape: [2, 1], data: [[3], [1]], datatype: 'UINT8' },
    ]) {
      const answer = await infer({
        inputs: [tensor('movie_id', [], movies), user],
        ...scoreAlone,
        parameters: { priority: 1, of: { theirs: [] } },
      });
      expect(answer.body.outputs).toEqual([{ name: 'score', datatype: 'FP32', shape: [2, 1], data: [three, one] }]);
    }
  });

  test('reads what a user did a moment ago, for a model that scores by it', async () => {
    const movies = ['1', '2', '5', '9'];
    const asked = pairs(
      movies.map(() => 'newcomer'),
      movies,
    );
    expect(dataOf(await infer(asked, 'item_knn'), 'known')).toEqual([false, false, false, false]);
    await serving.database.pool.query(
      `insert into interactions (event_id, user_id, movie_id, interaction_type, occurred_at) values (gen_random_uuid(), 'newcomer', 12, 'like', now())`,
    );
    const answer = await infer(asked, 'item_knn');
    expect(dataOf(answer, 'known')).toEqual([true, true, true, true]);
    const route = { user_id: 'newcomer', movie_ids: movies };
    const recommended = await fetch(`${serving.url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(route),
    });
    expect(await recommended.json()).toMatchObject({
      model: { name: 'item_knn' },
      predictions: movies.map((movie_id, at) => ({ movie_id, score: dataOf(answer, 'score')![at] })),
    });
  });

  test('does not know a movie that has left the catalogue', async () => {
    const known = async () => dataOf(await infer(pairs(['u2'], ['20'])), 'known');
    expect(await known()).toEqual([true]);
    await serving.database.pool.query('delete from movies where movie_id = 20');
    await waitFor('the movie to be gone', async () => JSON.stringify(await known()) === '[false]');
  });

  test("answers the requests that NVIDIA's own client sends, as bytes where it asks for bytes", async () => {
    const recorded = JSON.parse(await readFile(path.join(import.meta.dirname, 'triton_requests.json'), 'utf8')) as Record<
      string,
      { json_length: number | null; body: string }
    >;
    const send = ({ json_length, body }: (typeof recorded)[string]) =>
      call(
        'POST',
        '/models/neural_cf/versions/1/infer',
        Buffer.from(body, 'base64'),
        json_length === null ? {} : { 'inference-header-content-length': String(json_length) },
      );
    const [[three, ofMovieOne], [ofAnother]] = [await predicted('u2', ['3', '1']), await predicted('u4', ['1'])];
    const floats = (bytes: Buffer) => Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
    const scores = [three, NaN, ofAnother, NaN];

    const asJson = await send(recorded['JSON both ways']!);
    expect(asJson.headers.get('content-type')).toContain('application/json');
    expect([dataOf(asJson, 'score'), dataOf(asJson, 'known')]).toEqual([
      scores.map((score) => (Number.isNaN(score) ? null : score)),
      [true, false, true, false],
    ]);
    for (const name of ['bytes both ways', 'JSON, answered as bytes']) {
      const { headers, body, binary } = await send(recorded[name]!);
      expect(headers.get('content-type')).toBe('application/octet-stream');
      expect(body).toEqual({
        ...{ model_name: 'neural_cf', model_version: '1', ...(name === 'bytes both ways' && { id: 'r1' }) },
        outputs: [
          { name: 'score', datatype: 'FP32', shape: [4], parameters: { binary_data_size: 16 } },
          { name: 'known', datatype: 'BOOL', shape: [4], parameters: { binary_data_size: 4 } },
        ],
      });
      expect([floats(binary.subarray(0, 16)), [...binary.subarray(16)]]).toEqual([scores, [1, 0, 1, 0]]);
    }
    const column = await send(recorded['whole numbers in a column']!);
    expect(column.body.outputs).toEqual([{ name: 'score', datatype: 'FP32', shape: [2, 1], parameters: { binary_data_size: 8 } }]);
    expect(floats(column.binary)).toEqual([three, ofMovieOne]);
  });

  test('answers for a version by its number, and for the champion where none is named; a request that is under way ends on its version', async () => {
    const version = await serving.promote('neural_cf');
    const users = Array.from({ length: 400 }, (_, at) => `u${1 + (at % 12)}`).map((user, at) => (at < 12 ? user : `${user}-${at}`));
    const underWay: Promise<Answer>[] = [];
    await waitFor('the new version', async () => {
      underWay.push(
        infer(
          pairs(
            users,
            users.map(() => '1'),
          ),
        ),
      );
      return ((await call('GET', '/models/neural_cf')).body as unknown as { versions: string[] }).versions.includes(version);
    });
    const answers = await Promise.all(underWay);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    for (const answer of answers) expect((dataOf(answer, 'known') as boolean[]).filter(Boolean)).toHaveLength(12);
    expect((await infer(pairs(['u2'], ['1']))).body.model_version).toBe(version);
    expect((await infer(pairs(['u2'], ['1']), `neural_cf/versions/${version}`)).body.model_version).toBe(version);
    expect((await infer(pairs(['u2'], ['1']), 'neural_cf/versions/99')).status).toBe(404);
  });
});

describe('of what it cannot take it says what is wrong', () => {
  const user = tensor('user_id', ['u2']);
  const movie = tensor('movie_id', ['1']);
  const withMovie = (over: object) => ({ inputs: [user, { ...movie, ...over }] });
  test.each<[string, unknown, string]>([
    ['a list', [], 'body: '],
    ['no inputs', {}, 'body.inputs: '],
    ['an empty list of inputs', { inputs: [] }, 'body.inputs: '],
    ['one input', { inputs: [user] }, 'the input movie_id is missing'],
    ['an input twice', { inputs: [user, movie, movie] }, 'there are two inputs movie_id'],
    ['another input', { inputs: [user, movie, tensor('age', ['7'])] }, 'there is no input age; there are user_id and movie_id'],
    ['10^9 elements', withMovie({ shape: [1_000_000_000] }), 'movie_id has the shape [1000000000]; 1 to 10000 elements are taken'],
    ['10^9 elements in two axes', withMovie({ shape: [31_623, 31_623] }), '1 to 10000 elements are taken'],
    ['more than any number', withMovie({ shape: [1e308] }), 'body.inputs.1.shape.0'],
    ['no element', withMovie({ shape: [0], data: [] }), '1 to 10000 elements are taken'],
    ['a negative shape', withMovie({ shape: [-1] }), 'body.inputs.1.shape.0'],
    ['half an element', withMovie({ shape: [0.5] }), 'body.inputs.1.shape.0'],
    ['no axis', withMovie({ shape: [] }), 'body.inputs.1.shape'],
    ['three axes', withMovie({ shape: [1, 1, 1] }), 'body.inputs.1.shape'],
    ['a square', withMovie({ shape: [2, 2], data: ['1', '2', '3', '4'] }), 'movie_id has the shape [2, 2]; [n] and [n, 1] are taken'],
    ['less data than its shape', withMovie({ shape: [2] }), 'the data of movie_id does not have the shape [2]'],
    ['more data than its shape', withMovie({ data: ['1', '2'] }), 'the data of movie_id does not have the shape [1]'],
    ['data that nests otherwise', withMovie({ data: [['1']] }), 'the data of movie_id does not have the shape [1]'],
    ['rows of two', withMovie({ shape: [2, 1], data: [['1', '2'], ['3']] }), 'the data of movie_id does not have the shape [2, 1]'],
    ['no datatype', withMovie({ datatype: undefined }), 'body.inputs.1.datatype'],
    [
      'a datatype that names nothing',
      withMovie({ datatype: 'FP32', data: [1] }),
      'movie_id is of FP32; BYTES, INT8 to INT64 and UINT8 to UINT64 are taken',
    ],
    ['numbers as text', withMovie({ data: [1] }), 'movie_id is of BYTES, and its element 0 is no text'],
    ['text as numbers', withMovie({ datatype: 'INT64' }), 'movie_id is of INT64, and its element 0 is no whole number'],
    ['null', withMovie({ data: [null], datatype: 'INT32' }), 'its element 0 is no whole number'],
    ['a number beyond its datatype', withMovie({ data: [300], datatype: 'UINT8' }), 'its element 0 is no whole number from 0 to 255'],
    ['a number beyond what is exact', withMovie({ data: [2 ** 60], datatype: 'INT64' }), 'its element 0 is no whole number'],
    ['a movie that nobody names so', withMovie({ data: ['a b'] }), 'movie_id.0: '],
    ['a user without a name', { inputs: [tensor('user_id', ['']), movie] }, 'user_id.0: '],
    ['a control character', { inputs: [tensor('user_id', ['a\u0001']), movie] }, 'user_id.0: no control characters'],
    ['two users for three movies', pairs(['u1', 'u2'], ['1', '2', '3']), 'user_id has 2 elements and movie_id 3'],
    ['no data', withMovie({ data: undefined }), 'movie_id needs either data or binary_data_size'],
    ['data twice', withMovie({ parameters: { binary_data_size: 5 } }), 'movie_id needs either data or binary_data_size'],
    [
      'bytes that did not come',
      withMovie({ data: undefined, parameters: { binary_data_size: 5 } }),
      'the inputs have 5 bytes of binary data, and 0 came',
    ],
    ['a size that is none', withMovie({ data: undefined, parameters: { binary_data_size: -1 } }), 'binary_data_size is a number of bytes'],
    ['shared memory', withMovie({ data: undefined, parameters: { shared_memory_region: 'a' } }), 'shared memory is not served'],
    ['another output', { ...pairs(['u2'], ['1']), outputs: [{ name: 'rating' }] }, 'there is no output rating; there are score and known'],
    [
      'an output in shared memory',
      { ...pairs(['u2'], ['1']), outputs: [{ name: 'score', parameters: { shared_memory_region: 'a' } }] },
      'shared memory is not served',
    ],
    ['an id that is no text', { id: 7, ...pairs(['u2'], ['1']) }, 'body.id'],
    [
      'more users than one request may have',
      pairs(
        Array.from({ length: 1_001 }, (_, at) => `u${at}`),
        Array.from({ length: 1_001 }, () => '1'),
      ),
      'there are 1001 different users; at most 1000 are taken',
    ],
  ])('%s', async (_what, body, words) => {
    const answer = await infer(body);
    expect([answer.status, answer.body]).toEqual([400, { error: expect.stringContaining(words) }]);
  });

  const head = (size: number, datatype = 'BYTES', count = 1) =>
    JSON.stringify({ inputs: [user, { name: 'movie_id', datatype, shape: [count], parameters: { binary_data_size: size } }] });
  test.each<[string, string, Buffer, string]>([
    ['a text that is cut short', head(5), Buffer.from([2, 0, 0, 0, 49]), 'movie_id: its element 0 is cut short'],
    ['a length that is cut short', head(3), Buffer.from([2, 0, 0]), 'movie_id: its element 0 is cut short'],
    ['a text of 4 GB', head(5), Buffer.from([255, 255, 255, 255, 49]), 'movie_id: its element 0 is cut short'],
    [
      'more texts than the shape',
      head(10),
      Buffer.from([1, 0, 0, 0, 49, 1, 0, 0, 0, 50]),
      'shape of 1 elements, and its bytes are of more',
    ],
    ['fewer texts than the shape', head(5, 'BYTES', 2), Buffer.from([1, 0, 0, 0, 49]), 'shape of 2 elements, and its bytes are of 1'],
    ['no UTF-8', head(5), Buffer.from([1, 0, 0, 0, 255]), 'movie_id: its element 0 is not UTF-8'],
    ['too few bytes of numbers', head(7, 'INT64'), Buffer.alloc(7), 'movie_id has 7 bytes, which are not 1 elements of INT64'],
    ['more bytes than were told', head(5), Buffer.from([1, 0, 0, 0, 49, 0]), 'the inputs have 5 bytes of binary data, and 6 came'],
    ['a negative movie', head(8, 'INT64'), Buffer.alloc(8, 255), 'movie_id.0: a movie id'],
  ])('%s, in bytes', async (_what, json, bytes, words) => {
    const answer = await call('POST', '/models/neural_cf/infer', Buffer.concat([Buffer.from(json), bytes]), {
      'inference-header-content-length': String(Buffer.byteLength(json)),
    });
    expect([answer.status, answer.body]).toEqual([400, { error: expect.stringContaining(words) }]);
  });

  test.each<[string, string, string | Buffer, Record<string, string>, number, string]>([
    ['no JSON', '/models/neural_cf/infer', '{"inputs":', {}, 400, 'The body is not JSON'],
    ['no body', '/models/neural_cf/infer', '', {}, 400, 'The body is not JSON'],
    ['no UTF-8', '/models/neural_cf/infer', Buffer.from([123, 255, 125]), {}, 400, 'not UTF-8'],
    ['a deep body', '/models/neural_cf/infer', '['.repeat(40) + ']'.repeat(40), {}, 400, 'nests deeper than 32'],
    ['a body of 2 MB', '/models/neural_cf/infer', Buffer.alloc(2 * 1024 * 1024, 32), {}, 413, 'larger than 1 MB'],
    [
      'a length beyond the body',
      '/models/neural_cf/infer',
      '{}',
      { 'inference-header-content-length': '3' },
      400,
      'at most the 2 of the body',
    ],
    [
      'a length that is none',
      '/models/neural_cf/infer',
      '{}',
      { 'inference-header-content-length': '-1' },
      400,
      'at most the 2 of the body',
    ],
    ['a model that is not loaded', '/models/nothing/infer', '{}', {}, 404, 'model nothing is not loaded; there are '],
    ['a version that is not loaded', '/models/item_knn/versions/one/infer', '{}', {}, 404, 'model item_knn one is not loaded'],
    ['a path that is not there', '/repository/index', '{}', {}, 404, 'There is no POST /v2/repository/index here'],
    ['another method', '/models/item_knn', '{}', {}, 405, 'POST is not served here'],
    [
      'a Host that is not served',
      '/models/item_knn/infer',
      '{}',
      { origin: 'http://elsewhere.example' },
      403,
      'may not send requests here',
    ],
  ])('%s', async (_what, place, body, headers, status, words) => {
    const answer = await call('POST', place, body, headers);
    expect([answer.status, answer.body]).toEqual([status, { error: expect.stringContaining(words) }]);
  });

  test('elsewhere a fault stays a problem of our own', async () => {
    const answer = await fetch(`${serving.url}/predict`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });
});
