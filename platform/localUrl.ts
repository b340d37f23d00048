import type { Config, PortName } from './config.ts';

/** A URL of one of our processes, as this machine reaches it. */
export function localUrl({ host, ports }: Pick<Config, 'host' | 'ports'>, port: PortName, path: string): string {
  const reachable = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${ports[port]}${path}`;
}
