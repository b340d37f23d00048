import { z } from 'zod';

/** Named arrays with their shapes. */
export type Tensors = Readonly<Record<string, Tensor>>;
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const LENGTH_BYTES = 8;
const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).default({}) })
  .catchall(z.object({ dtype: z.literal('F32'), shape: z.array(z.number().int()), data_offsets: z.tuple([z.number(), z.number()]) }));

/**
 * The safetensors format (https://github.com/huggingface/safetensors#format), which Python opens too. Float32 alone.
 * The same tensors give the same bytes.
 */
export function encodeSafetensors(tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += values.byteLength)] };
  }
  const json = JSON.stringify(header);
  // Data starts at a multiple of 8, as the format asks.
  const headerBytes = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)));
  const start = LENGTH_BYTES + headerBytes.length;
  const file = new Uint8Array(start + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes.length), true);
  file.set(headerBytes, LENGTH_BYTES);
  let offset = start;
  for (const { values } of Object.values(tensors)) {
    file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return file;
}

/** Copies, so that the file's memory can go. @throws Error where the file is not one of ours, whole */
export function decodeSafetensors(file: Uint8Array): { tensors: Tensors; metadata: Readonly<Record<string, string>> } {
  const headerLength = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const start = LENGTH_BYTES + headerLength;
  const { __metadata__: metadata, ...entries } = headerSchema.parse(JSON.parse(Buffer.from(file.subarray(LENGTH_BYTES, start)).toString()));
  const tensors: Record<string, Tensor> = {};
  for (const [name, { shape, data_offsets }] of Object.entries(entries)) {
    const bytes = file.slice(start + data_offsets[0], start + data_offsets[1]);
    if (bytes.byteLength !== data_offsets[1] - data_offsets[0]) throw new Error(`tensor ${name} is cut short`);
    tensors[name] = { shape, values: new Float32Array(Uint8Array.from(bytes).buffer) };
  }
  return { tensors, metadata };
}
