import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { listenHttp } from '../../../platform/http/app.ts';
import { waitFor } from '../../support/waitFor.ts';
import { whenClosed } from '../../support/whenClosed.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

let server: Awaited<ReturnType<typeof listenHttp>>;
let taken: { socket: Socket; text: string }[];
let drained: number;
beforeEach(async () => {
  [taken, drained] = [[], 0];
  const app = express().use(express.text());
  app.use((req, res) => void res.send(`${req.method} ${String(req.body)}`));
  const http2 = {
    take(socket: Socket) {
      const of = { socket, text: '' };
      taken.push(of);
      socket.on('data', (bytes: Buffer) => (of.text += bytes.toString()));
    },
    drain() {
      drained += 1;
      for (const { socket } of taken) socket.end();
    },
  };
  server = await listenHttp(Object.assign(app, { http2 }), { host: '127.0.0.1', port: 0 });
});
afterEach(() => server.close());

async function open(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
const write = (socket: Socket, text: string) => new Promise<void>((resolve) => socket.write(text, () => resolve()));

describe('one port for two protocols', () => {
  test('requests of HTTP/1 are answered, one after the other on a connection, also where their first bytes could be of HTTP/2', async () => {
    const socket = await open();
    socket.setNoDelay(true);
    let answers = '';
    socket.on('data', (bytes: Buffer) => (answers += bytes.toString()));
    for (const part of ['P', 'OST / HTTP/1.1\r\nhost: here\r\ncontent-type: text/plain\r\ncontent-length: 6\r\n\r\nso', 'rted'])
      await write(socket, part);
    await waitFor('an answer', () => answers.includes('POST sorted'));
    await write(socket, 'GET / HTTP/1.1\r\nhost: here\r\n\r\n');
    await waitFor('a second answer', () => answers.includes('GET'));
    expect(taken).toEqual([]);
    socket.destroy();
  });

  test('a connection that begins as HTTP/2 does is given to the other side, with all that came', async () => {
    const socket = await open();
    socket.setNoDelay(true);
    await write(socket, PREFACE.slice(0, 2));
    await write(socket, PREFACE.slice(2));
    await waitFor('the preface', () => taken[0]?.text === PREFACE);
    socket.destroy();
  });

  test('a connection that goes before it has said anything is let go', async () => {
    const socket = await open();
    const isReset = whenClosed(socket);
    socket.resetAndDestroy();
    const other = await open();
    const hasEnded = whenClosed(other);
    other.end('P');
    await Promise.all([isReset, hasEnded]);
    expect(taken).toEqual([]);
  });

  test('a server that closes drains what is of HTTP/2, and waits for nobody who says nothing', async () => {
    const [silent, speaking] = [await open(), await open()];
    silent.resume();
    speaking.resume();
    await write(speaking, PREFACE);
    await waitFor('the preface', () => taken.length === 1);
    const closed = Promise.all([whenClosed(silent), whenClosed(speaking)]);
    await server.close();
    await closed;
    expect(drained).toBe(1);
  });
});
