import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { NewKey } from '../../contracts/keys.ts';
import { CHANGE_SUBJECTS } from '../../contracts/changes.ts';
import { CHANGE_STREAMS } from '../../contracts/sizes.ts';
import { eventsIn, type StreamEvent } from '../../console/api/eventsIn.ts';
import { OPEN_ACCESS, startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createProxy, type Proxy } from '../support/proxy.ts';
import { waitFor } from '../support/waitFor.ts';

const ROOT = { name: 'root', role: 'admin', secret: 'the-secret-of-root' } as const;

let database: TestDatabase;
let toPostgres: Proxy;
let api: TestApi;
beforeAll(async () => {
  database = await createTestDatabase();
  toPostgres = await createProxy(database.url);
  api = await start();
  // The first is told that much may have been missed while nobody listened: what others are told after that is new.
  const first = await follow();
  await waitFor('it to listen', () => told(first).length > 0);
});
afterEach(() => {
  for (const stream of opened.splice(0)) stream.cut();
});
afterAll(async () => {
  await api.stop();
  await toPostgres.cut();
  await database.drop();
});

const start = () =>
  startTestApi({
    database: { url: toPostgres.url, poolSize: 4, external: true },
    access: { ...OPEN_ACCESS, credentials: [ROOT] },
  });

interface Stream {
  readonly status: number;
  readonly events: StreamEvent[];
  isOver: boolean;
  cut(): void;
}
const opened: Stream[] = [];

async function follow(headers: Record<string, string> = { 'x-api-key': ROOT.secret }, of = api): Promise<Stream> {
  const gone = new AbortController();
  const answer = await fetch(`${of.url}/api/v1/changes`, { headers, signal: gone.signal });
  const stream: Stream = { status: answer.status, events: [], isOver: false, cut: () => gone.abort() };
  opened.push(stream);
  const read = async () => {
    for await (const event of eventsIn(answer.body!, () => undefined)) stream.events.push(event);
  };
  void read()
    .catch(() => undefined)
    .then(() => (stream.isOver = true));
  return stream;
}
const subjectsIn = ({ data }: StreamEvent) => (JSON.parse(data) as { subjects?: string[] }).subjects ?? [];
const told = (stream: Stream) => stream.events.flatMap(subjectsIn);
let runs = 0;
const changeRun = () =>
  database.pool.query(`insert into runs (run_id, workflow, state, started_by) values ($1, 'backup', 'queued', 'test')`, [
    `backup/${runs++}`,
  ]);

describe('the stream of changes', () => {
  test('tells what any process changes, by the names of the API', async () => {
    const stream = await follow();
    await changeRun();
    await waitFor('the run to be told', () => told(stream).includes('runs'));
    expect(told(stream)).toEqual(['runs', 'backups', 'schedules']);
    await api.call('POST', '/api/v1/keys', { json: { name: 'kim', role: 'viewer' }, headers: { 'x-api-key': ROOT.secret } });
    await waitFor('the key to be told', () => ['keys', 'audit'].every((subject) => told(stream).includes(subject)));
    expect(told(stream)).not.toContain('models');
  });

  test('tells whoever comes back what they missed, and that it may be everything where nobody knows', async () => {
    const stream = await follow();
    await changeRun();
    await waitFor('the run to be told', () => told(stream).length > 0);
    const { id } = stream.events.at(-1)!;
    await database.pool.query(`insert into registered_models (name) values ('missed')`);
    await waitFor('the model to be told', () => told(stream).includes('models'));
    const back = await follow({ 'x-api-key': ROOT.secret, 'last-event-id': id! });
    await waitFor('what was missed', () => back.events.length > 0);
    expect(told(back)).toEqual(expect.arrayContaining(['models', 'registry', 'audit'])); // what else the run changed may have come after
    expect(told(back)).not.toContain('routes');
    const stranger = await follow({ 'x-api-key': ROOT.secret, 'last-event-id': 'another-7' });
    await waitFor('what may have been missed', () => stranger.events.length > 0);
    expect(told(stranger)).toEqual([...CHANGE_SUBJECTS]);
  });

  test('goes on while Postgres is away, and tells that much may have been missed once it is back', async () => {
    const stream = await follow();
    await toPostgres.cut();
    await toPostgres.restore();
    await waitFor('everything to be told', () => CHANGE_SUBJECTS.every((subject) => told(stream).includes(subject)));
    expect(stream.isOver).toBe(false);
  });

  test('is there for who is known, ends when they log out or their key is revoked, and for nobody else', async () => {
    expect((await follow({})).status).toBe(401);
    const { body: key } = await api.call<NewKey>('POST', '/api/v1/keys', {
      json: { name: 'lee', role: 'viewer' },
      headers: { 'x-api-key': ROOT.secret },
    });
    const { headers } = await api.call('POST', '/api/v1/session', { headers: { 'x-api-key': ROOT.secret } });
    const cookie = headers.getSetCookie()[0]!.split(';')[0]!;
    const [byKey, bySession, stays] = [await follow({ 'x-api-key': key.key }), await follow({ cookie }), await follow()];
    expect([byKey.status, bySession.status]).toEqual([200, 200]);
    await api.call('DELETE', `/api/v1/keys/${key.key_id}`, { headers: { 'x-api-key': ROOT.secret } });
    await api.call('DELETE', '/api/v1/session', { headers: { cookie, origin: api.url } });
    await waitFor('both to end', () => byKey.isOver && bySession.isOver);
    expect(stays.isOver).toBe(false);
  });

  test('is told to so many at a time, counted, and ended when the process ends', async () => {
    const other = await start();
    const streams = await Promise.all(Array.from({ length: CHANGE_STREAMS }, () => follow(undefined, other)));
    expect(streams.every(({ status }) => status === 200)).toBe(true);
    const full = await fetch(`${other.url}/api/v1/changes`, { headers: { 'x-api-key': ROOT.secret } });
    expect([full.status, full.headers.get('retry-after')]).toEqual([503, '30']);
    await full.arrayBuffer();
    const metrics = async () => (await other.call<string>('GET', '/metrics', { headers: { 'x-api-key': ROOT.secret } })).body;
    expect(await metrics()).toMatch(new RegExp(`^change_streams_open\\{.*\\} ${CHANGE_STREAMS}$`, 'm'));
    streams[0]!.cut();
    await waitFor('it to be counted', async () =>
      new RegExp(`^change_streams_open\\{.*\\} ${CHANGE_STREAMS - 1}$`, 'm').test(await metrics()),
    );
    await other.stop(); // does not wait for them
    await waitFor('all to be over', () => streams.every(({ isOver }) => isOver));
  });
});
