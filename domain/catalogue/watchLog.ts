import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import type { SchemaElement } from 'hyparquet';
import { createWriteStream } from 'node:fs';
import type { PoolClient } from 'pg';
import { copyOut } from '../../platform/copy.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { replaceFile } from '../../platform/replaceFile.ts';

// What users did, ratings and events alike, in the order in which they did it.
const logOf = (watchedAt: string) => `
  select user_id, movie_id::text as movie_id, interaction_type, rating, ${watchedAt} as watched_at
  from (
    select user_id, movie_id, 'rating' as interaction_type, rating, rated_at as watched_at, line::bigint as place from ratings
    union all
    select user_id, movie_id, interaction_type, rating, occurred_at, seq + 2147483647 from interactions
  ) log
  order by user_id, log.watched_at, place nulls first, log.movie_id`;
const AS_TEXT = `to_char(watched_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 5 },
  { name: 'user_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'movie_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'interaction_type', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'rating', type: 'FLOAT', repetition_type: 'OPTIONAL' },
  { name: 'watched_at', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' },
];
const COLUMNS = ['user_id', 'movie_id', 'interaction_type', 'rating', 'watched_at'] as const;
/** Rows that are in memory at a time. */
const GROUP_ROWS = 50_000;

interface LogRow {
  readonly user_id: string;
  readonly movie_id: string;
  readonly interaction_type: string;
  readonly rating: number | null;
  readonly watched_at: Date;
}

/**
 * Writes the watch log as of one moment, as CSV and as Parquet with the same rows and columns: user_id, movie_id, interaction_type, rating (none
 * where none was given), watched_at (UTC). Memory is one group of rows. @returns how many there are
 */
export const writeWatchLog = (pool: Pool, files: { csv: string; parquet: string }, signal: AbortSignal): Promise<number> =>
  withTransaction(pool, async (connection) => {
    await connection.query('set transaction isolation level repeatable read read only');
    const sql = `copy (${logOf(AS_TEXT)}) to stdout (format csv, header)`;
    const rows = await replaceFile(files.csv, (aside) => copyOut(connection, sql, createWriteStream(aside), signal));
    await replaceFile(files.parquet, (aside) => writeParquet(connection, aside, signal));
    return rows;
  });

async function writeParquet(connection: PoolClient, file: string, signal: AbortSignal): Promise<void> {
  const parquet = new ParquetWriter({ writer: fileWriter(file), schema: SCHEMA });
  await connection.query(`declare watch_log no scroll cursor for ${logOf('watched_at')}`);
  for (;;) {
    const { rows } = await connection.query<LogRow>(`fetch ${GROUP_ROWS} from watch_log`);
    signal.throwIfAborted();
    if (rows.length === 0) break;
    const columnData = COLUMNS.map((name) => ({ name, data: rows.map((row) => row[name]) }));
    await parquet.write({ columnData, rowGroupSize: GROUP_ROWS });
  }
  await parquet.finish();
}
