import { makeData, RecordBatch, RecordBatchReader, Struct, type Data, type Schema } from 'apache-arrow';
import { OFFLINE_TABLE } from '../../../contracts/sizes.ts';
import { FeastFault } from '../faults.ts';
import { toArrowStream, type FlightData } from './flightData.ts';

/** A table that a client sent. */
export interface SentTable {
  readonly schema: Schema;
  readonly batches: readonly RecordBatch[];
  readonly rows: number;
}

/** Sends a table: its schema, then batches of at least one row. Each resolves when there is room for more. */
export interface TableWriter {
  readonly begin: (schema: Schema) => Promise<void>;
  readonly write: (batch: RecordBatch) => Promise<void>;
}

/** @throws FeastFault where it is none, or has too many rows */
export function readTable(messages: readonly FlightData[]): SentTable {
  const table = openTable(messages);
  if (table.rows > OFFLINE_TABLE.rows)
    throw FeastFault.ofValue(`${table.rows} rows are too many for one table; send at most ${OFFLINE_TABLE.rows}`);
  return table;
}

function openTable(messages: readonly FlightData[]): SentTable {
  try {
    const reader = RecordBatchReader.from(toArrowStream(messages)).open() as RecordBatchReader & Iterable<RecordBatch>;
    const schema = reader.schema as Schema | undefined; // which it forgets when it is through
    if (!schema) throw new Error('there is none');
    const batches = [...reader];
    return { schema, batches, rows: batches.reduce((rows, { numRows }) => rows + numRows, 0) };
  } catch (error) {
    throw FeastFault.ofValue(`The table cannot be read as Arrow's: ${(error as Error).message}`);
  }
}

/** @param columns as many as there are fields, each of `length` rows */
export function makeBatch(schema: Schema, length: number, columns: readonly Data[]): RecordBatch {
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, nullCount: 0, children: [...columns] }));
}
