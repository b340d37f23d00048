import { gzipSync } from 'node:zlib';
import { makeBatch, makeRecord } from '../support/recordBatch.ts';

/**
 * One record batch of each codec as three clients wrote it (kafka-clients 4.3.1, kafka-python 3.0.12, librdkafka by confluent-kafka 2), taken from a
 * broker's log, base64. Each holds three records: `{"n":0,…}` under `key-0`, `{"n":1,…}` without a key, no value under `key-2`; each with the headers
 * x=1, y=ff 00 and x=null (empty in kafka-python, which sends no null).
 */
// prettier-ignore
export const RECORDED_BATCHES: Readonly<Record<string, string>> = {
  'java none': 'AAAAAAAAAAcAAAHaAAAAAAJgaOZ9AAAAAAACAAABoh4FZgAAAAGiHgVmAgAAAAAAAAAVAAAAAAAAAAAAA5IDAAAACmtleS0w4gJ7Im4iOjAsInRleHQiOiJhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoIn0GAngCMQJ5BP8AAngBiAMAAgIB4gJ7Im4iOjEsInRleHQiOiJhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoIn0GAngCMQJ5BP8AAngBLgAEBAprZXktMgEGAngCMQJ5BP8AAngB',
  'java gzip': 'AAAAAAAAAAcAAACRAAAAAALqec9pAAEAAAACAAABoh4FZgAAAAGiHgVmAgAAAAAAAAAWAAAAAAAAAAAAAx+LCAAAAAAAAP+bxMzAwMCVnVqpa/CIqVopT8nKQEepJLWiRMlKKTEpOSU1LT1jsNJKtWxMFUyGTJUs/xmYKhg7mBmYmBihvjAcqr7QY2BhAceHESOKOAA+DjlsqQEAAA==',
  'java snappy': 'AAAAAAAAAAcAAACwAAAAAAKUEL0MAAIAAAACAAABoh4FZgAAAAGiHgVmAgAAAAAAAAAXAAAAAAAAAAAAA4JTTkFQUFkAAAAAAQAAAAEAAABrqQOQkgMAAAAKa2V5LTDiAnsibiI6MCwidGV4dCI6ImFiY2RlZmdoYf4IAP4IAFoIAFAifQYCeAIxAnkE/wACeAGIAwACAgENxgAx/sYA/sYA3sYADC4ABAQlkDgyAQYCeAIxAnkE/wACeAE=',
  'java lz4': 'AAAAAAAAAAcAAACZAAAAAALz6tOCAAMAAAACAAABoh4FZgAAAAGiHgVmAgAAAAAAAAAYAAAAAAAAAAAAAwQiTRhgQIJZAAAA/xWSAwAAAAprZXktMOICeyJuIjowLCJ0ZXh0IjoiYWJjZGVmZ2gIAIXzBiJ9BgJ4AjECeQT/AAJ4AYgDAAICAcYAHzHGAKVBLgAEBJABJDIB3gBQ/wACeAEAAAAA',
  'java zstd': 'AAAAAAAAAAcAAACQAAAAAALzZZfdAAQAAAACAAABoh4FZgAAAAGiHgVmAgAAAAAAAAAZAAAAAAAAAAAAAyi1L/0AWJwCAAQEkgMAAAAKa2V5LTDiAnsibiI6MCwidGV4dCI6ImFiY2RlZmdoIn0GAngCMQJ5BP8AAngBiAMAAgIBMS4ABAQyAQUAYTs8uS6qAb2TJmOsjCpPAQAA',
  'kafka-python none': 'AAAAAAAAAAMAAAHaAAAAAAK7LVuyAAAAAAACAAABoh4FZgAAAAGiHgVmAgAAAAAAAAAQAAAAAAAAAAAAA5IDAAAACmtleS0w4gJ7Im4iOjAsInRleHQiOiJhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoIn0GAngCMQJ5BP8AAngAiAMAAgIB4gJ7Im4iOjEsInRleHQiOiJhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoIn0GAngCMQJ5BP8AAngALgAEBAprZXktMgEGAngCMQJ5BP8AAngA',
  'kafka-python gzip': 'AAAAAAAAAAMAAACRAAAAAAIKKVTdAAEAAAACAAABoh4FZgAAAAGiHgVmAgAAAAAAAAARAAAAAAAAAAAAAx+LCACqJAtrAv+bxMzAwMCVnVqpa/CIqVopT8nKQEepJLWiRMlKKTEpOSU1LT1jsNJKtWxMFUyGTJUs/xmYKhg6mBmYmBihvjAcqr7QY2BhAceHESOKOADCrK1JqQEAAA==',
  'kafka-python snappy': 'AAAAAAAAAAMAAACwAAAAAAKbFe2EAAIAAAACAAABoh4FZgAAAAGiHgVmAgAAAAAAAAASAAAAAAAAAAAAA4JTTkFQUFkAAAAAAQAAAAEAAABrqQOQkgMAAAAKa2V5LTDiAnsibiI6MCwidGV4dCI6ImFiY2RlZmdoYf4IAP4IAFoIAFAifQYCeAIxAnkE/wACeACIAwACAgENxgAx/sYA/sYA3sYADC4ABAQlkDgyAQYCeAIxAnkE/wACeAA=',
  'kafka-python lz4': 'AAAAAAAAAAMAAAChAAAAAAL1CuCFAAMAAAACAAABoh4FZgAAAAGiHgVmAgAAAAAAAAATAAAAAAAAAAAAAwQiTRhoQKkBAAAAAAAAUlkAAAD/FZIDAAAACmtleS0w4gJ7Im4iOjAsInRleHQiOiJhYmNkZWZnaAgAhfMGIn0GAngCMQJ5BP8AAngAiAMAAgIBxgAfMcYApUEuAAQEkAEkMgHeAFD/AAJ4AAAAAAA=',
  'kafka-python zstd': 'AAAAAAAAAAMAAACOAAAAAAK0NW+CAAQAAAACAAABoh4FZgAAAAGiHgVmAgAAAAAAAAAUAAAAAAAAAAAAAyi1L/1gqQCdAgAEBJIDAAAACmtleS0w4gJ7Im4iOjAsInRleHQiOiJhYmNkZWZnaCJ9BgJ4AjECeQT/AAJ4AIgDAAICATEuAAQEMgEFAGE7PLkuqgG9kyZjrIwqTw==',
  'librdkafka none': 'AAAAAAAAAAMAAAHaAAAAAAL/w4W4AAAAAAACAAABoh4FZgAAAAGiHgVmAv//////////////////AAAAA5IDAAAACmtleS0w4gJ7Im4iOjAsInRleHQiOiJhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoIn0GAngCMQJ5BP8AAngBiAMAAgIB4gJ7Im4iOjEsInRleHQiOiJhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoYWJjZGVmZ2hhYmNkZWZnaGFiY2RlZmdoIn0GAngCMQJ5BP8AAngBLgAEBAprZXktMgEGAngCMQJ5BP8AAngB',
  'librdkafka gzip': 'AAAAAAAAAAMAAACRAAAAAAKtdjpiAAEAAAACAAABoh4FZgAAAAGiHgVmAv//////////////////AAAAAx+LCAAAAAAAAAObxMzAwMCVnVqpa/CIqVopT8nKQEepJLWiRMlKKTEpOSU1LT1jsNJKtWxMFUyGTJUs/xmYKhg7mBmYmBihvjAcqr7QY2BhAceHESOKOAA+DjlsqQEAAA==',
  'librdkafka snappy': 'AAAAAAAAAAMAAACcAAAAAAKg+fc6AAIAAAACAAABoh4FZgAAAAGiHgVmAv//////////////////AAAAA6kDkJIDAAAACmtleS0w4gJ7Im4iOjAsInRleHQiOiJhYmNkZWZnaGH+CAD+CABaCABQIn0GAngCMQJ5BP8AAngBiAMAAgIBDcYAMf7GAP7GAN7GAAwuAAQEJZA4MgEGAngCMQJ5BP8AAngB',
  'librdkafka lz4': 'AAAAAAAAAAMAAACZAAAAAAIF/TY3AAMAAAACAAABoh4FZgAAAAGiHgVmAv//////////////////AAAAAwQiTRhgQIJZAAAA/xWSAwAAAAprZXktMOICeyJuIjowLCJ0ZXh0IjoiYWJjZGVmZ2gIAIXzBiJ9BgJ4AjECeQT/AAJ4AYgDAAICAcYAHzHGAKVBLgAEBJABJDIB3gBQ/wACeAEAAAAA',
  'librdkafka zstd': 'AAAAAAAAAAMAAACNAAAAAALEEueKAAQAAAACAAABoh4FZgAAAAGiHgVmAv//////////////////AAAAAyi1L/0AWJ0CAAQEkgMAAAAKa2V5LTDiAnsibiI6MCwidGV4dCI6ImFiY2RlZmdoIn0GAngCMQJ5BP8AAngBiAMAAgIBMS4ABAQyAQUAYTs8uS6qAb2TJmOsjCpP',
};

