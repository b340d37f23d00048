import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, runParamsOf, type ApiProblem, type Client, type NoSuchApi } from '../../../client/index.ts';
import { problem, startApiServer } from '../cli/apiServer.ts';
import { aRun, aRunDetail } from '../cli/runs.ts';

let stop: (() => Promise<unknown>) | undefined;
afterEach(async () => {
  await stop?.();
  stop = undefined;
});

/** A client of an API that answers from a script, and what that API was asked. */
async function connect(script: Parameters<typeof startApiServer>[0]) {
  const server = await startApiServer(script);
  stop = server.close;
  const client = createClient({ url: server.url, apiKey: 'a-secret-of-somebody' });
  return { client, url: server.url, asked: () => server.received.map(({ method, url, body }) => [method, url, body]) };
}

/** Of a server that answers as it is told. */
async function answeredBy(answer: RequestListener, timeoutMs = 60_000): Promise<{ client: Client; url: string; server: Server }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: createClient({ url, timeoutMs }), url, server };
}

const thrownBy = <E extends Error>(call: Promise<unknown>): Promise<E> =>
  call.then(() => Promise.reject(new Error('it passed'))).catch((error: E) => error);

describe('a call', () => {
  test('puts each parameter in its place in the path, encoded', async () => {
    const { client, asked } = await connect({});
    const ids = ['training/a1', 'collection/nightly-2026-11-25T03:00:00Z', 'training/a+b', 'training/a/b', 'training/a b?c#d%é'];
    for (const id of ids) await client.runs.get({ params: runParamsOf(id) }).catch(() => undefined);
    await client.models.reportPage({ params: { name: 'neural_cf', version: '2' } }).catch(() => undefined);
    await client.movies.get({ params: { movie_id: 41 } }).catch(() => undefined);
    expect(asked().map(([, url]) => url)).toEqual([
      '/api/v1/runs/training/a1',
      '/api/v1/runs/collection/nightly-2026-11-25T03:00:00Z',
      '/api/v1/runs/training/a+b',
      '/api/v1/runs/training/a%2Fb',
      '/api/v1/runs/training/a%20b%3Fc%23d%25%C3%A9',
      '/api/v1/models/neural_cf/versions/2/report.html',
      '/api/v1/movies/41',
    ]);
  });

  test.each(['', '.', '..'])('with the parameter "%s", by which a URL would be another, is not sent', async (schedule_id) => {
    const { client, asked } = await connect({});
    const refusal = { name: 'Failure', kind: 'invalid', message: `schedule_id: "${schedule_id}" cannot stand in a path` };
    expect(await thrownBy(client.schedules.remove({ params: { schedule_id } }))).toMatchObject(refusal);
    expect(asked()).toEqual([]);
  });

  test('writes numbers of a query as text, leaves out what is undefined, and sends the body and the key', async () => {
    const { client, asked } = await connect({
      'GET /api/v1/runs': { body: { runs: [], next_cursor: null } },
      'POST /api/v1/runs': { status: 202, body: aRunDetail() },
      'POST /api/v1/runs/training/a1/cancel': { status: 202, body: aRun() },
    });
    expect(await client.runs.list({ query: { state: undefined, limit: 5, cursor: 'a b&c' } })).toEqual({ runs: [], next_cursor: null });
    expect(await client.runs.list()).toEqual({ runs: [], next_cursor: null });
    expect(await client.runs.start({ body: { workflow: 'movieDataCollection' } })).toEqual(aRunDetail());
    expect(await client.runs.cancel({ params: { subject: 'training', run: 'a1' } })).toEqual(aRun());
    expect(asked()).toEqual([
      ['GET', '/api/v1/runs?limit=5&cursor=a+b%26c', undefined],
      ['GET', '/api/v1/runs', undefined],
      ['POST', '/api/v1/runs', { workflow: 'movieDataCollection' }],
      ['POST', '/api/v1/runs/training/a1/cancel', {}],
    ]);
  });

  test('of a page gives its text, and says where it is', async () => {
    const { client, url } = await answeredBy((_request, response) => response.setHeader('content-type', 'text/html').end('<p>good</p>'));
    const address = { params: { name: 'mine', version: '1' } };
    expect(await client.models.reportPage(address)).toBe('<p>good</p>');
    expect(client.models.reportPage.url(address)).toBe(`${url}/api/v1/models/mine/versions/1/report.html`);
    expect(client.recommendations.get.url({ query: { k: 3 } })).toBe(`${url}/api/v1/recommendations?k=3`);
  });

  test('that its caller gives up throws the reason', async () => {
    const giveUp = new AbortController();
    const { client } = await answeredBy(() => giveUp.abort(new Error('enough')));
    expect(await thrownBy(client.models.list({ signal: giveUp.signal }))).toMatchObject({ message: 'enough' });
  });

  test('takes and gives what its description says, and the compiler knows', async () => {
    const { client } = await connect({ 'GET /api/v1/models': { body: { models: [] } } });
    const wrong = () => [
      // @ts-expect-error a run has two parts
      client.runs.get({ params: { subject: 'training' } }),
      // @ts-expect-error there is no such state
      client.runs.list({ query: { state: 'sleeping' } }),
      // @ts-expect-error an alert has a score
      client.events.driftAlert({ body: { model_name: 'neural_cf', threshold: 1 } }),
      // @ts-expect-error it takes no body
      client.schedules.trigger({ params: { schedule_id: 'a' }, body: { note: 'now' } }),
    ];
    expect(wrong).toBeInstanceOf(Function);
    const { models } = await client.models.list();
    const names: string[] = models.map(({ name }) => name);
    expect(names).toEqual([]);
  });
});

