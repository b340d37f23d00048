import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataImportInputSchema } from '../../../contracts/dataImport.ts';
import { downloadFile, type DownloadOptions } from '../../../domain/imports/opening/downloadFile.ts';
import { isHostEntry, isPublicAddress } from '../../../platform/addresses.ts';

let server: Server;
let port: number;
let answer: RequestListener;
let asked: string[] = [];
let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'download '));
  file = path.join(folder, 'download.zip');
  server = createServer((req, res) => {
    asked.push(`${req.headers.host}${req.url}`);
    answer(req, res);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => {
  asked = [];
  server.closeAllConnections();
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const OPTIONS: DownloadOptions = {
  allowedHosts: ['127.0.0.1'],
  maxBytes: 2 ** 20,
  signal: new AbortController().signal,
  onBytes: () => undefined,
};
const download = (address: string, options: Partial<DownloadOptions> = {}) => downloadFile(address, file, { ...OPTIONS, ...options });
const failureOf = (address: string, options: Partial<DownloadOptions> = {}) =>
  download(address, options).catch((error: unknown) => error as Error & { type?: string });
const here = (at = '/set.zip') => `http://127.0.0.1:${port}${at}`;
const refusal = (...words: string[]) => ({ type: 'SourceUnavailable', message: expect.stringMatching(new RegExp(words.join('.*'))) });

describe('an address that is not on the internet is not asked, whatever it is written as:', () => {
  test.each([
    'http://127.0.0.1:<port>/',
    'http://localhost:<port>/',
    'http://2130706433:<port>/',
    'http://0177.0.0.1:<port>/',
    'http://0x7f.1:<port>/',
    'http://127.1:<port>/',
    'http://0.0.0.0:<port>/',
    'http://[::1]:<port>/',
    'http://[::]:<port>/',
    'http://[::ffff:127.0.0.1]:<port>/',
    'http://[::127.0.0.1]:<port>/',
    'http://[64:ff9b::7f00:1]:<port>/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/set.zip',
    'http://172.31.255.255/set.zip',
    'http://192.168.1.1/set.zip',
    'http://100.64.0.1/set.zip',
    'http://[fd00::1]/set.zip',
    'http://[fe80::1]/set.zip',
    'http://224.0.0.1/set.zip',
  ])('%s', async (address) => {
    const failure = await failureOf(address.replace('<port>', String(port)), { allowedHosts: [] });
    expect(failure).toMatchObject(refusal('is|lies', 'no public address', 'IMPORT_ALLOWED_HOSTS'));
    expect(asked).toEqual([]);
  });

  test.each([
    ['8.8.8.8', true],
    ['::ffff:8.8.8.8', true],
    ['2606:4700::1111', true],
    ['198.18.0.1', false],
    ['192.0.2.1', false],
    ['255.255.255.255', false],
    ['240.0.0.1', false],
    ['2002:7f00:1::', false],
    ['64:ff9b:1::1', false],
    ['2001:db8::1', false],
    ['4000::1', false],
    ['ff02::1', false],
  ])('%s is public: %p', (address, isPublic) => {
    expect(isPublicAddress(address)).toBe(isPublic);
  });
});

describe('an operator allows more:', () => {
  test.each([['127.0.0.1'], ['127.0.0.0/8'], ['LocalHost']])('%s', async (entry) => {
    answer = (_, res) => res.end('set');
    const host = entry === 'LocalHost' ? 'localhost' : '127.0.0.1';
    await download(`http://${host}:${port}/set.zip`, { allowedHosts: [entry] });
    expect(await readFile(file, 'utf8')).toBe('set');
  });

  test('what is none is told at boot', () => {
    expect(['mirror.internal', '10.0.0.1', 'fd00::/8', '10.0.0.0/8'].filter((entry) => !isHostEntry(entry))).toEqual([]);
    expect(['10.0.0.0/99', 'http://mirror', 'a b', '*/8'].filter(isHostEntry)).toEqual([]);
  });
});

describe('a redirect is followed by the same rules:', () => {
  const leadingTo = (location: string): RequestListener => {
    return (req, res) => (req.url === '/set.zip' ? res.writeHead(302, { location }).end() : res.end('set'));
  };

  test('to where one may go', async () => {
    answer = leadingTo('/other.zip');
    await download(here());
    expect([await readFile(file, 'utf8'), asked.length]).toEqual(['set', 2]);
  });

  test.each([
    ['http://[::1]:<port>/other.zip', 'no public address'],
    ['http://169.254.169.254/latest/', 'no public address'],
    ['http://[::ffff:169.254.169.254]/', 'no public address'],
    ['file:///etc/passwd', 'only http and https'],
    ['http://user:secret@127.0.0.1:<port>/', 'credentials'],
    ['http://127.0.0.1:22/', 'port 22'],
    ['http://', 'no address'],
  ])('not to %s', async (location, reason) => {
    answer = leadingTo(location.replace('<port>', String(port)));
    const failure = await failureOf(here());
    expect(failure).toMatchObject(refusal(reason));
    expect((failure as Error).message).not.toContain('secret');
    expect(asked).toHaveLength(1);
  });

  test('not for ever', async () => {
    answer = leadingTo('/set.zip');
    expect(await failureOf(here())).toMatchObject(refusal('more than 5 redirects'));
    expect(asked).toHaveLength(6);
  });
});

describe('what is too much, or never comes, is left, and nothing of it kept:', () => {
  afterEach(() => expect(access(file)).rejects.toThrow('ENOENT'));

  test('more than the bound, as declared', async () => {
    answer = (_, res) => res.writeHead(200, { 'content-length': 2 ** 40 }).write('the beginning');
    expect(await failureOf(here())).toMatchObject(refusal('more than 1 MB', 'IMPORT_MAX_MB'));
  });

  test('a body without an end', async () => {
    let sent = 0;
    answer = (_, res) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = () => {
        while (!res.destroyed && res.write(chunk)) sent += chunk.length;
      };
      res.on('drain', more);
      more();
    };
    expect(await failureOf(here())).toMatchObject(refusal('more than 1 MB', 'IMPORT_MAX_MB'));
    expect(sent).toBeLessThan(64 * 2 ** 20);
  });

  test.each<[string, RequestListener]>([
    ['a server that says nothing', () => undefined],
    ['a body that stops', (_, res) => res.writeHead(200, { 'content-length': 1000 }).write('the beginning')],
  ])('%s, which is worth another try', async (_, listener) => {
    answer = listener;
    const failure = await Promise.race([failureOf(here(), { silenceMs: 300 }), sleep(5_000, undefined, { ref: false })]);
    expect(failure).toMatchObject({ message: 'the server sent nothing for 0.3 s' });
    expect(failure).not.toHaveProperty('type');
  });

  test('one that is cancelled', async () => {
    answer = (_, res) => void res.write('the beginning');
    expect(await failureOf(here(), { signal: AbortSignal.timeout(200) })).toMatchObject({ name: expect.stringMatching(/Abort|Timeout/) });
  });
});

test.each(['http://user:secret@example.org/set.zip', 'https://user@example.org/set.zip', 'http://'])(
  'an import of %s is refused when it is asked for: inputs are kept and shown',
  (address) => {
    expect(dataImportInputSchema.safeParse({ path: address }).error?.issues).toMatchObject([{ path: ['path'] }]);
  },
);
