import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeModelServer {
  readonly url: string;
  /** What was asked for, oldest first. */
  readonly asked: { body: unknown; headers: IncomingMessage['headers'] }[];
  /** What it answers from now on; `hang`: nothing, ever. */
  answer: { status: number; body: unknown } | 'hang';
  close(): Promise<void>;
}

/** Answers `POST /recommend` as it is told, in the shape of the contract. The real one has its own tests and the end-to-end ones. */
export async function startFakeModelServer(): Promise<FakeModelServer> {
  const fake: Pick<FakeModelServer, 'asked' | 'answer'> = { asked: [], answer: { status: 503, body: {} } };
  const server = createServer((req, res) => {
    let text = '';
    req.on('data', (chunk: Buffer) => (text += chunk.toString()));
    req.on('end', () => {
      if (req.url?.startsWith('/health')) return res.end('{}');
      fake.asked.push({ body: JSON.parse(text), headers: req.headers });
      if (fake.answer === 'hang') return;
      res.writeHead(fake.answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(fake.answer.body));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
