import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { HEAD_BYTES } from '../../../contracts/sizes.ts';
import { busyBound } from '../../support/busyBound.ts';
import { whenClosed } from '../../support/whenClosed.ts';
import { createHealth } from '../../../platform/health.ts';
import { createHttpApp, listenHttp } from '../../../platform/http/app.ts';
import { createMetrics } from '../../../platform/metrics.ts';

type HttpServer = Awaited<ReturnType<typeof listenHttp>>;
const log = pino({ level: 'silent' });
const CREDENTIALS = [{ name: 'someone', role: 'admin' as const, secret: 'a secret of sixteen' }];
const KEY = `X-API-Key: ${CREDENTIALS[0]!.secret}\r\n`;
/** With the waits that every process has, and with short ones. */
let server: HttpServer;
let impatient: HttpServer;

beforeAll(async () => {
  const routes = express.Router();
  routes.post('/echo', (req, res) => void res.json(req.body));
  const access = { host: '127.0.0.1', credentials: CREDENTIALS, allowedHosts: [], allowedOrigins: [] };
  const app = createHttpApp({ log, metrics: createMetrics('test'), health: createHealth(), access, routes });
  const place = { host: '127.0.0.1', port: 0 };
  server = await listenHttp(app, place);
  impatient = await listenHttp(app, { ...place, waits: { headersTimeout: 400, requestTimeout: 800, connectionsCheckingInterval: 100 } });
});
afterAll(() => Promise.all([server.close(), impatient.close()]));

/** Far above what any of these takes. */
const PATIENCE_MS = 10_000;

const head = (...headers: string[]) =>
  `POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers.map((header) => `${header}\r\n`).join('')}`;
const asCaller = (...headers: string[]) => `${head(...headers)}${KEY}\r\n`;

/** What came back, and whether the server closed the connection. `send` is given the socket, and whether it is still open. */
async function talk(send: (socket: Socket, isOpen: () => boolean) => unknown, { to = server } = {}) {
  const socket = connect(to.port, '127.0.0.1');
  let answer = '';
  let isOpen = true;
  const startedAt = performance.now();
  let answeredMs = Infinity;
  socket.on('data', (chunk: Buffer) => {
    answeredMs = Math.min(answeredMs, performance.now() - startedAt);
    answer += chunk.toString();
  });
  const closed = whenClosed(socket).then(() => (isOpen = false));
  await once(socket, 'connect');
  const sent = (async () => send(socket, () => isOpen))().then(() => closed);
  await Promise.race([sent, sleep(PATIENCE_MS, undefined, { ref: false })]);
  socket.destroy();
  return { status: Number(answer.slice(9, 12)), answer, answeredMs, closedByServer: !isOpen };
}

describe('a body over the bound is refused as soon as that is known, and the connection closed:', () => {
  test('one that declares 99 GB, before any of it has come', async () => {
    const { status, answeredMs, closedByServer } = await talk((socket) => socket.write(asCaller('Content-Length: 99000000000')));
    expect([status, answeredMs < busyBound(500), closedByServer]).toEqual([413, true, true]);
  });

  test('one that asks first whether it may send (Expect: 100-continue)', async () => {
    const { answer, answeredMs } = await talk((socket) => socket.write(asCaller('Content-Length: 99000000000', 'Expect: 100-continue')));
    expect([answer.startsWith('HTTP/1.1 413'), answeredMs < busyBound(500)]).toEqual([true, true]);
  });

  test('one in chunks without an end', async () => {
    let sent = 0;
    const { status, closedByServer } = await talk(async (socket, isOpen) => {
      socket.write(asCaller('Transfer-Encoding: chunked'));
      const chunk = Buffer.alloc(64 * 1024, ' ');
      while (isOpen()) {
        socket.write(`10000\r\n${chunk.toString()}\r\n`);
        sent += chunk.length;
        await sleep(5);
      }
    });
    expect([status, closedByServer]).toEqual([413, true]);
    expect(sent).toBeLessThan(64 * 2 ** 20);
  });

  test('one that is small as it is sent and huge unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20, ' '));
    const before = process.memoryUsage().rss;
    const { status, answeredMs } = await talk((socket) => {
      socket.write(asCaller(`Content-Length: ${bomb.length}`, 'Content-Encoding: gzip', 'Connection: close'));
      socket.write(bomb);
    });
    expect([status, answeredMs < busyBound(500)]).toEqual([413, true]);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 2 ** 20);
  });

  test('one of somebody who is not let in at all', async () => {
    const { status, closedByServer } = await talk(async (socket, isOpen) => {
      socket.write(`${head('Transfer-Encoding: chunked')}\r\n`);
      while (isOpen()) {
        socket.write('1\r\n \r\n');
        await sleep(20);
      }
    });
    expect([status, closedByServer]).toEqual([401, true]);
  });
});

