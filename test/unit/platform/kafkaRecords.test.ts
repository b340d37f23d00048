import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import lz4 from 'lz4-napi';
import { gzipSync } from 'node:zlib';
import snappy from 'snappyjs';
import { readRecordBatches } from '../../../platform/kafka/records.ts';
import { HOSTILE_BATCHES, RECORDED_BATCHES, RECORDED_BLOCKS } from '../../hostile/kafkaMessages.ts';
import { makeBatch, makeRecord } from '../../support/recordBatch.ts';

const read = (bytes: Buffer, offset = '0', highWatermark = 1_000n) => readRecordBatches(bytes, { offset, highWatermark });
const good = (baseOffset: bigint) => makeBatch({ baseOffset, payload: makeRecord({ value: Buffer.from(`good ${baseOffset}`) }) });

describe('a batch as a client wrote it is read: its keys, values and headers byte for byte', () => {
  const named = (headers: readonly { name: string; value: Buffer | null }[]) =>
    headers.map(({ name, value }) => [name, value && [...value]]);
  const json = (n: number) => `{"n":${n},"text":"${'abcdefgh'.repeat(20)}"}`;
  test.each(Object.entries(RECORDED_BATCHES))('%s', async (name, base64) => {
    const records = await read(Buffer.from(base64, 'base64'));
    const last = name.startsWith('kafka-python') ? [] : null;
    expect(records.map(({ key, value, timestamp }) => [key && String(key), value && String(value), timestamp])).toEqual([
      ['key-0', json(0), '1795800000000'],
      [null, json(1), '1795800000001'],
      ['key-2', null, '1795800000002'],
    ]);
    for (const { headers } of records) expect(named(headers)).toEqual([['x', [49]], ['y', [255, 0]], ['x', last]]); // prettier-ignore
    const [first] = records;
    expect(records.map(({ offset }) => Number(offset) - Number(first?.offset))).toEqual([0, 1, 2]);
  });

  test.each(Object.entries(RECORDED_BLOCKS))('several blocks of %s', async (_codec, base64) => {
    const [record] = await read(Buffer.from(base64, 'base64'));
    expect(String(record?.value) === 'abcdefgh'.repeat(50_000)).toBe(true);
  });

  /** Each block after its length, in pieces of 50 bytes. */
  const xerial = (bytes: Buffer) => {
    const parts = [Buffer.from('82534e41505059000000000100000001', 'hex')];
    for (let at = 0; at < bytes.length; at += 50) {
      const block = snappy.compress(bytes.subarray(at, at + 50));
      parts.push(Buffer.from(Uint32Array.of(block.length).buffer).swap32(), Buffer.from(block));
    }
    return Buffer.concat(parts);
  };
  test.each<[string, number, (bytes: Buffer) => Buffer]>([
    ['none', 0, (bytes) => bytes],
    ['gzip', 1, (bytes) => gzipSync(bytes)],
    ['raw snappy', 2, (bytes) => Buffer.from(snappy.compress(bytes))],
    ['snappy in the framing of Java', 2, xerial],
    ['lz4', 3, (bytes) => lz4.compressFrameSync(bytes)],
  ])('whatever the value is: %s', async (_name, codec, compress) => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), async (bytes) => {
        const value = Buffer.from(bytes);
        const [record] = await read(makeBatch({ codec, payload: compress(makeRecord({ value })) }));
        expect(record?.value).toEqual(value);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a batch that cannot be read is set aside with its offsets, its bytes and the reason, and those around it are read', () => {
  test.each(HOSTILE_BATCHES)('$name', async ({ bytes, reason }) => {
    const hostile = bytes();
    hostile.writeBigInt64BE(1n, 0); // outside of the checksum
    const [before, aside, after] = await read(Buffer.concat([good(0n), hostile, good(2n)]));
    expect([String(before?.value), String(after?.value)]).toEqual(['good 0', 'good 2']);
    expect(aside).toMatchObject({ offset: '1', undecodable: { firstOffset: '1', lastOffset: '1', reason: expect.stringMatching(reason) } });
    expect(aside?.undecodable?.bytes.equals(hostile)).toBe(true);
    expect(aside?.undecodable?.reason).not.toMatch(/\n/);
  });

  test('the last of a fetch, whose number of offsets is broken, takes none with it that may follow', async () => {
    const hostile = makeBatch({ baseOffset: 5n, payload: makeRecord({ value: Buffer.from('x') }) });
    hostile.writeInt32BE(300, 23);
    expect(await read(hostile, '5')).toMatchObject([{ offset: '5', undecodable: { firstOffset: '5', lastOffset: '5' } }]);
  });

  test('any one byte changed is never read as something else', async () => {
    const original = Buffer.from(RECORDED_BATCHES['java gzip'] ?? '', 'base64');
    for (let at = 21; at < original.length; at += 1) {
      const changed = Buffer.from(original);
      changed.writeUInt8(changed.readUInt8(at) ^ 0x55, at);
      const [record] = await read(changed);
      expect(record?.undecodable?.reason).toMatch(/checksum/);
    }
  });
});

test('where the end of a batch was compacted away, there is a control record at it', async () => {
  const compacted = makeBatch({ payload: makeRecord({ value: Buffer.from('left') }), offsets: 4 });
  const empty = makeBatch({ baseOffset: 4n, payload: Buffer.alloc(0), count: 0, offsets: 3 });
  const records = await read(Buffer.concat([compacted, empty]));
  expect(records.map(({ offset, isControlRecord }) => [offset, isControlRecord])).toEqual([
    ['0', false],
    ['3', true],
    ['6', true],
  ]);
});

test('the part of a batch with which a fetch ends is left for the next fetch', async () => {
  const records = await read(Buffer.concat([good(0n), good(1n).subarray(0, 40)]));
  expect(records.map(({ offset }) => offset)).toEqual(['0']);
});

test('a fetch that opens to much is read in parts', async () => {
  const large = (baseOffset: bigint) =>
    makeBatch({ baseOffset, codec: 1, payload: gzipSync(makeRecord({ value: Buffer.alloc(9 * 2 ** 20) })) });
  const records = await read(Buffer.concat([large(0n), large(1n), large(2n)]));
  expect(records.map(({ offset }) => offset)).toEqual(['0', '1']);
});

test('a batch of more records than anybody sends is read too', async () => {
  const count = 130_000; // more than a call takes arguments
  const payload = Buffer.concat(Array.from({ length: count }, (_, offsetDelta) => makeRecord({ value: Buffer.from('{}'), offsetDelta })));
  expect(await read(makeBatch({ payload, count, offsets: count }))).toHaveLength(count);
});
