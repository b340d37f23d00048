import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { isNativeError } from 'node:util/types';
import pg from 'pg';
import { auditedRequest } from './audit.ts';
import type { Logger } from './log.ts';
import { postgresClient } from './postgresClient.ts';
import { traceStatements } from './traces/sql.ts';

export type Pool = pg.Pool;
/** A pool, or one connection inside a transaction. */
export type Database = Pick<pg.Pool, 'query'>;

/**
 * A statement that is asked often: each connection has it parsed and planned once, where planning would cost more than the rows. Behind a pooler in
 * transaction mode it is a statement like any other.
 * @param text of one plan that is good for all values; it names its columns, since what `*` means may change while a connection is open
 * @returns the query for values
 */
export function prepare(text: string): (values: readonly unknown[]) => pg.QueryConfig {
  const name = createHash('sha256').update(text).digest('base64url');
  return (values) => ({ name, text, values: values as unknown[] });
}

// Counts and serials are far below 2^53 here; as text they would need converting at every use.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
const INT8_ARRAY = 1016; // not among `builtins`; its text is `{1,NULL,2}`
pg.types.setTypeParser(INT8_ARRAY as number, (text: string) => JSON.parse(`[${text.slice(1, -1).toLowerCase()}]`) as (number | null)[]);

/** How long one waits for a connection, and then for the answer to a query. */
export interface PoolWaits {
  readonly connectMs: number;
  readonly queryMs: number;
}

/** By who waits. A server that is frozen keeps its connections open and says nothing, so that every wait needs an end. */
export const POOL_WAITS = {
  /** The model server, which answers without the database where it is slow: all of it within what the API waits for the model server. */
  serving: { connectMs: 750, queryMs: 1_000 },
  /** A request, whose caller is told to come again. */
  request: { connectMs: 2_000, queryMs: 3_000 },
  /** A request that reads whole tables. */
  report: { connectMs: 2_000, queryMs: 30_000 },
  /** A loop, which tries again. */
  loop: { connectMs: 5_000, queryMs: 60_000 },
  /** A step of a run, inside the time that the step has: sorting and indexing 32 million ratings takes minutes. */
  step: { connectMs: 5_000, queryMs: 3_600_000 },
} as const satisfies Record<string, PoolWaits>;

/** The server is told to give up first, since its own word leaves the connection usable; one that says nothing for this much longer is frozen. */
export const SILENCE_MS = 250;
const CHECK_TIMEOUT_MS = 1_500;
const ROLLBACK_TIMEOUT_MS = 2_000;
const END_TIMEOUT_MS = 2_000;

export interface PoolOptions {
  readonly url: string;
  /** Set where `url` is a pooler that gives each transaction another connection of the server, which then keeps no state of ours. */
  readonly directUrl?: string | undefined;
  /** Connections held at most. */
  readonly poolSize: number;
  readonly log: Logger;
  readonly waits: PoolWaits;
}

/** A pool whose every wait has an end. A connection whose query went unanswered is closed: its answer may come at any time. */
export function createPool({ url, directUrl, poolSize, log, waits }: PoolOptions): Pool {
  const sockets = new Set<Socket>();
  const { Client, options } = postgresClient(url);
  const pool = new pg.Pool({
    ...options,
    Client: directUrl === undefined ? Client : preparingNothing(Client),
    max: poolSize,
    connectionTimeoutMillis: waits.connectMs,
    query_timeout: waits.queryMs + SILENCE_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream: () => openSocket(sockets),
    // By a statement, since poolers such as PgBouncer refuse it among the parameters of the connection.
    ...(directUrl === undefined && {
      onConnect: (client: pg.ClientBase) => client.query(`set statement_timeout = ${waits.queryMs}`) as unknown as void, // the pool waits for it, whatever its types say
    }),
  });
  if (directUrl !== undefined) BEGIN_OF.set(pool, `begin; set local statement_timeout = ${waits.queryMs}`);
  // Without a listener an idle connection that the server closes would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'));
  traceStatements(pool);
  const end: () => Promise<void> = pool.end.bind(pool);
  const query = pool.query.bind(pool) as unknown as Query;
  // A statement that changes something for a request that is audited needs a transaction, to say whose it is.
  const told: Query = (...given) =>
    auditedRequest() && CHANGES.test(textOf(given[0]))
      ? withTransaction(pool, (connection) => (connection.query.bind(connection) as unknown as Query)(...given))
      : query(...given);
  return Object.assign(pool, {
    query: told,
    end: () => {
      setTimeout(() => sockets.forEach((socket) => socket.destroy()), END_TIMEOUT_MS).unref();
      return end();
    },
  });
}

