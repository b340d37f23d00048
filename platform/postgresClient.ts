import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { postgresOptions } from './connections/postgres.ts';

type Tls = ConnectionOptions | false;

/**
 * How pg connects to a URL: its client, and the options that come of the URL. Where the `sslmode` leaves it open whether there is TLS, a client
 * first asks by a connection of its own which way the server takes; the answer is kept until a connection fails.
 */
export function postgresClient(url: string): { Client: typeof pg.Client; options: { connectionString: string; ssl: Tls } } {
  const { ways, connectionString } = postgresOptions(url);
  const options = { connectionString, ssl: ways[0] };
  if (ways.length === 1) return { Client: pg.Client, options };
  let taken: Tls | undefined;

  class Negotiating extends pg.Client {
    readonly #config: pg.ClientConfig;

    constructor(config: pg.ClientConfig = {}) {
      super(config);
      this.#config = config;
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: (error: Error | null) => void): void;
    override connect(callback?: (error: Error | null) => void): Promise<pg.Client> | void {
      const connected = this.#negotiate();
      if (callback === undefined) return connected;
      connected.then(() => callback(null), callback);
    }

    async #negotiate(): Promise<pg.Client> {
      taken ??= await firstTaken(ways, this.#config);
      const { connection } = Object.assign(this, { ssl: taken }) as unknown as { connection: { ssl: Tls } };
      connection.ssl = taken; // pg reads it in both places, and not before it connects
      try {
        return await super.connect();
      } catch (error) {
        taken = undefined;
        throw error;
      }
    }
  }
  return { Client: Negotiating, options };
}

/** @throws what the server said, of its answers the one that says most, or why nobody answered */
async function firstTaken(ways: readonly Tls[], { connectionString, connectionTimeoutMillis }: pg.ClientConfig): Promise<Tls> {
  const refusals: Error[] = [];
  for (const ssl of ways) {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis, ssl });
    client.on('error', () => undefined); // the call is told
    try {
      await client.connect();
      return ssl;
    } catch (error) {
      if (isAway(error as Error)) throw error;
      refusals.push(error as Error);
    } finally {
      void client.end().catch(() => undefined); // not waited for: after a handshake that failed it may never come
    }
  }
  throw refusals.find(({ message }) => !/no pg_hba\.conf entry|does not support SSL/.test(message)) ?? refusals.at(-1)!;
}

/** Nobody answers, whichever way. Node's own errors of the network name the call of the system that failed. */
const isAway = (error: Error): boolean => 'syscall' in error || 'errors' in error || error.message === 'timeout expired';
