import { readFile } from 'node:fs/promises';
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { issueInto } from './certificates.ts';

/** A company's proxy, which opens what is sent through it and forbids it. */
export interface ForwardProxy {
  readonly url: string;
  /** PEM file of the authority of the certificates that it shows, for any host */
  readonly authority: string;
  /** Hosts to which tunnels were asked for, with what was then asked for through TLS, such as `GET /simple/` */
  readonly asked: Map<string, string[]>;
  close(): Promise<void>;
}

const hostOf = (address = '') => address.split(':')[0] ?? '';

/** @param folder for its certificates */
export async function startForwardProxy(folder: string): Promise<ForwardProxy> {
  const { makeAuthority, sign } = issueInto(folder);
  const company = await makeAuthority('company');
  const contexts = new Map<string, Promise<SecureContext>>();
  async function makeContext(host: string): Promise<SecureContext> {
    const extensions = `subjectAltName=DNS:${host}\nextendedKeyUsage=serverAuth\n`;
    const { key, cert } = await sign(host, company, { subject: 'a host', extensions });
    return createSecureContext({ key: await readFile(key), cert: await readFile(cert) });
  }
  function contextOf(host: string): Promise<SecureContext> {
    const context = contexts.get(host) ?? makeContext(host);
    contexts.set(host, context);
    return context;
  }

  const asked: ForwardProxy['asked'] = new Map();
  const sockets = new Set<Socket>();
  const inside = createHttps(
    { SNICallback: (host, done) => void contextOf(host).then((context) => done(null, context), done) },
    ({ headers, method, url }, response) => {
      asked.get(hostOf(headers.host))?.push(`${method} ${url}`);
      response.writeHead(403, { connection: 'close' }).end('the company forbids it');
    },
  );
  const outside = createHttp((_, response) => response.writeHead(403).end()).on('connect', (request, socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
    const host = hostOf(request.url);
    asked.set(host, asked.get(host) ?? []);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    inside.emit('connection', socket);
  });
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(outside.address() as AddressInfo).port}`,
    authority: company.cert,
    asked,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([outside, inside].map((server: Server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
