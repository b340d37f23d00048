import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Takes the connections that begin as HTTP/2 does, such as a gRPC server beside the routes, on their port. */
export interface Http2Side {
  readonly take: (socket: Socket) => void;
  /** Takes no more calls; each connection ends with the last call on it. */
  readonly drain: () => void;
}

/** How HTTP/2 begins (https://www.rfc-editor.org/rfc/rfc9113#section-3.4); no method of HTTP/1 begins so. */
const PREFACE = 'PRI';
/** As long as a request may take for its headers. */
const FIRST_BYTES_MS = 10_000;
/** What has said nothing this long after we were told to end is not waited for. */
const SILENT_MS = 1_000;

/**
 * Gives each connection of a server to the protocol that its first bytes are of.
 * @returns what to do when the server closes: a connection that says nothing for another second ends, and those of HTTP/2 drain
 */
export function splitProtocols(server: Server, http2: Http2Side): () => void {
  const toHttp1 = server.listeners('connection') as ((socket: Socket) => void)[];
  const silent = new Set<Socket>();
  let closing = false;
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
    readFirstBytes(socket, (isHttp2) => {
      silent.delete(socket);
      if (!isHttp2) for (const take of toHttp1) take.call(server, socket);
      else if (closing) socket.destroy();
      else http2.take(socket);
    });
  });
  return () => {
    closing = true;
    setTimeout(() => silent.forEach((socket) => socket.destroy()), SILENT_MS).unref();
    http2.drain();
  };
}

/** Looks at as many bytes as tell, and puts them back. A connection that ends before them, or keeps us waiting, is closed. */
function readFirstBytes(socket: Socket, tell: (isHttp2: boolean) => void): void {
  const giveUp = () => void socket.destroy();
  const patience = setTimeout(giveUp, FIRST_BYTES_MS);
  let seen: Buffer = Buffer.alloc(0);
  const look = () => {
    for (let bytes = socket.read() as Buffer | null; bytes !== null; bytes = socket.read() as Buffer | null)
      seen = Buffer.concat([seen, bytes]);
    const begin = seen.subarray(0, PREFACE.length).toString('latin1');
    if (begin.length < PREFACE.length && PREFACE.startsWith(begin)) return;
    socket.off('readable', look).off('end', giveUp).off('error', giveUp).off('close', stop);
    stop();
    socket.unshift(seen);
    tell(begin === PREFACE);
  };
  const stop = () => clearTimeout(patience);
  socket.on('readable', look).once('end', giveUp).once('error', giveUp).once('close', stop);
}
