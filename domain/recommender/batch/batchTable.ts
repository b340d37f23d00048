import type { SchemaElement } from 'hyparquet';
import { z } from 'zod';
import { readParquetRows, writeParquet } from '../../../platform/parquet.ts';

/** One recommendation to one user. */
const batchRowSchema = z.object({ user_id: z.string(), rank: z.number(), movie_id: z.string(), score: z.number(), model: z.string() });
export type BatchRow = z.infer<typeof batchRowSchema>;

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 5 },
  { name: 'user_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'rank', type: 'INT32', repetition_type: 'REQUIRED' },
  { name: 'movie_id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'score', type: 'FLOAT', repetition_type: 'REQUIRED' },
  { name: 'model', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
];

/** Part of the table as Parquet: rows of one user stand together, best first. `model` is the one that answered this user. */
export function writeBatchPart(rows: readonly BatchRow[]): Promise<Uint8Array> {
  const names = SCHEMA.slice(1).map(({ name }) => name as keyof BatchRow);
  const group = (from: number, to: number) => Object.fromEntries(names.map((name) => [name, rows.slice(from, to).map((row) => row[name])]));
  return writeParquet('a part of the table', { schema: SCHEMA, length: rows.length, group });
}

export const readBatchPart = async (file: Uint8Array): Promise<BatchRow[]> => z.array(batchRowSchema).parse(await readParquetRows(file));
