import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client, PoolClient } from 'pg';
import { from as copyFrom, to as copyTo, type CopyToStreamQuery } from 'pg-copy-streams';

type Text = string | Buffer;

/** What pg calls on a query, and sets where queries have a timeout; COPY's types leave it out. */
interface PgQuery {
  handleReadyForQuery: () => void;
  callback?: () => void;
}

/**
 * Streams what a `copy … to stdout` gives into a sink: a writable, or a function that reads the rows. Where the sink fails or the signal aborts,
 * the connection is closed: what the server still had to send would stand before the answer to any other statement.
 * @returns how many rows there were
 * @throws what the sink, the signal or the server threw first
 */
export async function copyOut(
  connection: PoolClient,
  sql: string,
  sink: Writable | ((rows: AsyncIterable<Buffer>) => Promise<void>),
  signal: AbortSignal,
): Promise<number> {
  const rows = copyTo(sql) as CopyToStreamQuery & PgQuery;
  const answered = new Promise<void>((resolve, reject) => {
    rows.handleReadyForQuery = resolve;
    rows.on('error', reject); // stays: closing the connection says it once more
  });
  answered.catch(() => undefined); // the pipeline says it first, where it is still under way
  connection.query(rows);
  try {
    await pipeline(rows, sink as Writable, { signal });
    await answered;
    return rows.rowCount;
  } catch (error) {
    abandon(connection);
    throw error;
  } finally {
    rows.callback?.(); // ends pg's timer, which pg-copy-streams leaves running
  }
}

/**
 * Streams rows into a `copy … from stdin`. Where they fail or the signal aborts, the connection is closed: to end the COPY in good order one
 * would have to wait for the server, which may be waiting for a lock itself.
 * @returns how many rows there were
 * @throws what the rows, the signal or the server threw first
 */
export async function copyIn(
  connection: PoolClient,
  sql: string,
  rows: AsyncIterable<Text> | (() => AsyncIterable<Text>),
  signal: AbortSignal,
): Promise<number> {
  const copy = connection.query(copyFrom(sql));
  // pg-copy-streams' own destroy waits for the server's answer.
  const sink = new Writable({
    write: (chunk: Text, encoding, done) => void copy.write(chunk, encoding, done),
    final: (done) => void copy.end(done),
  });
  copy.on('error', (error) => sink.destroy(error));
  try {
    await pipeline(rows as AsyncIterable<Text>, sink, { signal });
    return copy.rowCount;
  } catch (error) {
    abandon(connection);
    throw error;
  }
}

/** Closes a connection whatever it is doing. Its pool drops it when it is released, and the server what it had begun. */
const abandon = (connection: PoolClient): void => void (connection as PoolClient & Pick<Client, 'end'>).end().catch(() => undefined);