/** A value of 400,000 bytes by kafka-clients: several blocks of each codec, base64. */
// prettier-ignore
export const RECORDED_BLOCKS: Readonly<Record<string, string>> = {
  'gzip': 'AAAAAAAAAAYAAAKvAAAAAALlyoloAAEAAAAAAAABmraX6AAAAAGatpfoAAAAAAAAAAAMAAAAAAADAAAAAR+LCAAAAAAAAP/txUkBwCAQBLCpIyz1oCADCehcFVXRX/LJrpbkWNXO6376O6Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt27Zt23+eD7oXR/yLGgYA',
  'lz4': 'AAAAAAAAAAYAAAb7AAAAAAK+FAkbAAMAAAAAAAABmraX6AAAAAGatpfoAAAAAAAAAAAOAAAAAAADAAAAAQQiTRhgQIIdAQAA/wOQ6jAAAAABgOowYWJjZGVmZ2gIAP/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////WUGJjZGVmEgEAAI9naGFiY2RlZggA/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////+BQYmNkZWYSAQAAj2doYWJjZGVmCAD/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////4FBiY2RlZhIBAACPZ2hhYmNkZWYIAP/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////gUGJjZGVmEgEAAI9naGFiY2RlZggA/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////+BQYmNkZWYSAQAAj2doYWJjZGVmCAD/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////4FBiY2RlZiwAAACPZ2hhYmNkZWYIAP//////////////////////////////////hVBlZmdoAAAAAAA=',
  'zstd': 'AAAAAAAAAAYAAAB7AAAAAALl8AfPAAQAAAAAAAABmraX6AAAAAGatpfoAAAAAAAAAAAPAAAAAAADAAAAASi1L/0AWNQAAJCQ6jAAAAABgOowYWJjZGVmZ2gBANb/l5cwTAAACGcBAPz/ORACTAAACGcBAPz/ORACTAAAEGcAAQCG2gMhAQAA',
};

