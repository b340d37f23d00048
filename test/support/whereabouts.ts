import type { Client } from '@temporalio/client';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { entriesBelow } from '../../platform/entriesBelow.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import { readParquetRows } from '../../platform/parquet.ts';
import type { Pool } from '../../platform/postgres.ts';

export interface Places {
  readonly pool: Pool;
  readonly temporal: Client;
  readonly kafka: Kafka;
  /** Of blobs, raw and processed files, and state */
  readonly folder: string;
}

/** Every place in which a text stands, by raw means that know nothing of what lies there: each table's rows as text, each file's bytes (Parquet as rows), each topic, each history. */
export async function whereabouts({ pool, temporal, kafka, folder }: Places, text: string): Promise<string[]> {
  const found = [
    ...(await inTables(pool, text)),
    ...(await inFiles(folder, text)),
    ...(await inTopics(kafka, text)),
    ...(await inHistories(temporal, text)),
  ];
  return [...new Set(found)].sort();
}

async function inTables(pool: Pool, text: string): Promise<string[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name from pg_class c join pg_namespace n on n.oid = relnamespace
     where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query(`select from ${name} t where strpos(t::text, $1) > 0 limit 1`, [text]);
    if (rows.length > 0) found.push(`table ${name}`);
  }
  return found;
}

async function inFiles(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await entriesBelow(folder)) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = await readFile(file).catch(() => undefined); // it went meanwhile
    if (!bytes) continue;
    const said = file.endsWith('.parquet')
      ? JSON.stringify(await readParquetRows(bytes), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
      : '';
    if (bytes.includes(text) || said.includes(text))
      found.push(`file ${path.relative(folder, file).replaceAll(/[0-9a-f]{64}/g, '<digest>')}`);
  }
  return found;
}

async function inTopics({ browse }: Kafka, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, partitions } of await browse.topics()) {
    let from = new Map(partitions.map(({ partition, first }) => [partition, first]));
    while (from.size > 0) {
      const reads = await browse.read(name, from, 0);
      const messages = reads.flatMap((read) => read.messages);
      if (
        messages.some(({ key, value, headers }) =>
          [key, value, ...headers.map((header) => header.value)].some((part) => part?.includes(text)),
        )
      )
        found.push(`topic ${name}`);
      from = new Map(reads.flatMap(({ partition, next, isAtEnd }) => (isAtEnd ? [] : [[partition, next] as const])));
    }
  }
  return found;
}

async function inHistories(temporal: Client, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { workflowId, runId } of temporal.workflow.list()) {
    const history = await temporal.workflow
      .getHandle(workflowId, runId)
      .fetchHistory()
      .catch(() => undefined); // deleted, and listed for a moment more
    if (history && textsIn(history).some((part) => part.includes(text))) found.push(`history ${workflowId}`);
  }
  return found;
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
