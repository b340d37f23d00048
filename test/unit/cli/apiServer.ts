import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly body: unknown;
}
export interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  /** In place of a body: as it is sent, no JSON document */
  readonly text?: string;
}

/** A server that keeps what it is asked and answers from a script: each call of a path takes that path's next answer, the last one again and again. */
export async function startApiServer(script: Readonly<Record<string, Answer | readonly Answer[]>>) {
  const received: Received[] = [];
  const left = new Map(Object.entries(script).map(([call, answers]) => [call, [answers].flat()]));
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = request;
    received.push({ method, url, apiKey: headers['x-api-key'] as string | undefined, body: await readBody(request) });
    const answers = left.get(`${method} ${url.split('?')[0]}`) ?? [];
    const {
      status = 200,
      body,
      text,
    }: Answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? {
      status: 404,
      body: problem(404, 'Not found', 'no such path'),
    };
    response.writeHead(status, { 'content-type': 'application/json' }).end(text ?? JSON.stringify(body));
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}

export const problem = (status: number, title: string, detail: string, errors?: { field: string; message: string }[]) => ({
  type: `/problems/${title.toLowerCase().replaceAll(' ', '-')}`,
  title,
  status,
  detail,
  ...(errors && { errors }),
});