interface HostileBatch {
  readonly name: string;
  /** As it would lie on the broker, at offset 0 */
  readonly bytes: () => Buffer;
  readonly reason: RegExp;
}

const RECORD = makeRecord({ value: Buffer.from('{"event_id":7}') });
const zeros = (bytes: number) => makeRecord({ value: Buffer.alloc(bytes) });
const flipped = (bytes: Buffer, at: number) => {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
};
/** One Zstandard frame with a window of 8 MiB: each block repeats a byte 128 KiB times. */
const zstdRepeats = (blocks: number) =>
  Buffer.concat([Buffer.from('28b52ffd0068', 'hex'), ...Array.from({ length: blocks }, (_, n) => zstdBlock(n === blocks - 1, 131_072))]);
const zstdBlock = (isLast: boolean, repeats: number) => {
  const header = (repeats << 3) | (repeats > 0 ? 2 : 0) | (isLast ? 1 : 0);
  return Buffer.from(
    repeats > 0 ? [header & 255, (header >> 8) & 255, header >> 16, 0] : [header & 255, (header >> 8) & 255, header >> 16],
  );
};
const zstdEmpties = (blocks: number) =>
  Buffer.concat([Buffer.from('28b52ffd0068', 'hex'), ...Array.from({ length: blocks }, (_, n) => zstdBlock(n === blocks - 1, 0))]);
/** One LZ4 frame with blocks of 4 MiB, each of which says that it opens to that. */
const lz4Blocks = (blocks: number) => {
  const block = Buffer.concat([Buffer.from([0x00, 0x48, 0, 0]), Buffer.alloc(0x4800, 255)]);
  return Buffer.concat([Buffer.from('04224d18607073', 'hex'), ...Array.from({ length: blocks }, () => block), Buffer.alloc(4)]);
};

