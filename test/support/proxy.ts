import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to an engine that can be cut, as if the engine had died: connections end, and new ones are refused until it is restored. */
export interface Proxy {
  /** The engine's URL by way of the proxy. */
  readonly url: string;
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** Carries nothing for so long, and all of it after. */
  stall(ms: number): void;
}

export async function createProxy(engineUrl: string): Promise<Proxy> {
  const engine = new URL(engineUrl);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(engine.port), engine.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  const listen = (port: number) => new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(engineUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    cut: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    restore: () => listen(port),
    stall(ms) {
      for (const socket of sockets) socket.pause();
      setTimeout(() => sockets.forEach((socket) => socket.resume()), ms);
    },
  };
}
