import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';

interface BatchParts {
  /** What stands behind the header: records, compressed as `codec` says */
  readonly payload: Buffer;
  readonly codec?: number;
  readonly baseOffset?: bigint;
  readonly count?: number;
  readonly offsets?: number;
  readonly magic?: number;
  readonly isControl?: boolean;
}

/** A record batch in Kafka's format 2, with a true checksum whatever is in it. */
export function makeBatch({
  payload,
  codec = 0,
  baseOffset = 0n,
  count = 1,
  offsets = 1,
  magic = 2,
  isControl = false,
}: BatchParts): Buffer {
  const batch = Buffer.alloc(61 + payload.length);
  batch.writeBigInt64BE(baseOffset, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(magic, 16);
  batch.writeInt16BE(codec | (isControl ? 32 : 0), 21);
  batch.writeInt32BE(offsets - 1, 23);
  batch.writeBigInt64BE(1_795_800_000_000n, 27);
  batch.writeBigInt64BE(1_795_800_000_000n, 35);
  batch.writeBigInt64BE(-1n, 43);
  batch.writeInt16BE(-1, 51);
  batch.writeInt32BE(-1, 53);
  batch.writeInt32BE(count, 57);
  payload.copy(batch, 61);
  batch.writeUInt32BE(crc32C(batch.subarray(21)), 17);
  return batch;
}

/** One record without a key and headers, its length before it. */
export function makeRecord({ value, offsetDelta = 0 }: { value: Buffer; offsetDelta?: number }): Buffer {
  const body = Buffer.concat([Buffer.from([0, 0]), varint(offsetDelta), varint(-1), varint(value.length), value, varint(0)]);
  return Buffer.concat([varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let raw = value >= 0 ? value * 2 : -value * 2 - 1;
  for (; raw >= 128; raw = Math.floor(raw / 128)) bytes.push((raw % 128) | 128);
  return Buffer.from([...bytes, raw]);
}