type Query = (...given: [string | pg.QueryConfig, ...unknown[]]) => Promise<pg.QueryResult>;
const CHANGES = /^\s*(insert|update|delete|merge|with)\b/i;
const textOf = (query: string | pg.QueryConfig): string => (typeof query === 'string' ? query : query.text);

/** The next transaction may have another connection of the server, which has not seen what this one prepared. */
const preparingNothing = (Client: typeof pg.Client): typeof pg.Client =>
  class extends Client {
    override query(query: unknown, ...more: unknown[]): never {
      const isPrepared = typeof query === 'object' && query !== null && 'name' in query && !('submit' in query);
      return (super.query as (...all: unknown[]) => never)(isPrepared ? { ...query, name: undefined } : query, ...more);
    }
  };

function openSocket(sockets: Set<Socket>): Socket {
  const socket = new Socket();
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  return socket;
}

/** A query with a bound of its own, which pg takes with the query though its types don't say so. */
const within = (text: string, timeoutMs: number): pg.QueryConfig => Object.assign({ text }, { query_timeout: timeoutMs });

/** For health: resolves when the database answers. */
export async function checkPostgres(pool: Pool): Promise<string> {
  await pool.query(within('select 1', CHECK_TIMEOUT_MS));
  return 'answers';
}

/** Asks for one row over a connection of its own, past every pool. @throws what the connection, or Postgres, said */
export async function askPostgresOnce<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row> {
  const { connectMs, queryMs } = POOL_WAITS.request;
  const sockets = new Set<Socket>();
  const { Client, options } = postgresClient(url);
  const client = new Client({
    ...options,
    connectionTimeoutMillis: connectMs,
    query_timeout: queryMs,
    stream: () => openSocket(sockets),
  });
  client.on('error', () => undefined); // the call is told
  try {
    await client.connect();
    const { rows } = await client.query<Row>(sql);
    return rows[0]!;
  } finally {
    // Not waited for: after a handshake that failed it may never come.
    void client.end().catch(() => undefined);
    sockets.forEach((socket) => socket.destroySoon());
  }
}

/** The triggers of the audit log ask the transaction whose it is. */
async function sayWhose(): Promise<string> {
  const request = auditedRequest();
  if (!request) return '';
  return `; select set_config('audit.request', '${await request.begin()}', true), set_config('audit.by', ${pg.escapeLiteral(request.by)}, true)`;
}

/** Where a pooler hands out connections by the transaction, the bound on its statements is told with each. */
const BEGIN_OF = new WeakMap<Pool, string>();

/** Runs `body` in one transaction: committed when it resolves, rolled back when it throws. */
export async function withTransaction<T>(pool: Pool, body: (connection: pg.PoolClient) => Promise<T>): Promise<T> {
  const whose = await sayWhose();
  const connection = await pool.connect();
  let broken: Error | undefined;
  const onLost = (error: Error) => void (broken ??= error);
  connection.on('error', onLost); // without a listener a connection that is lost between two queries would end the process
  try {
    await connection.query((BEGIN_OF.get(pool) ?? 'begin') + whose);
    const result = await body(connection);
    await connection.query('commit');
    return result;
  } catch (error) {
    broken ??= await rollBack(connection, error);
    throw error;
  } finally {
    connection.off('error', onLost);
    connection.release(broken);
  }
}

/** @returns why the connection cannot be used again, where it cannot */
async function rollBack(connection: pg.PoolClient, error: unknown): Promise<Error | undefined> {
  if (isUnanswered(error)) return error as Error; // the server drops what a closed connection had begun
  return connection.query(within('rollback', ROLLBACK_TIMEOUT_MS)).then(
    () => undefined,
    (rollbackError: Error) => rollbackError,
  );
}

/** pg's own words for a query that the server said nothing to in time. */
const isUnanswered = (error: unknown): boolean => isNativeError(error) && error.message === 'Query read timeout';

const CONNECTION_ERRORS = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'];

/**
 * SQLSTATEs that say how the server fares, not what is wrong with the statement: the same statement can pass later
 * (https://www.postgresql.org/docs/18/errcodes-appendix.html).
 */
