import { isNativeError } from 'node:util/types';
import pg from 'pg';
import { toStorable } from '../contracts/text.ts';
import type { Logger } from './log.ts';

export type Pool = pg.Pool;
/** A pool, or one connection inside a transaction. */
export type Database = Pick<pg.Pool, 'query'>;

// Counts and serials are far below 2^53 here; as text they would need converting at every use.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
const INT8_ARRAY = 1016; // not among `builtins`; its text is `{1,NULL,2}`
pg.types.setTypeParser(INT8_ARRAY as number, (text: string) => JSON.parse(`[${text.slice(1, -1).toLowerCase()}]`) as (number | null)[]);

export interface PoolOptions {
  readonly url: string;
  /** Connections held at most. */
  readonly poolSize: number;
  readonly log: Logger;
  /** A query that takes longer fails; unbounded when missing. */
  readonly queryTimeoutMs?: number;
}

export function createPool({ url, poolSize, log, queryTimeoutMs }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    ...(queryTimeoutMs !== undefined && { query_timeout: queryTimeoutMs }),
  });
  // Without a listener an idle connection that the server closes would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'));
  return pool;
}

/** For health: resolves when the database answers. */
export async function checkPostgres(pool: Pool): Promise<string> {
  await pool.query('select 1');
  return 'answers';
}

/** Runs `body` in one transaction: committed when it resolves, rolled back when it throws. */
export async function withTransaction<T>(pool: Pool, body: (connection: pg.PoolClient) => Promise<T>): Promise<T> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  try {
    await connection.query('begin');
    const result = await body(connection);
    await connection.query('commit');
    return result;
  } catch (error) {
    await connection.query('rollback').catch((rollbackError: Error) => (broken = rollbackError));
    throw error;
  } finally {
    connection.release(broken);
  }
}

const CONNECTION_ERRORS = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'];

/** Whether the database could not be reached, or is going down or coming up, as opposed to refusing the statement. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!isNativeError(error)) return false; // `instanceof` is wrong for Node's own errors where this runs in a vm context, as under jest
  const code = 'code' in error ? String(error.code) : '';
  // 08: connection exceptions; 57P: the server is shutting down or starting; 53300: too many connections.
  if (CONNECTION_ERRORS.includes(code) || /^(08|57P|53300)/.test(code)) return true;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(error.message);
}

/** Whether the database took the statement and refused the data in it: the same data is refused again. Classes 22 (data) and 23 (integrity). */
export const isDataRefused = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && /^2[23]...$/.test(String(error.code));

/** JSON for a column that keeps words about what came from outside: Postgres takes no U+0000 and no half of a surrogate pair in it. */
export const storableJson = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, part: unknown) => (typeof part === 'string' ? toStorable(part) : part));

export interface Listener {
  stop(): Promise<void>;
}

/**
 * Listens on a notification channel over a connection of its own and connects again when it is lost.
 * @param onNotify called with each payload, and with null after each (re)connect, when notifications may have been missed
 */
export function listen(
  { url, channel, log }: { url: string; channel: string; log: Logger },
  onNotify: (payload: string | null) => void,
): Listener {
  let stopped = false;
  let client: pg.Client | undefined;
  let retry: NodeJS.Timeout | undefined;

  async function connect() {
    const fresh = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 5_000 });
    client = fresh;
    fresh.on('error', () => undefined); // 'end' follows and reconnects
    fresh.on('end', () => again());
    fresh.on('notification', ({ payload }) => onNotify(payload ?? ''));
    try {
      await fresh.connect();
      await fresh.query(`listen ${pg.escapeIdentifier(channel)}`);
      onNotify(null);
    } catch (error) {
      log.warn({ err: error, channel }, 'cannot listen; trying again');
      await fresh.end().catch(() => undefined);
      again();
    }
  }
  function again() {
    if (stopped) return;
    clearTimeout(retry);
    retry = setTimeout(() => void connect(), 500);
  }

  void connect();
  return {
    async stop() {
      stopped = true;
      clearTimeout(retry);
      await client?.end().catch(() => undefined);
    },
  };
}