describe('a request that is none is answered with words, and the connection closed:', () => {
  const problemOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as { detail: string };

  test('an address over its bound, however far', async () => {
    for (const bytes of [HEAD_BYTES, 8 * 2 ** 20]) {
      const { status, answer, closedByServer } = await talk((socket) =>
        socket.write(`GET /?filter=${'x'.repeat(bytes)} HTTP/1.1\r\nHost: localhost\r\n${KEY}\r\n`),
      );
      expect([status, closedByServer]).toEqual([431, true]);
      expect(problemOf(answer)).toMatchObject({ status: 431, detail: expect.stringMatching(/128 kB at most/) });
    }
  });

  test('what is not HTTP', async () => {
    const { status, answer, closedByServer } = await talk((socket) => socket.write('GET nothing\r\n\r\n'));
    expect([status, closedByServer]).toEqual([400, true]);
    expect(problemOf(answer)).toMatchObject({ title: 'Bad request' });
  });

  test('an address just within its bound is read', async () => {
    const { status } = await talk((socket) =>
      socket.write(`GET /nowhere?filter=${'x'.repeat(HEAD_BYTES - 1_000)} HTTP/1.1\r\nHost: localhost\r\n${KEY}Connection: close\r\n\r\n`),
    );
    expect(status).toBe(404);
  });
});

describe('what is within the bound is read:', () => {
  test.each([
    ['as it is', [], (text: string) => Buffer.from(text)],
    ['compressed', ['Content-Encoding: gzip'], (text: string) => gzipSync(text)],
    ['after a 100 Continue', ['Expect: 100-continue'], (text: string) => Buffer.from(text)],
  ])('%s', async (_, headers, pack) => {
    const text = JSON.stringify({ text: 'x'.repeat(1_000_000) });
    const body = pack(text);
    const { answer } = await talk(async (socket) => {
      socket.write(asCaller(`Content-Length: ${body.length}`, 'Connection: close', ...headers));
      if (headers[0]?.startsWith('Expect')) await once(socket, 'data');
      socket.write(body);
    });
    expect(answer).toContain('HTTP/1.1 200');
    expect(answer.endsWith(text)).toBe(true);
  });
});

test('a body with bytes that are no UTF-8 is refused: each of them would become the same character', async () => {
  const body = Buffer.concat([Buffer.from('{"text":"'), Buffer.from('fffe', 'hex'), Buffer.from('"}')]);
  const { status, answer } = await talk((socket) => {
    socket.write(asCaller(`Content-Length: ${body.length}`, 'Connection: close'));
    socket.write(body);
  });
  expect(status).toBe(400);
  expect(answer).toContain('The body is not UTF-8');
});

describe('a caller that is slow is not waited for without end:', () => {
  test.each([
    ['its headers trickle', 'POST /echo HTTP/1.1\r\nHost: local', 'h'],
    ['its body trickles', asCaller('Content-Length: 100000'), ' '],
  ])('%s', async (_, start, drop) => {
    const trickle = async (socket: Socket, isOpen: () => boolean) => {
      socket.write(start);
      while (isOpen()) {
        socket.write(drop);
        await sleep(20);
      }
    };
    const { status, closedByServer } = await talk(trickle, { to: impatient });
    expect([status, closedByServer]).toEqual([408, true]);
  });
});
