import { createReadStream } from 'node:fs';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { HEAD_BYTES } from '../../../contracts/sizes.ts';
import { listPageFiles, type PageFile } from './pageFiles.ts';

/** What the page asks of the registry. */
const OF_REGISTRY = /^\/(api|ajax-api|graphql|get-artifact|model-versions\/get-artifact|version|health)(?=[/?]|$)/;
/** These are of one connection, and Node writes its own. */
const OF_CONNECTION = ['connection', 'keep-alive', 'expect'];
/** The names of all of them but the index say what is in them. */
const KEPT = { true: 'no-cache', false: 'public, max-age=2419200, immutable' };

export interface PageOptions {
  /** With `index.html`, as the wheel of MLflow carries it */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  /** Of the surface `mlflow` */
  readonly registryUrl: string;
}

/**
 * MLflow's web page with the registry behind it, at one origin: files of the page are served from here, what it asks is passed on as it came, so that the
 * registry sees who asks and from which page.
 */
export async function listenPage({ folder, host, port, registryUrl }: PageOptions): Promise<{ url: string; close(): Promise<void> }> {
  const files = await listPageFiles(folder);
  const server = createServer({ maxHeaderSize: HEAD_BYTES }, (req, res) => {
    const [path = '/'] = (req.url ?? '/').split('?');
    const answered = OF_REGISTRY.test(req.url ?? '/') ? passOn(req, res, registryUrl) : sendFile(req, res, files.get(path));
    answered.catch(() => res.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address();
  const listening = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${host}:${listening}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function sendFile({ method }: IncomingMessage, res: ServerResponse, file: PageFile | undefined): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') return void res.writeHead(405, { allow: 'GET, HEAD' }).end();
  if (!file) return void res.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such file\n');
  res.writeHead(200, {
    'content-type': file.type,
    'cache-control': KEPT[`${file.at.endsWith('.html')}`],
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  if (method === 'HEAD') return void res.end();
  await pipeline(createReadStream(file.at), res);
}

async function passOn(req: IncomingMessage, res: ServerResponse, registryUrl: string): Promise<void> {
  const headers = Object.fromEntries(Object.entries(req.headers).filter(([name]) => !OF_CONNECTION.includes(name)));
  const { hostname, port } = new URL(registryUrl);
  const asked = request({ hostname, port, method: req.method, path: req.url, headers });
  res.once('close', () => asked.destroy());
  const answer = new Promise<IncomingMessage>((resolve, reject) => asked.once('response', resolve).once('error', reject));
  req.pipe(asked); // a pipeline would end the caller's connection with a registry that is away
  try {
    await sendOn(await answer, res);
  } catch (error) {
    if (res.headersSent) throw error;
    const message = `The registry at ${registryUrl} does not answer; npm start starts it, on MLFLOW_PORT.`;
    res.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify({ error_code: 'TEMPORARILY_UNAVAILABLE', message }));
  }
}

async function sendOn(answer: IncomingMessage, res: ServerResponse): Promise<void> {
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !OF_CONNECTION.includes(name)));
  res.writeHead(answer.statusCode!, headers);
  await pipeline(answer, res);
}
