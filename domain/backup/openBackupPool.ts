import type { PostgresSettings } from '../../platform/connections/postgres.ts';
import type { Logger } from '../../platform/log.ts';
import { createPool, POOL_WAITS, type Pool } from '../../platform/postgres.ts';
import { TABLES_AT_ONCE } from './writeTables.ts';

/** Past a pooler, which a COPY of minutes would keep from others; with a connection for the snapshot, and one for each table that is read. */
export const openBackupPool = ({ url, directUrl }: Pick<PostgresSettings, 'url' | 'directUrl'>, log: Logger): Pool =>
  createPool({ url: directUrl ?? url, poolSize: TABLES_AT_ONCE + 1, log, waits: POOL_WAITS.step });
