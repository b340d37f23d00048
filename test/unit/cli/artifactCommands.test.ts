import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { invoke } from './invoke.ts';

let server: Server | undefined;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops cli '));
  await mkdir(path.join(folder, 'into'));
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  await rm(folder, { recursive: true });
});

const isList = (url = '') => url.includes('?path=');
/** Fetches all of `mlflow-artifacts:/1` from a server that lists `names` there, and nothing below. */
async function fetchFrom(names: readonly { path: string; is_dir: boolean }[], sendFile: RequestListener) {
  server = createServer((request, response) => {
    if (!isList(request.url)) return sendFile(request, response);
    const files = new URL(request.url!, 'http://a').searchParams.get('path') === '1' ? names : [];
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ files }));
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return invoke(['artifacts', 'get', 'mlflow-artifacts:/1', path.join(folder, 'into'), '--api', url]);
}
const written = async () => (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

test.each(
  ['..', '../out', '../../out', '/out', 'a/../../out', '.', '', 'a\\b', '..\\out', 'a\0b'].flatMap((name) => [
    { path: name, is_dir: false },
    { path: name, is_dir: true },
  ]),
)('a server that lists %j writes nothing outside of the folder, and nothing in it', async (name) => {
  const { exitCode, err } = await fetchFrom([name], (_request, response) => void response.end('stolen'));
  expect([exitCode, err]).toEqual([2, expect.stringContaining('is no name of a file')]);
  expect(await written()).toEqual([]);
});

test('a download that breaks off leaves nothing, and is said', async () => {
  const { exitCode, err } = await fetchFrom([{ path: 'weights.bin', is_dir: false }], (_request, response) => {
    response.writeHead(200, { 'content-length': '1000000' });
    response.write(Buffer.alloc(1_000), () => response.destroy());
  });
  expect([exitCode, err]).toEqual([2, expect.stringMatching(/broke off in the middle of 1\/weights\.bin/)]);
  expect(await written()).toEqual([]);
});
