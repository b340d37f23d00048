import type { Logger } from '../../../platform/log.ts';
import type { Pool } from '../../../platform/postgres.ts';
import { createRedis } from '../../../platform/redis.ts';
import type { OnlineStore } from './store.ts';
import { createPostgresStore } from './postgresStore.ts';
import { createRedisStore } from './redisStore.ts';

/** The online store: in Redis where one is configured, else in Postgres. */
export const openOnlineStore = ({ redisUrl, pool, log }: { redisUrl: string | undefined; pool: Pool; log: Logger }): OnlineStore =>
  redisUrl === undefined ? createPostgresStore(pool) : createRedisStore(createRedis({ url: redisUrl, log }));
