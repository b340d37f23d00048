import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import { decompress } from './codecs.ts';
import { oneLine } from '../oneLine.ts';

export interface MessageHeader {
  readonly name: string;
  readonly value: Buffer | null;
}

/** Messages that cannot be had, since their batch cannot be read. */
export interface UndecodableBatch {
  readonly firstOffset: string;
  readonly lastOffset: string;
  readonly reason: string;
  /** The batch as the broker keeps it, its header included */
  readonly bytes: Buffer;
}

/** A record as kafkajs hands it through its consumer: it looks at the offset, at `isControlRecord` and at `batchContext`. */
export interface FetchedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly MessageHeader[];
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
  /** Stands for a whole batch, at its last offset */
  readonly undecodable?: UndecodableBatch;
  /** Nothing can be read here, and where to go on is unknown */
  readonly failure?: string;
}

/** What one batch may take in memory, opened: its bytes, and what each record costs beside them. */
const MAX_BATCH_BYTES = 64 * 2 ** 20;
const RECORD_BYTES = 256;
/** When a fetch has opened to this, its further batches wait for the next fetch. */
const ENOUGH_BYTES = 16 * 2 ** 20;

const FRAME_BYTES = 12; // base offset and length
const HEADER_BYTES = 61;
const MAGIC_AT = 16;

/**
 * Reads the record batches of one partition of a fetch. A batch that cannot be read is one record that says so, at its last offset, and those
 * after it are read. What compaction took from the end of a batch is a control record, so that the consumer goes on behind it.
 * https://kafka.apache.org/documentation/#recordbatch
 * @param fetched where the fetch began, and the partition's high watermark
 */
export async function readRecordBatches(bytes: Buffer, fetched: { offset: string; highWatermark: bigint }): Promise<FetchedRecord[]> {
  const records: FetchedRecord[] = [];
  let opened = 0;
  for (let at = 0; at + MAGIC_AT < bytes.length && opened < ENOUGH_BYTES;) {
    const end = at + FRAME_BYTES + bytes.readInt32BE(at + 8);
    // A fetch ends with part of a batch where that no longer fitted; its first one is always whole.
    if (end <= at + MAGIC_AT || end > bytes.length) {
      if (records.length === 0)
        return [failureAt(fetched.offset, `the batch there is ${end - at} bytes long, and the broker sent ${bytes.length}`)];
      break;
    }
    const followedBy = end + FRAME_BYTES <= bytes.length ? bytes.readBigInt64BE(end) : undefined;
    const batch = await readBatch(bytes.subarray(at, end), { ...fetched, followedBy });
    for (const record of batch.records) records.push(record);
    opened += batch.openedBytes;
    at = end;
  }
  return records;
}

/** A record in the place of what the broker would not give, or gave in no known shape. */
export const failureAt = (offset: string, failure: string): FetchedRecord => ({ ...EMPTY, offset, failure });

const EMPTY = {
  timestamp: '0',
  key: null,
  value: null,
  headers: [],
  isControlRecord: false,
  batchContext: { producerId: '-1', inTransaction: false },
};

interface Fetched {
  readonly offset: string;
  readonly highWatermark: bigint;
  /** Base offset of the batch behind, where there is one */
  readonly followedBy: bigint | undefined;
}

async function readBatch(batch: Buffer, fetched: Fetched): Promise<{ records: FetchedRecord[]; openedBytes: number }> {
  try {
    assertIntact(batch);
    const header = readHeader(batch);
    if (header.count < 0 || header.count > MAX_BATCH_BYTES / RECORD_BYTES) throw new Error(`it says that it has ${header.count} records`);
    const opened = await decompress(header.codec, batch.subarray(HEADER_BYTES), MAX_BATCH_BYTES - header.count * RECORD_BYTES);
    const records = readRecords(opened, header);
    return { records: withEnd(records, header), openedBytes: opened.length + records.length * RECORD_BYTES };
  } catch (error) {
    return { records: [undecodable(batch, oneLine(error), fetched)], openedBytes: batch.length };
  }
}

function assertIntact(batch: Buffer) {
  const magic = batch.readInt8(MAGIC_AT);
  if (magic !== 2) throw new Error(`message format ${magic} is not read, 2 is`);
  if (batch.length < HEADER_BYTES) throw new Error('it is shorter than its header');
  // Over all from the attributes on.
  if (crc32C(batch.subarray(21)) !== batch.readUInt32BE(17)) throw new Error('its checksum is wrong');
}

type BatchHeader = ReturnType<typeof readHeader>;

function readHeader(batch: Buffer) {
  const attributes = batch.readInt16BE(21);
  const baseOffset = batch.readBigInt64BE(0);
  return {
    codec: attributes & 7,
    isAppendTime: (attributes & 8) !== 0,
    isControl: (attributes & 32) !== 0,
    context: { producerId: String(batch.readBigInt64BE(43)), inTransaction: (attributes & 16) !== 0 },
    baseOffset,
    lastOffset: baseOffset + BigInt(batch.readInt32BE(23)),
    baseTimestamp: batch.readBigInt64BE(27),
    maxTimestamp: batch.readBigInt64BE(35),
    count: batch.readInt32BE(57),
  };
}

