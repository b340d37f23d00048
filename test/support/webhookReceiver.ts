import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * A server that keeps what it is sent. `/200` and its like answer with that status; `/503,503,200` in turn; `/silent` says nothing; `/429:3` has a
 * `Retry-After` of three seconds.
 */
export async function startReceiver() {
  const received: Received[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const path = req.url ?? '';
      const before = received.filter((one) => one.path === path).length;
      received.push({ path, at: performance.now(), headers: req.headers, body: Buffer.concat(chunks).toString() });
      const answers = path.slice(1).split(',');
      const answer = answers[Math.min(before, answers.length - 1)]!;
      if (answer === 'silent') return;
      const [, after] = answer.split(':');
      const status = Number.parseInt(answer, 10);
      res.writeHead(status, { ...(status === 302 && { location: '/200' }), ...(after && { 'retry-after': after }) }).end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    received,
    at: (path: string) => received.filter((one) => one.path === path),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>;
