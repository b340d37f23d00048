import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { consoleRoutes } from '../../../api/console/routes.ts';
import { ENDPOINTS } from '../../../contracts/endpoints/index.ts';
import { PRIMARY_METRIC } from '../../../contracts/models.ts';
import { stepOf, WORKFLOWS } from '../../../contracts/workflows.ts';
import { buildConsole } from '../../../deploy/local/setup/buildConsole.mjs';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { createHttpApp } from '../../../platform/http/app.ts';
import { startTestApi, type TestApi } from '../../support/api.ts';

const HTML = 'text/html,application/xhtml+xml,*/*;q=0.8';
/** Gzipped script that a first look may cost. */
const BUDGET_BYTES = 60_000;

let folder: string;
let api: TestApi;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops console '));
  await buildConsole({ root: PROJECT_ROOT, outdir: folder, contracts: { ENDPOINTS, WORKFLOWS, stepOf, PRIMARY_METRIC } });
  api = await startTestApi({}, (deps) => createHttpApp({ ...deps, routes: consoleRoutes(folder) }));
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

const assets = () => readdir(path.join(folder, 'assets'));
const page = () => readFile(path.join(folder, 'index.html'), 'utf8');

const bytesOf = async (names: readonly string[]) => {
  const sizes = await Promise.all(names.map(async (name) => (await readFile(path.join(folder, 'assets', `${name}.gz`))).length));
  return sizes.reduce((sum, size) => sum + size, 0);
};

/** What a script imports before it runs, and what that imports. */
async function importsOf(name: string): Promise<readonly string[]> {
  const script = await readFile(path.join(folder, 'assets', name), 'utf8');
  const direct = [...script.matchAll(/(?:^|;)import(?:[^"'();]*from)?["']\.\/([^"']+)["']/g)].map(([, imported]) => imported!);
  return [...new Set([...direct, ...(await Promise.all(direct.map(importsOf))).flat()])];
}

const firstScripts = async () => [...(await page()).matchAll(/(?:src|href)="\/console\/assets\/([^"]+\.js)"/g)].map(([, name]) => name!);

test('a first look costs less than 60 kB of gzipped script, none of which waits for another', async () => {
  const first = await firstScripts();
  const main = first.find((name) => name.startsWith('main-'))!;
  expect([...first].sort()).toEqual([main, ...(await importsOf(main))].sort());
  const bytes = await bytesOf(first);
  expect(bytes).toBeGreaterThan(5_000);
  expect(bytes).toBeLessThan(BUDGET_BYTES);
});

test('so does each other page when it is the first', async () => {
  const first = await firstScripts();
  const sections = (await assets()).filter((name) => /^pages-.*\.js$/.test(name));
  expect(sections.length).toBeGreaterThan(5);
  for (const section of sections) {
    const needed = new Set([...first, section, ...(await importsOf(section))]);
    expect([section, (await bytesOf([...needed])) < BUDGET_BYTES]).toEqual([section, true]);
  }
});

test('nothing of it is fetched from elsewhere, and the page has no script or style in itself', async () => {
  const files = (await assets()).filter((name) => !name.endsWith('.gz'));
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, 'assets', name), 'utf8')));
  const addresses = [...texts, await page()].flatMap((text) => [...text.matchAll(/https?:\/\/[\w.]+/g)].map(([address]) => address));
  expect([...new Set(addresses)].filter((address) => !address.startsWith('http://www.w3.org'))).toEqual([]); // the names of SVG and MathML
  expect(await page()).not.toMatch(/<style|<script(?![^>]* src=)| style=| on\w+=/);
});

test('every address below /console is the page, under a policy that lets nothing of others in', async () => {
  for (const address of ['/console', '/console/', '/console/pipelines/runs/training/x.y', '/console/models/a%2Fb']) {
    const { status, headers, body } = await api.call<string>('GET', address, { headers: { accept: HTML } });
    expect([address, status, body]).toEqual([address, 200, await page()]);
    expect(headers.get('cache-control')).toBe('no-cache');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toContain('unsafe');
  }
});

test('an asset never changes under its name, and comes compressed to whoever takes that', async () => {
  for (const name of (await assets()).filter((one) => !one.endsWith('.gz'))) {
    const plain = await api.call<string>('GET', `/console/assets/${name}`, { headers: { 'accept-encoding': 'identity' } });
    const packed = await api.call<string>('GET', `/console/assets/${name}`, { headers: { 'accept-encoding': 'gzip' } });
    expect([name, plain.status, packed.status]).toEqual([name, 200, 200]);
    expect([plain.headers.get('content-encoding'), packed.headers.get('content-encoding')]).toEqual([null, 'gzip']);
    expect(packed.body).toBe(plain.body);
    expect(packed.headers.get('content-type')?.split(';')[0]).toBe(plain.headers.get('content-type')?.split(';')[0]);
    expect(packed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  }
  expect((await api.call('GET', '/console/assets/main-GONE.js')).status).toBe(404);
  expect((await api.call('GET', '/console/assets/..%2Findex.html')).status).toBe(404);
});

test('a browser that opens / is sent to the console; a machine, or whoever asks for something, is not', async () => {
  const open = (address: string, accept?: string) =>
    fetch(api.url + address, { redirect: 'manual', headers: { connection: 'close', ...(accept && { accept }) } });
  const sent = await open('/', HTML);
  expect([sent.status, sent.headers.get('location'), sent.headers.get('vary')]).toEqual([302, '/console', 'Accept']);
  for (const [address, accept] of [
    ['/', undefined],
    ['/', 'application/json'],
    ['/?k=5', HTML],
  ] as const)
    expect([address, accept, (await open(address, accept)).status]).toEqual([address, accept, 404]); // no endpoint is mounted here
});

test('a clone that was not built has no page, and says so as of any other address', async () => {
  const bare = await startTestApi({}, (deps) => createHttpApp({ ...deps, routes: consoleRoutes(path.join(folder, 'none')) }));
  expect((await bare.call('GET', '/console')).status).toBe(404);
  await bare.stop();
});
