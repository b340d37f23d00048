import { describe, expect, test } from '@jest/globals';
import { decodeSafetensors, decodeSealed, encodeSafetensors, encodeSealed } from '../../../domain/recommender/numeric/safetensors.ts';

const tensors = { table: { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) }, bias: { shape: [1], values: Float32Array.of(0.5) } };

/** A file with this header, whatever it says. */
function forge(header: string, dataBytes: number, headerLength = BigInt(Buffer.byteLength(header))): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerLength);
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(dataBytes)]);
}
const F32 = (from: number, to: number, shape = [(to - from) / 4]) => ({ dtype: 'F32', shape, data_offsets: [from, to] });

describe('safetensors', () => {
  test('are read as written, from any place in memory', () => {
    const file = encodeSafetensors(tensors, { epoch: '3' });
    const shifted = new Uint8Array([9, 9, 9, ...file]).subarray(3);
    expect(decodeSafetensors(shifted)).toEqual({ tensors, metadata: { epoch: '3' } });
  });

  test('follow the format: length, JSON header, then data at the offsets it names', () => {
    const file = encodeSafetensors(tensors);
    const headerLength = Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = JSON.parse(Buffer.from(file.subarray(8, 8 + headerLength)).toString()) as Record<string, unknown>;
    expect(headerLength % 8).toBe(0);
    expect(header['bias']).toEqual({ dtype: 'F32', shape: [1], data_offsets: [16, 20] });
    expect(file.length).toBe(8 + headerLength + 20);
  });

  test('that are cut short are refused', () => {
    const file = encodeSafetensors(tensors);
    expect(() => decodeSafetensors(file.subarray(0, file.length - 2))).toThrow('bias is cut short');
  });

  test.each<[string, Uint8Array, string | RegExp]>([
    ['of no bytes', new Uint8Array(), 'a file of 0 bytes has no header'],
    ['of seven bytes', new Uint8Array(7), 'a file of 7 bytes has no header'],
    ['whose header is longer than the file', forge('{}', 8, 40n), 'its header is to have 40 bytes, and the file has 18'],
    ['whose header is longer than any', forge('{}', 8, 2n ** 40n), 'its header is to have 1099511627776 bytes; 100000000 are the most'],
    ['whose header length is 2^63', forge('{}', 8, 2n ** 63n), 'its header is to have 9223372036854776000 bytes'],
    [
      'with a million dimensions',
      forge(JSON.stringify({ a: F32(0, 4, Array<number>(1_000_000).fill(1)) }), 4),
      /^its header is wrong at a\.shape: /,
    ],
    [
      'with 10^9 in each of eight dimensions',
      forge(JSON.stringify({ a: F32(0, 4, Array<number>(8).fill(1e9)) }), 4),
      'tensor a has 4 bytes',
    ],
    [
      'with a hundred thousand wrong tensors',
      forge(JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`t${at}`, {}]))), 4),
      /^its header is wrong at t0\.dtype: .{1,400}$/,
    ],
    ['whose header length is the largest there is', forge('{}', 8, 2n ** 64n - 1n), 'its header is to have'],
    ['whose header is no JSON', forge('{"a":', 0), /JSON/],
    ['whose header is a list', forge('[]', 0), /expected object/],
    ['whose header is null', forge('null', 0), /expected object/],
    ['of another type', forge(JSON.stringify({ a: { ...F32(0, 4), dtype: 'F64' } }), 4), 'F32'],
    [
      'whose tensors overlap',
      forge(JSON.stringify({ a: F32(0, 8), b: F32(4, 12) }), 12),
      'tensor b begins at byte 4, and the one before it ends at 8',
    ],
    ['whose tensors leave a hole', forge(JSON.stringify({ a: F32(0, 4), b: F32(8, 12) }), 12), 'tensor b begins at byte 8'],
    ['whose tensor begins after its end', forge(JSON.stringify({ a: F32(0, 8), b: F32(8, 4, [1]) }), 8), 'tensor b has -4 bytes'],
    ['whose tensor has a negative size', forge(JSON.stringify({ a: F32(0, 8, [-2, -1]) }), 8), /shape/],
    ['whose shape is more than a number holds', forge(JSON.stringify({ a: F32(0, 8, [2 ** 40, 2 ** 40]) }), 8), 'tensor a has 8 bytes'],
    ['whose offsets are fractions', forge('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.5]}}', 8), /data_offsets/],
    ['with bytes that no tensor has', forge(JSON.stringify({ a: F32(0, 4) }), 12), 'there are 8 bytes after the last tensor'],
    ['with a tensor named __proto__', forge(`{"__proto__":${JSON.stringify(F32(0, 4))}}`, 4), 'no tensor may be named __proto__'],
  ])('%s are refused', (_, file, words) => {
    expect(() => decodeSafetensors(file)).toThrow(words);
  });

  test('with a seal are read as written, and no byte of them can change unseen', () => {
    const file = encodeSealed(tensors, { epoch: '3', names: 'a,"b"' });
    expect(decodeSealed(file)).toEqual({ tensors, metadata: { epoch: '3', names: 'a,"b"' } });
    for (let at = 0; at < file.length; at += 1) {
      const changed = file.slice();
      changed[at]! ^= 1;
      // A byte of padding, or of a header that says the same, may change: what is read is what was written then.
      let read;
      try {
        read = decodeSealed(changed);
      } catch {
        continue;
      }
      expect(read).toEqual({ tensors, metadata: { epoch: '3', names: 'a,"b"' } });
    }
    expect(() => decodeSealed(encodeSafetensors(tensors))).toThrow('was written with none');
  });
});
