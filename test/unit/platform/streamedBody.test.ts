import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { unavailable } from '../../../contracts/failures.ts';
import { whenClosed } from '../../support/whenClosed.ts';
import { createHealth } from '../../../platform/health.ts';
import { createHttpApp, listenHttp } from '../../../platform/http/app.ts';
import { streamBody } from '../../../platform/http/streamedBody.ts';
import { createMetrics } from '../../../platform/metrics.ts';

let server: Awaited<ReturnType<typeof listenHttp>>;
let ended: string[] = [];
beforeAll(async () => {
  const streams = express.Router().put('/:silentMs/:bytesPerSecond', async (req, res) => {
    let bytes = 0;
    try {
      const patience = { silentMs: Number(req.params.silentMs), bytesPerSecond: Number(req.params.bytesPerSecond) };
      for await (const chunk of streamBody(req, res, patience)) bytes += chunk.length;
      res.json({ bytes });
    } catch (error) {
      ended.push((error as Error).message);
      throw error;
    }
  });
  streams.put('/full', async (req, res) => {
    const content = streamBody(req, res);
    await content.next();
    await content.return(undefined);
    throw unavailable('the disk');
  });
  const access = { host: '127.0.0.1', credentials: [], allowedHosts: [], allowedOrigins: [] };
  const log = pino({ level: 'silent' });
  const app = createHttpApp({ log, metrics: createMetrics('test'), health: createHealth(), access, streams });
  const waits = { headersTimeout: 300, requestTimeout: 300, connectionsCheckingInterval: 50 };
  server = await listenHttp(app, { host: '127.0.0.1', port: 0, waits });
});
afterAll(() => server.close());

/** @returns all that came back until the connection ended */
async function upload(at: string, headers: string[], send: (socket: Socket, isOpen: () => boolean) => unknown): Promise<string> {
  ended = [];
  const socket = connect(server.port, '127.0.0.1');
  let answer = '';
  let isOpen = true;
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const closed = whenClosed(socket).then(() => (isOpen = false));
  await once(socket, 'connect');
  socket.write([`PUT ${at} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n'));
  await send(socket, () => isOpen);
  await closed;
  return answer;
}

test('what is over the bound of other bodies, and takes longer than they may, comes whole', async () => {
  const bytes = 3 * 1024 * 1024;
  const answer = await upload('/60000/1', [`Content-Length: ${bytes}`], async (socket) => {
    for (let part = 0; part < 12; part++) {
      socket.write(Buffer.alloc(bytes / 12));
      await sleep(50);
    }
  });
  expect(answer).toContain('HTTP/1.1 200');
  expect(answer.endsWith(JSON.stringify({ bytes }))).toBe(true);
});

test('whoever asks first whether to send is told to', async () => {
  const answer = await upload('/60000/1', ['Content-Length: 3', 'Expect: 100-continue'], async (socket) => {
    await once(socket, 'data');
    socket.write('abc');
  });
  expect(answer).toMatch(/^HTTP\/1.1 100 Continue[^]*HTTP\/1.1 200/);
});

test('one that stands still is ended', async () => {
  const answer = await upload('/200/1', ['Content-Length: 100'], (socket) => socket.write('abc'));
  expect(answer).toContain('HTTP/1.1 408');
  expect(ended).toEqual(['The upload stands still or trickles; nothing of it is kept']);
});

test('one that trickles is ended', async () => {
  const answer = await upload('/400/1000000', ['Content-Length: 100000'], async (socket, isOpen) => {
    while (isOpen()) {
      socket.write('a');
      await sleep(20);
    }
  });
  expect(answer).toContain('HTTP/1.1 408');
});

test('one that is cut is no whole one', async () => {
  await upload('/60000/1', ['Content-Length: 100'], (socket) => socket.end('abc'));
  expect(ended).toEqual(['aborted']);
});

test('one that is compressed is refused, since it would be kept so', async () => {
  const answer = await upload('/60000/1', ['Content-Length: 3', 'Content-Encoding: gzip'], (socket) => socket.write('abc'));
  expect(answer).toContain('HTTP/1.1 415');
});

test('after an answer in the middle of one, what is left of it is dropped, and the next request on its connection is answered', async () => {
  const socket = connect(server.port, '127.0.0.1');
  let answers = '';
  socket.on('data', (chunk: Buffer) => (answers += chunk.toString()));
  const bytes = 3 * 1024 * 1024;
  socket.write(`PUT /full HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n\r\n`);
  socket.write(Buffer.alloc(bytes));
  socket.write('PUT /60000/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc');
  await whenClosed(socket);
  expect(answers).toMatch(/^HTTP\/1.1 503[^]*HTTP\/1.1 200[^]*\{"bytes":3\}$/);
});
