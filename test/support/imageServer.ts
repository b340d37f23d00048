import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type ImageAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: Buffer }
  /** The connection ends without an answer */
  | 'reset';

export interface ImageServer {
  readonly url: string;
  /** Paths, oldest first */
  readonly asked: string[];
  /** In place of a picture */
  answer: ImageAnswer | undefined;
  reset(): void;
  close(): Promise<void>;
}

/** The host of TMDB's images, as far as it is asked here: for every path words that name it, said to be a picture. */
export async function startImageServer(): Promise<ImageServer> {
  const http = createServer((req, res) => {
    const path = req.url ?? '';
    server.asked.push(path);
    if (server.answer === 'reset') return void req.socket.resetAndDestroy();
    const { status, headers, body } = server.answer ?? { status: 200, headers: { 'content-type': 'image/jpeg' }, body: undefined };
    res.writeHead(status, headers).end(body ?? `poster of ${path}`);
  });
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
  const server: ImageServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked: [],
    answer: undefined,
    reset() {
      server.asked.length = 0;
      server.answer = undefined;
    },
    close: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
  return server;
}
