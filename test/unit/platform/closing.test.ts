import { afterEach, expect, test } from '@jest/globals';
import express from 'express';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { busyBound } from '../../support/busyBound.ts';
import { whenClosed } from '../../support/whenClosed.ts';
import { listenHttp } from '../../../platform/http/app.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const sockets: Socket[] = [];
/** Far below what a process has to end in, and enough for a machine that is busy. */
afterEach(() => {
  agent.destroy();
  sockets.splice(0).forEach((socket) => socket.destroy());
});

/** A server whose `/slow` answers when told to. */
async function startServer() {
  let answerSlow = () => {};
  let slowCame = () => {};
  const slowIsAsked = new Promise<void>((resolve) => (slowCame = resolve));
  const app = express();
  app.use(express.json());
  app.all('/', (_req, res) => void res.send('whole'));
  app.get('/slow', (_req, res) => {
    answerSlow = () => void res.send('whole');
    slowCame();
  });
  const server = await listenHttp(app, { host: '127.0.0.1', port: 0 });
  return { ...server, slowIsAsked, answerSlow: () => answerSlow() };
}

async function ask(port: number, path: string) {
  const [answer] = (await once(get({ port, path, agent }), 'response')) as [IncomingMessage];
  return { status: answer.statusCode, connection: answer.headers.connection, body: await text(answer) };
}

/** A client that sends this much and no more. @returns whether it was cut off, once it was */
async function sendPart(port: number, part: string): Promise<{ ended: Promise<unknown> }> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  const ended = whenClosed(socket);
  if (part) await new Promise((resolve) => socket.write(part, resolve));
  socket.resume();
  return { ended };
}

test('a client that keeps its connection and asks again and again is answered whole until nobody listens', async () => {
  const server = await startServer();
  const answers: { status: number | undefined; body: string }[] = [];
  const refused = (async () => {
    for (;;) answers.push(await ask(server.port, '/'));
  })().catch((error: NodeJS.ErrnoException) => error.code);
  while (answers.length < 20) await once(agent, 'free');
  const startedAt = Date.now();
  await server.close();
  expect(Date.now() - startedAt).toBeLessThan(busyBound(500));
  expect(await refused).toBe('ECONNREFUSED');
  expect(answers.every(({ status, body }) => status === 200 && body === 'whole')).toBe(true);
});

test('what came half is cut off soon; a request that is being worked on gets its whole answer', async () => {
  const server = await startServer();
  const slow = ask(server.port, '/slow');
  const head = 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n';
  const halves = await Promise.all(['', 'GET / HT', head, `${head}\r\n{"half":`].map((part) => sendPart(server.port, part)));
  await server.slowIsAsked;
  let isClosed = false;
  const closed = server.close().then(() => (isClosed = true));
  const startedAt = Date.now();
  await Promise.all(halves.map(({ ended }) => ended));
  expect(Date.now() - startedAt).toBeLessThan(busyBound(2_000));
  expect(isClosed).toBe(false);
  server.answerSlow();
  expect(await slow).toEqual({ status: 200, connection: 'close', body: 'whole' });
  await closed;
});
