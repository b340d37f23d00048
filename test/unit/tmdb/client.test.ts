import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pino } from 'pino';
import { pageSchema } from '../../../domain/tmdb/answers.ts';
import { createTmdbClient, type TmdbClient } from '../../../domain/tmdb/client.ts';
import { createPacedRequests, type Pace, type PacedRequests } from '../../../platform/pacedRequests.ts';
import { busyBound } from '../../support/busyBound.ts';
import { startTmdbServer, TMDB_V3_KEY, TMDB_V4_TOKEN, type TmdbFault, type TmdbServer } from '../../support/tmdbServer.ts';
import { waitFor } from '../../support/waitFor.ts';

const FAST: Pace = { requestsPerSecond: 1_000, connections: 10, timeoutMs: 60_000 };
const PAGE = '/movie/popular?page=1';
let server: TmdbServer;
let requests: PacedRequests;
let client: TmdbClient;

beforeAll(async () => {
  server = await startTmdbServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.reset();
  requests = createPacedRequests(FAST);
  client = clientWith(TMDB_V3_KEY);
});
afterEach(() => requests.close());

const lines: string[] = [];
const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
const clientWith = (apiKey: string | undefined, url = server.url) => createTmdbClient({ url, apiKey, requests, log, backOffMs: 5 });
/** From here on the client gives up on an answer soon, but not so soon that a good one would be late. */
async function becomeImpatient() {
  await requests.close();
  requests = createPacedRequests({ ...FAST, timeoutMs: Math.ceil(busyBound(300)) });
  client = clientWith(TMDB_V3_KEY);
}
const signal = () => new AbortController().signal;
const getPage = (from = client, page = 1) => from.get('/movie/popular', { page: String(page) }, pageSchema, signal());
const thrownBy = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error & { type?: string }) => error,
  );

describe('the key', () => {
  test('of v3 goes into the query, a v4 token into a header, and neither into the other or the log', async () => {
    server.faults.set(PAGE, [{ status: 503 }]);
    await getPage();
    await getPage(clientWith(TMDB_V4_TOKEN));
    expect(server.asked.map(({ apiKey, headers }) => [apiKey, headers.authorization])).toEqual([
      [TMDB_V3_KEY, undefined],
      [TMDB_V3_KEY, undefined],
      [null, `Bearer ${TMDB_V4_TOKEN}`],
    ]);
    expect(lines.join()).toContain('TMDB will be asked again');
    expect(lines.join()).not.toContain(TMDB_V3_KEY);
  });

  test('that is missing: nothing is asked, and how to get one is said', async () => {
    const error = await thrownBy(getPage(clientWith(undefined)));
    expect(error).toMatchObject({ type: 'SourceUnavailable', message: expect.stringContaining('https://www.themoviedb.org/settings/api') });
    expect(server.asked).toEqual([]);
  });

  test('that TMDB refuses: once, in its words, with how it was sent', async () => {
    expect(await thrownBy(getPage(clientWith('a-key-of-nobody')))).toMatchObject({
      type: 'SourceUnavailable',
      message:
        'TMDB refused the key in TMDB_API_KEY, which was sent as a v3 key, since it is no JSON web token ' +
        '(status 401, code 7: Invalid API key: You must be granted a valid key.)',
    });
    expect(server.asked).toHaveLength(1);
  });
});

describe('what passes by itself is asked for again, and then there', () => {
  test.each<[string, TmdbFault]>([
    ['a page of HTML', { text: '<html>Welcome to the hotel</html>' }],
    ['another JSON', { status: 200, body: [] }],
    ['another page', { status: 200, body: { page: 2, results: [], total_pages: 9 } }],
    ['half a JSON', 'half'],
    ['half a JSON that claims to be whole', { text: '{"page":1,"results":[' }],
    ['an error with status 200', { status: 200, body: { success: false, status_code: 11, status_message: 'Internal error' } }],
    ['nothing at all', 'hang'],
    ['a connection that is cut', 'reset'],
    ['500', { status: 500 }],
    ['503', { status: 503, body: { success: false, status_code: 9, status_message: 'Service offline' } }],
    ['504', { status: 504, body: { success: false, status_code: 24, status_message: 'Your request to the backend server timed out.' } }],
    ['429', { status: 429, headers: { 'retry-after': '0' } }],
  ])('%s', async (_name, fault) => {
    if (fault === 'hang') await becomeImpatient();
    server.faults.set(PAGE, [fault, fault]);
    const schema = pageSchema.refine(({ page }) => page === 1);
    const { results } = await client.get('/movie/popular', { page: '1' }, schema, signal());
    expect({ rows: results.length, asked: server.times(PAGE) }).toEqual({ rows: 20, asked: 3 });
  });

  test('but not for ever: after six tries with what the last one was', async () => {
    server.faults.set(PAGE, Array<TmdbFault>(9).fill({ status: 502 }));
    const error = await thrownBy(getPage());
    expect(error).not.toHaveProperty('type'); // the step may be tried again
    expect(error?.message).toBe('TMDB gave no usable answer to /movie/popular in 6 tries; at last, status 502');
    expect(server.asked).toHaveLength(6);
  });

  test('nobody at the address: said with the reason', async () => {
    const error = await thrownBy(getPage(clientWith(TMDB_V3_KEY, 'http://127.0.0.1:1/3')));
    expect(error?.message).toMatch(/^TMDB gave no usable answer to \/movie\/popular in 6 tries; at last, no answer: .*ECONNREFUSED/);
  });
});

