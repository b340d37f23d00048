import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, followRun, patiently, type Patience } from '../../../client/index.ts';
import type { RunState } from '../../../contracts/runs.ts';
import { aRunDetail } from '../cli/runs.ts';

/** A run's state, a status, or no answer at all. */
type Look = RunState | number | 'no answer';

let stop: (() => Promise<unknown>) | undefined;
afterEach(() => stop?.());

/** Follows a run of an API that answers the looks in turn, the last one again and again. */
async function following(looks: Look[], patience: Patience = {}, told: () => unknown = () => undefined) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const look = looks.length > 1 ? looks.shift()! : looks[0]!;
    if (look === 'no answer') return request.socket.destroy();
    return typeof look === 'number' ? response.writeHead(look).end('{}') : response.end(JSON.stringify(aRunDetail({ state: look })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  const seen: RunState[] = [];
  const absences: unknown[] = [];
  const client = createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const outcome = await followRun(client, 'training/a1', {
    everyMs: 1,
    onLook: ({ state }) => [seen.push(state), told()],
    onAbsence: (error) => [absences.push((error as Error).message), told()],
    ...patience,
  }).then(
    ({ state }) => state as string,
    (error: Error) => error.message,
  );
  return { outcome, seen, asked, absences };
}

describe('a run that is followed', () => {
  test('is looked at until it has ended, through an API that is away, which is told once each time', async () => {
    const looks: Look[] = ['queued', 503, 429, 'no answer', 'running', 502, 504, 'failed'];
    expect(await following(looks)).toEqual({
      outcome: 'failed',
      seen: ['queued', 'running', 'failed'],
      asked: Array.from({ length: 8 }, () => '/api/v1/runs/training/a1'),
      absences: ['status 503', 'status 502'],
    });
  });

  test.each([400, 401, 403, 404, 422, 500])('is given up at once where the API says %d', async (status) => {
    expect(await following(['running', status])).toMatchObject({ outcome: `status ${status}`, absences: [] });
  });

  test('is given up where the API stays away longer than is borne', async () => {
    expect(await following(['running', 503], { bearAbsenceMs: 10 })).toMatchObject({ outcome: 'status 503', absences: ['status 503'] });
  });

  test.each<[string, Look, (leave: () => void) => unknown]>([
    ['at a look', 'running', (leave) => leave()],
    ['at an absence', 503, (leave) => leave()],
    ['between two looks', 'running', setImmediate],
    ['in an absence', 503, setImmediate],
  ])('is left as soon as its caller says so, %s', async (_when, look, soon) => {
    const caller = new AbortController();
    const leave = () => soon(() => caller.abort(new Error('left')));
    const { outcome, asked } = await following([look], { everyMs: 100_000, signal: caller.signal }, leave);
    expect({ outcome, asked: asked.length }).toEqual({ outcome: 'left', asked: 1 });
  });
});

test('what passes is for the caller to say', async () => {
  const answers = [new Error('not yet'), new Error('not yet'), 'here'];
  const ask = async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
  expect(await patiently(ask, { everyMs: 1, isPassing: (error) => (error as Error).message === 'not yet' })).toBe('here');
});
