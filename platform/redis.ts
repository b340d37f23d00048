import { createClient, type RedisClientType } from '@redis/client';
import { createHash } from 'node:crypto';
import { redisOptions } from './connections/redis.ts';
import type { Logger } from './log.ts';
import { inSpan, openInside } from './traces/traces.ts';

/** A Lua script with its digest, by which Redis knows it after the first call. */
export interface RedisScript {
  readonly source: string;
  readonly sha: string;
}
export const redisScript = (source: string): RedisScript => ({ source, sha: createHash('sha1').update(source).digest('hex') });

export interface Redis {
  /** All values as they are at one moment. */
  mGet(keys: string[]): Promise<(string | null)[]>;
  get(key: string): Promise<string | null>;
  run(script: RedisScript, keys: string[], values: string[]): Promise<unknown>;
  check(): Promise<string>;
  close(): Promise<void>;
}

export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';
}

const FIRST_CONNECT_MS = 2_000;
/** A Redis that hangs is noticed within this. */
const SILENCE_MS = 3_000;

/**
 * A connection that is made in the background and made again when it is lost. While it is away every call fails at once with RedisUnavailable:
 * a call that waited and was then sent would come after what its caller did since.
 */
export function createRedis({ url, log }: { url: string; log: Logger }): Redis {
  const { url: address, socket } = redisOptions(url);
  const client: RedisClientType = createClient({
    url: address,
    disableOfflineQueue: true,
    pingInterval: SILENCE_MS / 3,
    socket: {
      ...socket,
      connectTimeout: FIRST_CONNECT_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: (retries) => Math.min(50 * 2 ** Math.min(retries, 6), 1_000),
    },
  });
  let isAway = false;
  client.on('error', (error: unknown) => {
    if (!isAway) log.warn({ err: error }, 'Redis is away; connecting again');
    isAway = true;
  });
  client.on('ready', () => {
    if (isAway) log.info('Redis is there again');
    isAway = false;
  });
  const firstConnect = Promise.race([
    client.connect().catch(() => undefined),
    new Promise<void>((resolve) => setTimeout(resolve, FIRST_CONNECT_MS).unref()),
  ]);

  const call = <T>(name: string, command: () => Promise<T>): Promise<T> =>
    inSpan(
      openInside(() => ({ name, kind: 'client', attributes: { 'db.system.name': 'redis' } })),
      () => callNow(command),
    );

  async function callNow<T>(command: () => Promise<T>): Promise<T> {
    if (!client.isReady) await firstConnect;
    try {
      return await command();
    } catch (error) {
      if (isReply(error)) throw error;
      throw new RedisUnavailable((error as Error).message, { cause: error });
    }
  }
  return {
    mGet: (keys) => call('MGET', () => client.mGet(keys)),
    get: (key) => call('GET', () => client.get(key)),
    run: (script, keys, values) =>
      call('EVALSHA', async () => {
        const options = { keys, arguments: values };
        try {
          return await client.evalSha(script.sha, options);
        } catch (error) {
          if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
          return client.eval(script.source, options);
        }
      }),
    check: () => call('PING', async () => `answers ${await client.ping()}`),
    async close() {
      client.destroy();
    },
  };
}

/** Asks over one connection that is not made again. @throws what the connection, or Redis, said */
export async function askRedisOnce(url: string, ask: (client: RedisClientType) => Promise<void>): Promise<void> {
  const { url: address, socket } = redisOptions(url);
  const client: RedisClientType = createClient({
    url: address,
    disableOfflineQueue: true,
    socket: { ...socket, connectTimeout: FIRST_CONNECT_MS, socketTimeout: SILENCE_MS, reconnectStrategy: false },
  });
  let lost: unknown;
  client.on('error', (error: unknown) => (lost ??= error));
  try {
    await client.connect();
    await ask(client);
  } catch (error) {
    // A server that ends the handshake says why on the connection; the call that waited was told less.
    throw lost ?? error;
  } finally {
    client.destroy();
  }
}

/** What Redis itself answered, as opposed to no answer. While it loads its data, goes down, or has no memory or disk left it is as good as away. */
const isReply = (error: unknown) => {
  const { name, message } = (error as { constructor: { name: string }; message: string } & Error) ?? {};
  return (
    (name === 'ErrorReply' || error?.constructor.name === 'SimpleError') &&
    !/^(LOADING|MASTERDOWN|READONLY|OOM|MISCONF|CLUSTERDOWN)/.test(message)
  );
};
