import type { Logger } from '../../../platform/log.ts';
import type { Pool } from '../../../platform/postgres.ts';
import type { OnlineStore } from './store.ts';
import { createPostgresStore } from './postgresStore.ts';

interface OnlineStoreParts {
  readonly redisUrl: string | undefined;
  readonly pool: Pool;
  readonly log: Logger;
}

/** The online store: in Redis where one is configured, else in Postgres. The client of Redis takes 18 MB of each process that loads it. */
export async function openOnlineStore({ redisUrl, pool, log }: OnlineStoreParts): Promise<OnlineStore> {
  if (redisUrl === undefined) return createPostgresStore(pool);
  const [{ createRedis }, { createRedisStore }] = await Promise.all([import('../../../platform/redis.ts'), import('./redisStore.ts')]);
  return createRedisStore(createRedis({ url: redisUrl, log }));
}
