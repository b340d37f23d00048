import { afterEach, describe, expect, test } from '@jest/globals';
import type { DeadLetter } from '../../../contracts/deadLetters.ts';
import { startApiServer, type Answer } from './apiServer.ts';
import { invoke } from './invoke.ts';

let server: Awaited<ReturnType<typeof startApiServer>> | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function ask(args: readonly string[], script: Record<string, Answer | readonly Answer[]> = {}) {
  server = await startApiServer(script);
  return invoke(['events', ...args, '--api', server.url]);
}
const asked = () => server!.received.map(({ method, url, body }) => [`${method} ${url}`, body]);
const rowsOf = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s{2,}/));

describe('events', () => {
  test('topics and groups: what lies there, and who is how far behind', async () => {
    const topic = {
      topic: 'user-events',
      messages: 7,
      partitions: [0, 1, 2].map((partition) => ({ partition, first_offset: 0, next_offset: 3 })),
    };
    const topics = await ask(['topics'], { 'GET /api/v1/events/topics': { body: { topics: [topic] } } });
    expect(rowsOf(topics.out)).toEqual([['user-events', '3', '7']]);
    await server!.close();
    const group = { group: 'ingest', state: 'Stable', members: 1, lag: 4, topics: [{ topic: 'user-events', lag: 4, partitions: [] }] };
    const groups = await ask(['groups'], { 'GET /api/v1/events/groups': { body: { groups: [group] } } });
    expect(rowsOf(groups.out)).toEqual([
      ['ingest', 'Stable', '1', '4'],
      ['user-events', '4'],
    ]);
  });

  const message = (offset: number) => ({
    ...{ partition: 0, offset, timestamp: '2026-11-23T22:55:00.000Z', key: 'k', value: `line\n${offset}`, value_bytes: 6, headers: [] },
  });
  const MESSAGES = 'GET /api/v1/events/topics/user-events/messages';
  const page = (offsets: number[], next: string, is_at_end: boolean) => ({ body: { messages: offsets.map(message), next, is_at_end } });

  test('tail goes on page by page until it has so many; each message is one line', async () => {
    const { out } = await ask(['tail', 'user-events', '--filter', 'user_id=anna', '--max', '3'], {
      [MESSAGES]: [page([], '0:1', true), page([1, 2], '0:3', true), page([3], '0:4', false)],
    });
    expect(out.split('\n').filter(Boolean)).toEqual([1, 2, 3].map((n) => `2026-11-23 22:55:00  0:${n}  k  line ${n}`));
    const base = '/api/v1/events/topics/user-events/messages?from=latest';
    expect(asked().map(([call]) => call)).toEqual([
      `GET ${base}&filter=user_id%3Danna&limit=3&wait_ms=2000`,
      `GET ${base}&after=0%3A1&filter=user_id%3Danna&limit=3&wait_ms=2000`,
      `GET ${base}&after=0%3A3&filter=user_id%3Danna&limit=1&wait_ms=2000`,
    ]);
  });

  test('tail --no-follow shows what is there and ends; as one document too', async () => {
    const script = { [MESSAGES]: [page([1], '0:2', false), page([2], '0:3', true)] };
    const { out } = await ask(['tail', 'user-events', '--no-follow', '--json'], script);
    expect((JSON.parse(out) as { messages: { offset: number }[] }).messages.map(({ offset }) => offset)).toEqual([1, 2]);
    expect(asked()[0]![0]).toBe('GET /api/v1/events/topics/user-events/messages?from=earliest&limit=200&wait_ms=0');
  });

  test('tail from a time on begins there, and goes on where it was', async () => {
    const script = { [MESSAGES]: [page([1], '0:2', false), page([], '0:2', true)] };
    await ask(['tail', 'user-events', '--no-follow', '--since', '2026-11-23T22:55:00Z'], script);
    const base = '/api/v1/events/topics/user-events/messages?from=earliest';
    expect(asked().map(([call]) => call)).toEqual([
      `GET ${base}&since=2026-11-23T22%3A55%3A00.000Z&limit=200&wait_ms=0`,
      `GET ${base}&after=0%3A2&limit=200&wait_ms=0`,
    ]);
  });

  test('show has all of one message; a place that is none is told', async () => {
    const whole = { ...message(17), headers: [{ name: 'ce_type', value: 'test' }] };
    const { out } = await ask(['show', 'user-events', '0:17'], { [`${MESSAGES}/0/17`]: { body: whole } });
    expect(out).toContain('2026-11-23 22:55:00');
    expect(out).toMatch(/header ce_type +test/);
    expect(out).toContain('line\n17');
    await server!.close();
    expect(await ask(['show', 'user-events', '17'])).toMatchObject({ exitCode: 2, err: expect.stringContaining('0:17') as unknown });
  });

  test('send tells what a user did, by the door that applications take', async () => {
    const accepted = { event_id: '019ad1c2-0000-7000-8000-000000000001', status: 'accepted' };
    const { out } = await ask(['send', 'test-1', '41', '--type', 'like', '--session', 'test'], {
      'POST /api/v1/events/user-interaction': { status: 202, body: accepted },
    });
    expect(out).toContain(accepted.event_id);
    expect(asked()).toEqual([
      ['POST /api/v1/events/user-interaction', { user_id: 'test-1', movie_id: '41', interaction_type: 'like', session_id: 'test' }],
    ]);
    await server!.close();
    await ask(['send', 'test-1', '41', '--rating', '4.5'], { 'POST /api/v1/events/user-interaction': { status: 202, body: accepted } });
    expect(asked()[0]![1]).toEqual({ user_id: 'test-1', movie_id: '41', interaction_type: 'rating', rating: 4.5 });
  });

  test('tail as one document needs an end', async () => {
    expect(await ask(['tail', 'user-events', '--json'])).toMatchObject({
      exitCode: 2,
      out: expect.stringContaining('--no-follow or --max'),
    });
  });

  test.each(['bad', '=bad'])('produce with the header %j is used wrongly, and says so in a line', async (header) => {
    const { exitCode, out, err } = await invoke(['events', 'produce', 'user-events', 'x', '--header', header]);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain(`argument '${header}' is invalid. Give name=value, such as ce_type=test.`);
  });

  test('produce sends what it is given', async () => {
    const answer = { 'POST /api/v1/events/topics/user-events/messages': { status: 202, body: { topic: 'user-events', status: 'sent' } } };
    const { out } = await ask(['produce', 'user-events', '{"a":1}', '--key', 'k', '--header', 'x=1', '--header', 'y=a=b'], answer);
    expect([out, asked()]).toEqual([
      'Sent to user-events.\n',
      [['POST /api/v1/events/topics/user-events/messages', { value: '{"a":1}', key: 'k', headers: { x: '1', y: 'a=b' } }]],
    ]);
  });
});

