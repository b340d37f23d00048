import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request that is on its way to us over a connection kept alive is here by then. */
const LAST_ARRIVALS_MS = 50;
/** What has not come whole this long after we were told to end is not waited for. */
const HALF_SENT_MS = 1_000;
const LOOK_MS = 50;

/**
 * Watches a server's connections, so that it ends soon and nobody's request is cut off.
 * @returns a close: requests that came whole are answered whole, however long that takes, each with `connection: close`; what comes half has a second
 */
export function watchConnections(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  const answers = new Map<ServerResponse, IncomingMessage>();
  let closing = false;

  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.prependListener('request', (request, response) => {
    answers.set(response, request);
    response.once('close', () => answers.delete(response));
    if (closing) endConnectionAfter(response);
  });
  /** Those on which no request came whole. */
  function destroyUnanswerable() {
    const answered = new Set([...answers.values()].filter(({ complete }) => complete).map(({ socket }) => socket));
    for (const socket of sockets) if (!answered.has(socket)) socket.destroy();
  }

  return async () => {
    closing = true;
    for (const response of answers.keys()) endConnectionAfter(response);
    const halfSentUntil = Date.now() + HALF_SENT_MS;
    if (sockets.size > 0) await sleep(LAST_ARRIVALS_MS);
    const look = setInterval(() => {
      server.closeIdleConnections();
      if (Date.now() >= halfSentUntil) destroyUnanswerable();
    }, LOOK_MS);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    clearInterval(look);
  };
}

/** Where the head has gone out already, the connection is closed once it is idle. */
function endConnectionAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
