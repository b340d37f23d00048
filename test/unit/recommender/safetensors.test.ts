import { describe, expect, test } from '@jest/globals';
import { decodeSafetensors, encodeSafetensors } from '../../../domain/recommender/safetensors.ts';

const tensors = { table: { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) }, bias: { shape: [1], values: Float32Array.of(0.5) } };

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
});