describe('an API that refuses', () => {
  const refusedWith = async (status: number, body: unknown) => {
    const { client } = await connect({ 'GET /api/v1/recommendations': { status, body } });
    return thrownBy<ApiProblem>(client.recommendations.get({ query: { k: 0 } }));
  };

  test('is told by its own problem', async () => {
    const refusal = problem(422, 'Validation failed', 'query.k: too small', [{ field: 'query.k', message: 'too small' }]);
    expect(await refusedWith(422, refusal)).toMatchObject({
      name: 'ApiProblem',
      message: 'query.k: too small',
      status: 422,
      detail: 'query.k: too small',
      errors: [{ field: 'query.k', message: 'too small' }],
      problem: refusal,
      call: 'GET /api/v1/recommendations?k=0',
      answer: { status: 422, text: JSON.stringify(refusal) },
    });
  });

  test.each([[{}], [null], [['a']], ['no'], [{ detail: [{ msg: 'in the words of something else' }], status: 'bad' }]])(
    'in no words of a problem by its status: %j',
    async (body) => {
      expect(await refusedWith(503, body)).toMatchObject({ name: 'ApiProblem', status: 503, detail: 'status 503', errors: [] });
    },
  );
});

describe('no such API', () => {
  const NAME = { name: 'NoSuchApi' };
  const asks = ({ client }: { client: Client }) => thrownBy<NoSuchApi>(client.models.list());

  test('where nobody answers', async () => {
    const { client, url } = await answeredBy(() => undefined);
    await stop?.();
    const message = `No API answers at ${url} (ECONNREFUSED)`;
    expect(await asks({ client })).toMatchObject({
      ...NAME,
      message,
      reason: 'ECONNREFUSED',
      call: 'GET /api/v1/models',
      answer: undefined,
    });
  });

  test('where an answer does not come in time, or breaks off', async () => {
    expect(await asks(await answeredBy(() => undefined, 20))).toMatchObject({ ...NAME, reason: expect.stringContaining('timeout') });
    await stop?.();
    const cut = await answeredBy((_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"models":');
      setImmediate(() => response.destroy());
    });
    expect(await asks(cut)).toMatchObject({ ...NAME, answer: undefined, reason: expect.any(String) });
  });

  test('where something else answers', async () => {
    const proxy = await answeredBy((_request, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
    const answer = { status: 502, text: '<h1>Bad gateway</h1>' };
    const message = `${proxy.url} answered 502 without JSON; is it the API of movie-mlops?`;
    expect(await asks(proxy)).toMatchObject({ ...NAME, message, reason: undefined, answer });
    await stop?.();
    const other = await answeredBy((_request, response) => response.end('{"hello":"world"}'));
    expect(await asks(other)).toMatchObject({ ...NAME, message: expect.stringContaining("is it this version's API?"), reason: undefined });
  });
});
