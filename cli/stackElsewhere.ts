import type { readStatus } from '../deploy/local/stack/control.ts';
import { DEFAULT_PORTS, type Config } from '../platform/config.ts';

/** Ports that a stack has where nothing moves them. */
const USUAL_PORTS: readonly number[] = Object.values(DEFAULT_PORTS);

/**
 * What helps somebody who asked where nothing answers while the stack of this folder runs on other ports, as where it was started with PORT_OFFSET in
 * another terminal.
 * @returns undefined where it does not, or where an address was named
 */
export async function stackElsewhere(stack: { readonly readStatus: typeof readStatus }, config: Config): Promise<string | undefined> {
  const { client, ports } = config;
  if (client.apiUrl !== `http://127.0.0.1:${ports.API_PORT}`) return undefined;
  const rows = await stack.readStatus(config);
  const api = rows.find(({ name, state }) => name === 'api' && state === 'running');
  if (!api?.port || api.port === ports.API_PORT) return undefined;
  const offset = api.port - DEFAULT_PORTS.API_PORT;
  const isMoved = offset >= 0 && rows.every(({ port }) => port === null || USUAL_PORTS.includes(port - offset));
  const variable = isMoved ? `PORT_OFFSET=${offset}` : `API_PORT=${api.port}`;
  const url = `http://127.0.0.1:${api.port}`;
  return `The stack of this folder runs at ${url}: set ${variable} in .env, or use --api ${url}`;
}