describe('what does not pass is asked for once', () => {
  test.each<[string, TmdbFault, string]>([
    [
      '400',
      { status: 400, body: { success: false, status_code: 22, status_message: 'Invalid page' } },
      'status 400, code 22: Invalid page',
    ],
    ['401 with status 200', { status: 200, body: { success: false, status_code: 10, status_message: 'Suspended' } }, 'refused the key'],
    ['a 404 that is not of TMDB', { status: 404, body: 'nothing here' }, 'is TMDB_API_URL the address of the TMDB API?'],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'is TMDB_API_URL the address of the TMDB API?'],
  ])('%s', async (_name, fault, words) => {
    server.faults.set(PAGE, [fault]);
    const error = await thrownBy(getPage());
    expect(error).toMatchObject({ type: 'SourceUnavailable', message: expect.stringContaining(words) });
    expect(error).not.toMatchObject({ kind: 'missing' });
    expect(server.asked).toHaveLength(1);
  });

  test("TMDB's own 404 is told apart", async () => {
    const get = client.get('/movie/999999999', {}, pageSchema, signal());
    expect(await thrownBy(get)).toMatchObject({ kind: 'missing', type: 'SourceUnavailable' });
    expect(server.asked).toHaveLength(1);
  });
});

describe('429', () => {
  const askedAgain = async (retryAfter: string) => {
    server.faults.set(PAGE, [{ status: 429, headers: { 'retry-after': retryAfter } }]);
    await getPage();
    return server.asked.map(({ at }) => at);
  };

  test('waits as long as Retry-After says, in seconds or until a date', async () => {
    const [first, second] = await askedAgain('1');
    expect(second! - first!).toBeGreaterThanOrEqual(995);
    server.reset();
    const date = new Date(Date.now() + 2_500).toUTCString();
    const [, again] = await askedAgain(date);
    expect(performance.timeOrigin + again!).toBeGreaterThanOrEqual(Date.parse(date) - 5);
  });

  test('holds everybody, not only the one who was told', async () => {
    server.faults.set(PAGE, [{ status: 429, headers: { 'retry-after': '1' } }]);
    const before = lines.length;
    await Promise.all([
      getPage(),
      (async () => {
        await waitFor('the first to be told', () => lines.slice(before).join().includes('TMDB will be asked again'), { everyMs: 5 });
        await getPage(client, 2);
      })(),
    ]);
    expect(server.asked.slice(1).map(({ at }) => at - server.asked[0]!.at >= 950)).toEqual([true, true]);
  });
});

test('an abort ends a wait, a request that hangs, and the queue, at once', async () => {
  const abort = new AbortController();
  server.faults.set(PAGE, [{ status: 429, headers: { 'retry-after': '60' } }]);
  server.faults.set('/movie/popular?page=2', ['hang']);
  const gets = [1, 2, 3].map((page) => thrownBy(client.get('/movie/popular', { page: String(page) }, pageSchema, abort.signal)));
  await waitFor('two to be asked for', () => server.asked.length >= 2, { everyMs: 5 });
  const abortedAt = performance.now();
  abort.abort();
  await Promise.all(gets);
  expect(performance.now() - abortedAt).toBeLessThan(busyBound(800));
});

test('the pace: never more than so many a second nor more than ten connections, whoever asks', async () => {
  const RATE = 35;
  const paced = createPacedRequests({ ...FAST, requestsPerSecond: RATE, timeoutMs: 5_000 });
  server.delayMs = 60;
  const asking = Array.from({ length: 3 }, () => createTmdbClient({ url: server.url, apiKey: TMDB_V4_TOKEN, requests: paced, log }));
  const askMany = (many: number) => Promise.all(Array.from({ length: many }, (_, index) => getPage(asking[index % 3], 1 + index)));
  const askedAt: number[] = [];
  const note = () => void askedAt.push(performance.now());
  await askMany(RATE); // what opening connections takes would blur when the first requests go
  // Where they are sent or arrive, whatever this machine holds up brings them closer together.
  subscribe('undici:request:create', note);
  const stalls = monitorEventLoopDelay({ resolution: 1 });
  stalls.enable();
  await askMany(70);
  unsubscribe('undici:request:create', note);
  await paced.close();
  expect(askedAt).toHaveLength(70);
  // A turn that is given while this process waits for a core is taken so much later, and the next ones not.
  const second = 1_000 - stalls.max / 1e6;
  const mostInASecond = Math.max(...askedAt.map((from) => askedAt.filter((at) => at >= from && at < from + second).length));
  expect(mostInASecond).toBeLessThanOrEqual(RATE);
  expect(mostInASecond).toBeGreaterThan(RATE / 2); // and it is used
  expect(server.mostConnections()).toBe(10);
});
