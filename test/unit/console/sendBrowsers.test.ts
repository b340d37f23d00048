import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLeadingApp } from '../../../api/console/leadingApp.ts';
import type { ConsolePlace } from '../../../api/console/sendBrowsers.ts';
import { SURFACES } from '../../../api/surfaces.ts';
import { OPEN_ACCESS, startTestApi, type TestApi } from '../../support/api.ts';
import { rawRequest } from '../../support/rawRequest.ts';

const HTML = 'text/html,application/xhtml+xml,*/*;q=0.8';
const PAGES = { airflow: '/console/pipelines', mlflow: '/console/models', feast: '/console/features', events: '/console/events' };
type Port = keyof typeof PAGES;
const GUARDED = { ...OPEN_ACCESS, credentials: [{ name: 'guest', role: 'viewer', secret: 'a secret of the guest' }] } as const;

const start = (port: Port, consolePlace: ConsolePlace) =>
  startTestApi({ access: GUARDED }, (deps) => {
    const placed = { ...deps, consolePlace };
    return port === 'events' ? createLeadingApp(placed, PAGES.events) : SURFACES[port](placed);
  });

const ports = {} as Record<Port, TestApi>;
beforeAll(async () => {
  for (const port of Object.keys(PAGES) as Port[]) ports[port] = await start(port, { port: 8123, url: undefined });
});
afterAll(() => Promise.all(Object.values(ports).map((one) => one.stop())));

const open = (url: string, headers: Record<string, string>) =>
  fetch(url, { redirect: 'manual', headers: { connection: 'close', ...headers } });

test.each(Object.entries(PAGES))('a browser that opens / of %s comes to %s, whether it is known or not', async (port, page) => {
  const { status, headers } = await open(`${ports[port as Port].url}/`, { accept: HTML });
  expect([status, headers.get('location'), headers.get('vary')]).toEqual([302, `http://127.0.0.1:8123${page}`, 'Accept']);
});

test.each(Object.keys(PAGES))('machines, and whoever asks %s for something, get what they got', async (port) => {
  const { url } = ports[port as Port];
  const asked = [`${url}/`, {}] as const;
  for (const [at, headers] of [asked, [`${url}/`, { accept: 'application/json' }], [`${url}/?a=1`, { accept: HTML }]] as const) {
    const answer = await open(at, headers);
    expect([at, answer.status, answer.headers.get('location')]).toEqual([at, 401, null]);
  }
});

test('a host whose ports are not ours is no address to make another from, unless somebody said where the console is', async () => {
  const headers = { accept: HTML, host: 'airflow.example.com' };
  const locationAt = async (url: string) => (await rawRequest(url, 'GET', '/', { headers })).headers['location'];
  expect(await locationAt(ports.airflow.url)).toBeUndefined();
  const behind = await start('airflow', { port: 8123, url: 'https://mlops.example.com/' });
  expect(await locationAt(behind.url)).toBe('https://mlops.example.com/console/pipelines');
  await behind.stop();
});
