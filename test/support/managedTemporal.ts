import { createSecureServer, connect, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Certificates } from './certificates.ts';

export interface ManagedDoor {
  readonly port: number;
  close(): Promise<void>;
}

const UNAUTHENTICATED = '16';
const PERMISSION_DENIED = '7';

/**
 * Stands before a Temporal server as a managed one does: by TLS, with client certificates of the authority or with an API key, and without the
 * rights of an operator.
 * @param apiKey what callers must show; they must show a certificate where it is missing
 */
export async function openManagedDoor(address: string, certificates: Certificates, apiKey?: string): Promise<ManagedDoor> {
  const upstream = connect(`http://${address}`);
  const server = createSecureServer({
    cert: readFileSync(certificates.server.cert),
    key: readFileSync(certificates.server.key),
    ca: readFileSync(certificates.authority),
    requestCert: apiKey === undefined,
    rejectUnauthorized: apiKey === undefined,
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined); // its caller is gone
    const path = String(headers[':path']);
    if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`)
      return refuse(stream, UNAUTHENTICATED, 'Request unauthorized.');
    if (/OperatorService|RegisterNamespace/.test(path)) return refuse(stream, PERMISSION_DENIED, 'Request unauthorized.');
    forward(stream, headers);
  });
  server.on('sessionError', () => undefined);

  function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    const request = upstream.request({ ...headers, ':authority': address, ':scheme': 'http' });
    let trailers: IncomingHttpHeaders = {};
    request.on('error', () => stream.close());
    request.on('response', (answer, flags) => {
      const isAll = (flags & 1) === 1; // END_STREAM: a call that failed has its status here
      stream.respond(answer, isAll ? { endStream: true } : { waitForTrailers: true });
      if (!isAll) request.pipe(stream);
    });
    request.on('trailers', (given) => void (trailers = given as IncomingHttpHeaders));
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.on('close', () => request.close());
    stream.pipe(request);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
        upstream.destroy();
      }),
  };
}

function refuse(stream: ServerHttp2Stream, status: string, message: string) {
  stream.respond(
    { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status, 'grpc-message': message },
    { endStream: true },
  );
}
