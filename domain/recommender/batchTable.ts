import { parquetReadObjects, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { z } from 'zod';

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
export function writeBatchPart(rows: readonly BatchRow[]): Uint8Array {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({ writer, schema: SCHEMA });
  const names = SCHEMA.slice(1).map(({ name }) => name as keyof BatchRow);
  void parquet.write({ columnData: names.map((name) => ({ name, data: rows.map((row) => row[name]) })) });
  void parquet.finish();
  return writer.getBytes();
}

export async function readBatchPart(file: Uint8Array): Promise<BatchRow[]> {
  const slice = (start: number, end = file.byteLength) => new Uint8Array(file.subarray(start, end)).buffer;
  return z.array(batchRowSchema).parse(await parquetReadObjects({ file: { byteLength: file.byteLength, slice } }));
}