const UNAVAILABLE_STATES: readonly RegExp[] = [
  /^08/, // connection exceptions
  /^53[0-3]/, // disk full, out of memory, too many connections; not 53400, a limit that the same statement runs into again
  /^57014$/, // cancelled because it took too long, or by an administrator
  /^57P/, // shutting down, crashed, starting, closed while idle
  /^58(000|030)$/, // its system failed it, an I/O error; not 58P.., files that are missing or damaged
  /^25006$/, // read-only: a standby before its promotion, or a primary that its keeper closed to writes
];

/** Whether the database could not be reached, cannot work now, or did not answer in time, as opposed to refusing the statement. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!isNativeError(error)) return false; // `instanceof` is wrong for Node's own errors where this runs in a vm context, as under jest
  if (isUnanswered(error)) return true;
  const code = 'code' in error ? String(error.code) : '';
  if (CONNECTION_ERRORS.includes(code) || UNAVAILABLE_STATES.some((state) => state.test(code))) return true;
  if (error instanceof AggregateError) return error.errors.some(isDatabaseUnavailable);
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(error.message);
}

/**
 * Classes that speak of the server, of who asks, of the schema or of others' transactions, not of the data in the statement: 25 (read-only), 28
 * and 3D (no such user, no such database), 40 (serialization, deadlock), 42 (no such table, no right), 53 (resources), 55, 57 and 58.
 */
const TROUBLE = /^(08|25|28|3D|40|42|53|55|57|58)...$/;

/** Whether the database is away or in no state to take a statement, whatever data it has: it is worth trying again. */
export const isDatabaseTrouble = (error: unknown): boolean =>
  isDatabaseUnavailable(error) || (isNativeError(error) && 'code' in error && TROUBLE.test(String(error.code)));

/**
 * Whether the database took the statement and refused the data in it: the same data is refused again. Classes 22 (data), 23 (integrity) and 54 (beyond a
 * limit of the program: 54000 a key too long for an index, an array or jsonb too large; 54001 JSON too deep; 54011, 54023 too many columns or arguments).
 * Not 53, which says that the server has no room now.
 */
export const isDataRefused = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && /^(22|23|54)...$/.test(String(error.code));

/** What JSON.stringify writes for a character that jsonb refuses. An even number of backslashes before it are each other's. */
const UNSTORABLE_ESCAPE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/** JSON for a column that keeps words about what came from outside: Postgres takes no U+0000 and no half of a surrogate pair in it. */
export const storableJson = (value: unknown): string => JSON.stringify(value ?? null).replace(UNSTORABLE_ESCAPE, '$1\\ufffd');

export interface Listener {
  stop(): Promise<void>;
}

const LISTEN_TIMEOUT_MS = 5_000;
/** A connection on which nothing is said looks the same whether the server is there or not. */
const BEAT_EVERY_MS = 5_000;

/**
 * Listens on a notification channel over a connection of its own and connects again when it is lost, or says nothing any more.
 * @param onNotify called with each payload, and with null after each (re)connect, when notifications may have been missed
 */
export function listen(
  { url, channel, log }: { url: string; channel: string; log: Logger },
  onNotify: (payload: string | null) => void,
): Listener {
  let stopped = false;
  let client: pg.Client | undefined;
  const sockets = new Set<Socket>();
  let retry: NodeJS.Timeout | undefined;

  const { Client, options } = postgresClient(url);
  async function connect() {
    const fresh = new Client({
      ...options,
      keepAlive: true,
      connectionTimeoutMillis: LISTEN_TIMEOUT_MS,
      query_timeout: LISTEN_TIMEOUT_MS,
      stream: () => openSocket(sockets),
    });
    client = fresh;
    const beat = setInterval(() => void fresh.query('select 1').catch(cut), BEAT_EVERY_MS);
    fresh.on('error', () => undefined); // 'end' follows and reconnects
    fresh.on('end', () => {
      clearInterval(beat);
      again();
    });
    fresh.on('notification', ({ payload }) => onNotify(payload ?? ''));
    try {
      await fresh.connect();
      await fresh.query(`listen ${pg.escapeIdentifier(channel)}`);
      onNotify(null);
    } catch (error) {
      log.warn({ err: error, channel }, 'cannot listen; trying again');
      clearInterval(beat);
      cut();
      again();
    }
  }
  const cut = () => sockets.forEach((socket) => socket.destroy());
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
      setTimeout(cut, END_TIMEOUT_MS).unref();
      await client?.end().catch(() => undefined);
    },
  };
}
