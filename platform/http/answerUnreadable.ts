import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ProblemBody } from '../../contracts/problem.ts';
import { HEAD_BYTES } from '../../contracts/sizes.ts';

/** What Node's parser says of a request that never becomes one, by the code of its error; any other cannot be read. */
const ANSWERS: Readonly<Record<string, { status: number; title: string; detail: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: 'Request header fields too large',
    detail: `The address and the headers of a request have ${HEAD_BYTES / 1024} kB at most; send a long filter in the body of a POST where there is one`,
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, title: 'Body too large', detail: 'The extensions of a chunk are larger than 16 kB' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, title: 'Request timeout', detail: 'The headers stand still or trickle' },
};
const UNREADABLE = { status: 400, title: 'Bad request', detail: 'This is no request that HTTP/1.1 knows' };
/** A caller that is still sending has so long to read the answer: closed at once, the connection would be reset under it. */
const LINGER_MS = 1_000;

/** Listens to `clientError`: answers with words where Node has a status alone, and closes the connection. */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Duplex): void {
  socket.removeAllListeners('data').on('data', () => undefined);
  if (!socket.writable || isAnswered(socket)) return void socket.destroy();
  const { status, title, detail } = ANSWERS[error.code ?? ''] ?? UNREADABLE;
  const problem: ProblemBody = { type: `/problems/${title.toLowerCase().replaceAll(' ', '-')}`, title, status, detail };
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    'connection: close',
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** The head of an answer to the request before it, or to this one, is out: a second one would be taken for a part of it. */
const isAnswered = (socket: Duplex & { readonly _httpMessage?: ServerResponse | null }) => socket._httpMessage?.headersSent === true;