/** Batches that no consumer can take, whatever is done with them. */
export const HOSTILE_BATCHES: readonly HostileBatch[] = [
  { name: 'a bit of its records flipped', bytes: () => flipped(makeBatch({ payload: RECORD }), 70), reason: /checksum/ },
  { name: 'a bit of its number of offsets flipped', bytes: () => flipped(makeBatch({ payload: RECORD }), 24), reason: /checksum/ },
  { name: 'a codec that nobody knows', bytes: () => makeBatch({ payload: RECORD, codec: 7 }), reason: /codec 7 is unknown/ },
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].slice(1).map((codec, n) => ({
    name: `noise that says it is ${codec}`,
    bytes: () => makeBatch({ payload: Buffer.from('ff00ff00aa55'.repeat(20), 'hex'), codec: n + 1 }),
    reason: /./,
  })),
  ...['gzip', 'snappy', 'lz4', 'zstd'].map((codec, n) => ({
    name: `nothing that says it is ${codec}`,
    bytes: () => makeBatch({ payload: Buffer.alloc(0), codec: n + 1 }),
    reason: /./,
  })),
  { name: 'message format 1', bytes: () => makeBatch({ payload: RECORD, magic: 1 }), reason: /message format 1/ },
  { name: 'a header and nothing else', bytes: () => makeBatch({ payload: Buffer.alloc(0), count: 1 }), reason: /cut off/ },
  { name: 'more records than bytes', bytes: () => makeBatch({ payload: RECORD, count: 2_000 }), reason: /cut off/ },
  { name: 'two thousand million records', bytes: () => makeBatch({ payload: RECORD, count: 2_000_000_000 }), reason: /2000000000 records/ },
  { name: 'less than no records', bytes: () => makeBatch({ payload: RECORD, count: -5 }), reason: /-5 records/ },
  {
    name: 'bytes behind its last record',
    bytes: () => makeBatch({ payload: Buffer.concat([RECORD, RECORD]), count: 1 }),
    reason: /follow/,
  },
  { name: 'a record longer than the batch', bytes: () => makeBatch({ payload: Buffer.from('feffffff0f00', 'hex') }), reason: /cut off/ },
  { name: 'a record of negative length', bytes: () => makeBatch({ payload: Buffer.from('0500', 'hex') }), reason: /cut off/ },
  { name: 'a number without an end', bytes: () => makeBatch({ payload: Buffer.alloc(40, 255) }), reason: /too long/ },
  {
    name: 'a record outside of its offsets',
    bytes: () => makeBatch({ payload: makeRecord({ value: Buffer.from('{}'), offsetDelta: 900 }) }),
    reason: /outside of the batch/,
  },
  {
    name: 'gzip that opens to 80 MB',
    bytes: () => makeBatch({ payload: gzipSync(zeros(80e6)), codec: 1 }),
    reason: /larger than|more than/,
  },
  {
    name: 'snappy that says it opens to 4 GB',
    bytes: () => makeBatch({ payload: Buffer.from('ffffffff0f00', 'hex'), codec: 2 }),
    reason: /./,
  },
  {
    name: 'snappy that says it opens to 100 MB',
    bytes: () => makeBatch({ payload: Buffer.from('80c2d72f00', 'hex'), codec: 2 }),
    reason: /too big/,
  },
  { name: 'lz4 that opens to 80 MB', bytes: () => makeBatch({ payload: lz4Blocks(20), codec: 3 }), reason: /more than/ },
  { name: 'zstd that opens to 1 GB', bytes: () => makeBatch({ payload: zstdRepeats(8_192), codec: 4 }), reason: /more than|too many/ },
  { name: 'zstd of 300,000 empty blocks', bytes: () => makeBatch({ payload: zstdEmpties(300_000), codec: 4 }), reason: /too many/ },
  {
    name: 'zstd with a window of 2 GB',
    bytes: () => makeBatch({ payload: Buffer.from('28b52ffd00a8010000', 'hex'), codec: 4 }),
    reason: /window/,
  },
];

interface HostileMessage {
  readonly name: string;
  readonly value: Buffer | null;
  readonly key?: Buffer;
}

const text = (value: string) => Buffer.from(value);

/** Messages in a readable batch that are no event. */
export const HOSTILE_MESSAGES: readonly HostileMessage[] = [
  { name: 'no value', value: null },
  { name: 'an empty value', value: text('') },
  { name: 'half of an object', value: text('{"event_id":') },
  { name: 'bytes that are no text', value: Buffer.from('ff00fe80', 'hex'), key: Buffer.from('ff00', 'hex') },
  { name: 'a list', value: text('[]') },
  { name: 'a null', value: text('null') },
  { name: 'an array in an array, 100,000 deep', value: text('['.repeat(100_000) + ']'.repeat(100_000)) },
  { name: 'a field that would change every object', value: text('{"__proto__":{"event_id":"x"}}') },
  { name: 'a reason of many lines', value: text('{\n\n\n"event_id": \u2028 nonsense\n}') },
  { name: 'a million spaces', value: text(' '.repeat(1_000_000)) },
];
