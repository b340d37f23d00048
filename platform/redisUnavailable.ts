/** Redis gave no answer. Apart from redis.ts, which loads the client, so that who looks for it need not. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';
}