function readRecords(bytes: Buffer, header: BatchHeader): FetchedRecord[] {
  const reader = createReader(bytes);
  const records: FetchedRecord[] = [];
  let earliest = header.baseOffset;
  for (let n = 0; n < header.count; n += 1) {
    const record = readRecord(createReader(reader.bytes(reader.varint())), header);
    const offset = BigInt(record.offset);
    if (offset < earliest || offset > header.lastOffset) throw new Error(`its record ${n} has offset ${offset}, outside of the batch`);
    earliest = offset + 1n;
    records.push(record);
  }
  if (reader.left() > 0) throw new Error(`${reader.left()} bytes follow its last record`);
  return records;
}

function readRecord(
  reader: Reader,
  { baseOffset, baseTimestamp, maxTimestamp, isAppendTime, isControl, context }: BatchHeader,
): FetchedRecord {
  reader.bytes(1); // attributes, of which none is in use
  const timestamp = baseTimestamp + reader.varlong();
  const offset = baseOffset + BigInt(reader.varint());
  const key = reader.bytesOrNull();
  const value = reader.bytesOrNull();
  const headers: MessageHeader[] = [];
  const headerCount = reader.varint();
  if (headerCount < 0) throw new Error(`a record has ${headerCount} headers`);
  for (let n = 0; n < headerCount; n += 1) {
    headers.push({ name: reader.bytes(reader.varint()).toString('utf8'), value: reader.bytesOrNull() });
  }
  if (reader.left() > 0) throw new Error('a record is longer than what is in it');
  return {
    offset: String(offset),
    timestamp: String(isAppendTime ? maxTimestamp : timestamp),
    key,
    value,
    headers,
    isControlRecord: isControl,
    batchContext: context,
  };
}

type Reader = ReturnType<typeof createReader>;

function createReader(buffer: Buffer) {
  let at = 0;
  function bytes(length: number): Buffer {
    if (length < 0 || at + length > buffer.length) throw new Error('a record is cut off');
    return buffer.subarray(at, (at += length));
  }
  function byte(): number {
    const value = buffer[at++];
    if (value === undefined) throw new Error('a record is cut off');
    return value;
  }
  /** Zigzag, base 128, the lowest bits first */
  function varint(): number {
    let raw = 0;
    for (let place = 1; ; place *= 128) {
      const next = byte();
      raw += (next & 0x7f) * place;
      if (next < 0x80) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
      if (place >= 2 ** 28) throw new Error('a number is too long');
    }
  }
  function varlong(): bigint {
    let raw = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const next = byte();
      raw |= BigInt(next & 0x7f) << shift;
      if (next < 0x80) return (raw >> 1n) ^ -(raw & 1n);
      if (shift >= 63n) throw new Error('a number is too long');
    }
  }
  return {
    bytes,
    varint,
    varlong,
    bytesOrNull(): Buffer | null {
      const length = varint();
      return length === -1 ? null : bytes(length);
    },
    left: () => buffer.length - at,
  };
}

/** A consumer takes the last record's offset for the batch's end; where that record is gone, it would ask for the same batch for ever. */
function withEnd(records: FetchedRecord[], { lastOffset, context }: BatchHeader): FetchedRecord[] {
  const offset = String(lastOffset);
  if (records.at(-1)?.offset === offset) return records;
  return [...records, { ...EMPTY, offset, isControlRecord: true, batchContext: context }];
}

function undecodable(bytes: Buffer, reason: string, fetched: Fetched): FetchedRecord {
  const firstOffset = bytes.readBigInt64BE(0);
  const lastOffset = String(lastOffsetOf(bytes, fetched));
  const batchContext = bytes.length < HEADER_BYTES || bytes.readInt8(MAGIC_AT) !== 2 ? EMPTY.batchContext : readHeader(bytes).context;
  return { ...EMPTY, offset: lastOffset, batchContext, undecodable: { firstOffset: String(firstOffset), lastOffset, reason, bytes } };
}

/**
 * A broken batch may be broken where it says how many offsets it has. Too few, and the same batch comes again from there; too many, and
 * messages behind it would be passed over, so that is never more than surely belongs to it.
 */
function lastOffsetOf(batch: Buffer, { offset, highWatermark, followedBy }: Fetched): bigint {
  const first = batch.readBigInt64BE(0);
  const least = first > BigInt(offset) ? first : BigInt(offset);
  const most = (followedBy ?? highWatermark) - 1n;
  if (batch.length < HEADER_BYTES || batch.readInt8(MAGIC_AT) !== 2) return least;
  const { lastOffset, baseOffset, count } = readHeader(batch);
  const isPlausible = lastOffset >= least && lastOffset <= most;
  if (followedBy === undefined) return isPlausible && lastOffset - baseOffset === BigInt(count - 1) ? lastOffset : least;
  return isPlausible ? lastOffset : most >= least ? most : least;
}
