import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** What has not come whole this long after we were told to end is not waited for. */
const HALF_SENT_MS = 1_000;
/** A request that is on its way to us over a connection kept alive is here before the first look. */
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
    const startedAt = Date.now();
    // Nobody new comes in. That of http would close at once what is idle, and cut off the request that is on its way there.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    const look = setInterval(() => setImmediate(sweep), LOOK_MS); // after what has arrived was read
    function sweep() {
      server.closeIdleConnections();
      if (Date.now() - startedAt >= HALF_SENT_MS) destroyUnanswerable();
    }
    await closed;
    clearInterval(look);
    server.close(() => undefined); // ends the timer by which http looks at its connections
  };
}

/** Where the head has gone out already, the connection is closed once it is idle. */
function endConnectionAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
