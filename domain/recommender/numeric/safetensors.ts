import { createHash } from 'node:crypto';
import { z } from 'zod';
import { clip } from '../../../contracts/bounded.ts';
import { FAULTS } from '../../../contracts/sizes.ts';

/** Named arrays with their shapes. */
export type Tensors = Readonly<Record<string, Tensor>>;
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

type Metadata = Readonly<Record<string, string>>;

const LENGTH_BYTES = 8;
/** As the format's own reader bounds it. */
const HEADER_BYTES = 100_000_000;
/** Twice as many as any weight of ours has; words about a shape name them all. */
const DIMENSIONS = 8;
/** The one is the format's own, the other is no key that objects keep. */
const NO_NAMES = ['__metadata__', '__proto__'];
const count = z.number().int().min(0);
const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).default({}) })
  .catchall(z.object({ dtype: z.literal('F32'), shape: z.array(count).max(DIMENSIONS), data_offsets: z.tuple([count, count]) }));

/**
 * The safetensors format (https://github.com/huggingface/safetensors#format), which Python opens too. Float32 alone.
 * The same tensors give the same bytes.
 */
export function encodeSafetensors(tensors: Tensors, metadata: Metadata = {}): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    if (NO_NAMES.includes(name)) throw new Error(`no tensor may be named ${name}`);
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
    file.set(bytesOf(values), offset);
    offset += values.byteLength;
  }
  return file;
}

/** Copies, so that the file's memory can go. @throws Error where the file is not one of ours, whole */
export function decodeSafetensors(file: Uint8Array): { tensors: Tensors; metadata: Metadata } {
  const { header, data } = splitFile(file);
  const { __metadata__: metadata, ...entries } = readHeader(header);
  const tensors: Record<string, Tensor> = {};
  let end = 0;
  for (const [name, { shape, data_offsets }] of Object.entries(entries).sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0])) {
    const [from, to] = data_offsets;
    if (from !== end) throw new Error(`tensor ${name} begins at byte ${from}, and the one before it ends at ${end}`);
    if (to > data.byteLength) throw new Error(`tensor ${name} is cut short`);
    if (shape.reduce((product, size) => product * size, 4) !== to - from)
      throw new Error(`tensor ${name} has ${to - from} bytes, which are not ${shape.join(' × ')} numbers`);
    tensors[name] = { shape, values: new Float32Array(Uint8Array.from(data.subarray(from, to)).buffer) };
    end = to;
  }
  if (end !== data.byteLength) throw new Error(`there are ${data.byteLength - end} bytes after the last tensor`);
  return { tensors, metadata };
}

/** With a digest of all that is in it, for a file that nothing else vouches for. */
export const encodeSealed = (tensors: Tensors, metadata: Metadata = {}): Uint8Array =>
  encodeSafetensors(tensors, { ...metadata, sha256: digestOf(tensors, metadata) });

/** @throws Error where the file is not one of `encodeSealed`, whole and unchanged */
export function decodeSealed(file: Uint8Array): { tensors: Tensors; metadata: Metadata } {
  const { tensors, metadata } = decodeSafetensors(file);
  const { sha256, ...told } = metadata;
  const found = digestOf(tensors, told);
  if (found !== sha256) throw new Error(`its content has the sha256 ${found}, and was written with ${sha256 ?? 'none'}`);
  return { tensors, metadata: told };
}

/** How many numbers a file holds, all its tensors together. */
export const countNumbers = (file: Uint8Array): number => splitFile(file).data.byteLength / Float32Array.BYTES_PER_ELEMENT;

/** @throws Error that names the first thing that is wrong: a forged header may have a million */
function readHeader(header: unknown): z.output<typeof headerSchema> {
  const { data, error } = headerSchema.safeParse(header);
  if (data) return data;
  const { path, message } = error.issues[0]!;
  throw new Error(clip(`its header is wrong at ${path.join('.') || 'its root'}: ${message}`, FAULTS.messageCharacters));
}

function splitFile(file: Uint8Array): { header: unknown; data: Uint8Array } {
  if (file.byteLength < LENGTH_BYTES) throw new Error(`a file of ${file.byteLength} bytes has no header`);
  const headerLength = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (headerLength > HEADER_BYTES) throw new Error(`its header is to have ${headerLength} bytes; ${HEADER_BYTES} are the most`);
  const start = LENGTH_BYTES + headerLength;
  if (start > file.byteLength) throw new Error(`its header is to have ${headerLength} bytes, and the file has ${file.byteLength}`);
  const header: unknown = JSON.parse(Buffer.from(file.subarray(LENGTH_BYTES, start)).toString());
  // The schema would pass it over, and an object cannot hold it by assignment.
  if (Object.hasOwn(Object(header) as object, '__proto__')) throw new Error('no tensor may be named __proto__');
  return { header, data: file.subarray(start) };
}

function digestOf(tensors: Tensors, metadata: Metadata): string {
  const hash = createHash('sha256').update(JSON.stringify([metadata, Object.entries(tensors).map(([name, { shape }]) => [name, shape])]));
  for (const { values } of Object.values(tensors)) hash.update(bytesOf(values));
  return hash.digest('hex');
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);
