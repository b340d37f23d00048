import type { Config } from '../../../../platform/config.ts';
import { askRedisOnce } from '../../../../platform/redis.ts';
import { describeConnectFault, wordsOf } from './faults.ts';

const KNOBS = {
  address: 'REDIS_URL',
  authority: 'ssl_ca_certs in REDIS_URL',
  certificate: 'ssl_certfile and ssl_keyfile in REDIS_URL',
  tls: 'rediss:// in REDIS_URL',
};
/** Every command that the online store needs, on a key that is gone after it. */
const PROBE = `redis.call('SET', KEYS[1], '1') redis.call('GET', KEYS[1]) redis.call('INCR', KEYS[1]) redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'a', '1') redis.call('HGET', KEYS[1], 'a') redis.call('DEL', KEYS[1]) return 1`;
const PROBE_KEY = 'features:doctor';

/** @returns what was reached, and as whom. @throws Error that says what is missing and which variable to check */
export async function lookAtRedis({ redisUrl }: Pick<Config, 'redisUrl'>): Promise<string> {
  if (redisUrl === undefined) return 'REDIS_URL is not set: the online store is in Postgres';
  const url = new URL(redisUrl);
  const user = decodeURIComponent(url.username) || 'default';
  const where = `${url.hostname}:${url.port || '6379'}`;
  try {
    await askRedisOnce(redisUrl, async (client) => {
      await client.ping();
      await client.mGet([PROBE_KEY]);
      await client.eval(PROBE, { keys: [PROBE_KEY], arguments: [] });
    });
  } catch (error) {
    throw new Error(describe(error, where, user), { cause: error });
  }
  return `${where}${url.protocol === 'rediss:' ? ' by TLS' : ''} as the user ${user}, who may read and write`;
}

function describe(error: unknown, where: string, user: string): string {
  const words = wordsOf(error);
  if (/WRONGPASS|NOAUTH|invalid password/.test(words))
    return `Redis ${where} refused the user ${user} (${words}): check REDIS_URL, REDIS_USERNAME and REDIS_PASSWORD`;
  if (/NOPERM|can't run this command|No permissions/i.test(words))
    return `Redis ${where}: the user ${user} may not do all that the online store does (${words}): give its ACL ~features:* +ping +get +mget +set +incr +del +hget +hset +eval +evalsha`;
  return describeConnectFault(`Redis ${where}`, error, KNOBS) ?? `Redis ${where} cannot be used: ${words}`;
}