const LETTER: DeadLetter = {
  ...{
    id: 'user-events-dlt:0:17',
    partition: 0,
    offset: 17,
    timestamp: '2026-11-23T22:55:00.000Z',
    key: 'anna',
    value: '{bad',
    value_bytes: 4,
  },
  ...{ headers: [{ name: 'trace', value: { base64: '//4=' } }], because: 'unreadable', error: 'SyntaxError: no JSON', is_cut: false },
  ...{ origin: { topic: 'user-events', partition: 0, offset: 40, timestamp: '2026-11-23T22:54:59.000Z' } },
  ...{ state: 'waiting', decided_by: null, decided_at: null },
};
const LIST = 'GET /api/v1/events/dead-letters';
const lettersPage = (letters: DeadLetter[], next: string | null = null) => ({ body: { dead_letters: letters, next } });
const outcome = (id: string, what: string, detail?: string) => ({ id, outcome: what, ...(detail && { detail }) });

describe('events dlt', () => {
  test('list: those of every topic, with why', async () => {
    const { out } = await ask(['dlt', 'list'], { [LIST]: [lettersPage([LETTER]), lettersPage([])] });
    expect(rowsOf(out)).toEqual([['user-events-dlt:0:17', '2026-11-23 22:55:00', 'unreadable', 'waiting', 'anna', 'SyntaxError: no JSON']]);
    expect(asked().map(([call]) => call)).toEqual(
      ['user-events', 'model-drift-alerts', 'system-health'].map((topic) => `${LIST}?topic=${topic}&state=waiting&limit=100`),
    );
  });

  test('show: all of one', async () => {
    const { out } = await ask(['dlt', 'show', LETTER.id], { [`${LIST}/${LETTER.id}`]: { body: LETTER } });
    for (const words of ['user-events, partition 0, offset 40, 2026-11-23 22:54:59', 'header trace', 'base64 //4=', '{bad'])
      expect(out).toContain(words);
  });

  test('replay and drop: those that are named; what is refused is told, and ends with 1', async () => {
    const replay = {
      'POST /api/v1/events/dead-letters/replay': { body: { dead_letters: [outcome('a-dlt:0:1', 'refused', 'it is cut')] } },
    };
    const refused = await ask(['dlt', 'replay', 'a-dlt:0:1'], replay);
    expect([refused.exitCode, rowsOf(refused.out)]).toEqual([1, [['a-dlt:0:1', 'refused', 'it is cut']]]);
    await server!.close();
    const drop = { 'POST /api/v1/events/dead-letters/drop': { body: { dead_letters: [outcome('a-dlt:0:1', 'already_dropped')] } } };
    const dropped = await ask(['dlt', 'drop', 'a-dlt:0:1'], drop);
    expect([dropped.exitCode, rowsOf(dropped.out)]).toEqual([0, [['a-dlt:0:1', 'already dropped']]]);
  });

  test('replay --all: all that wait on a topic, over its pages, so many in one request', async () => {
    const letters = Array.from({ length: 60 }, (_, n) => ({ ...LETTER, id: `user-events-dlt:0:${n}` }));
    await ask(['dlt', 'replay', '--all', '--topic', 'user-events'], {
      [LIST]: [lettersPage(letters.slice(0, 40), '0:40'), lettersPage(letters.slice(40))],
      'POST /api/v1/events/dead-letters/replay': { body: { dead_letters: [] } },
    });
    expect(asked().map(([call, body]) => [call, (body as { ids?: string[] } | undefined)?.ids?.length])).toEqual([
      [`${LIST}?topic=user-events&state=waiting&limit=1000`, undefined],
      [`${LIST}?topic=user-events&state=waiting&after=0%3A40&limit=1000`, undefined],
      ['POST /api/v1/events/dead-letters/replay', 50],
      ['POST /api/v1/events/dead-letters/replay', 10],
    ]);
  });

  test.each([[['dlt', 'replay']], [['dlt', 'drop', 'a-dlt:0:1', '--all']]])('%j is no choice', async (args) => {
    expect(await ask(args)).toMatchObject({ exitCode: 2, err: expect.stringContaining('or take --all') });
  });
});
