import { permanent } from '../../../../contracts/failures.ts';
import { SIMD_MODULE } from './simdModule.ts';

/** The functions of `assembly/index.ts`, whose files say what they do and take. */
interface SimdFunctions {
  adamStep(weights: number, first: number, second: number, gradient: number, length: number, rate: number, decay: number): void;
  adamRows(
    table: number,
    first: number,
    second: number,
    width: number,
    gradients: number,
    rows: number,
    samples: number,
    count: number,
    rate: number,
    penalty: number,
  ): void;
  moveAverage(average: number, weights: number, length: number, share: number): void;
  drawMask(mask: number, length: number, threshold: number, kept: number, seed: number): void;
  gatherPairs(
    pairs: number,
    count: number,
    dim: number,
    left: number,
    right: number,
    weights: number,
    products: number,
    input: number,
  ): void;
  sumPairGradients(
    pairs: number,
    count: number,
    dim: number,
    left: number,
    right: number,
    weights: number,
    byProduct: number,
    byInput: number,
    toLeft: number,
    toRight: number,
    toWeights: number,
  ): void;
  rankRows(values: number, positions: number, groups: number, width: number, place: number, least: number, ranked: number): void;
  addRows(table: number, width: number, rows: number, count: number, sums: number): void;
  stepTowardsSolutions(
    rows: number,
    rowCount: number,
    starts: number,
    columns: number,
    penalties: number,
    table: number,
    gram: number,
    scratch: number,
    width: number,
    steps: number,
  ): number;
}

/** Lengths of arrays by name, or the arrays. */
export type Lengths = Readonly<Record<string, number>>;
export interface Simd<Floats, Ints> extends SimdFunctions {
  readonly floats: { readonly [Name in keyof Floats]: Float32Array<ArrayBuffer> };
  readonly ints: { readonly [Name in keyof Ints]: Int32Array<ArrayBuffer> };
}

/** What is used here of a global that TypeScript declares in its library for browsers alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

let compiled: object | undefined;

/**
 * WebAssembly with SIMD for loops that neither TensorFlow's operations nor JavaScript run fast. Its results are the same on every machine.
 * @param floats lengths of the float32 arrays to lay into its memory, by name, all zero at first
 * @param ints of the int32 arrays
 * @returns the functions, and the arrays; the pointer that a function takes is an array's `byteOffset`
 * @throws Failure `OutOfMemory` beyond the 4 GB that WebAssembly addresses
 */
export function openSimd<Floats extends Lengths, Ints extends Lengths>(floats: Floats, ints: Ints): Simd<Floats, Ints> {
  const bytes = bytesOf(floats, ints);
  const memory = createMemory(bytes);
  let end = 0;
  const layOut = <Names extends Lengths, ArrayType>(lengths: Names, create: (at: number, length: number) => ArrayType) =>
    Object.fromEntries(
      Object.entries(lengths).map(([name, length]) => {
        const at = end;
        end += sizeOf(length);
        return [name, create(at, length)];
      }),
    ) as { readonly [Name in keyof Names]: ArrayType };
  compiled ??= new WebAssembly.Module(Buffer.from(SIMD_MODULE, 'base64'));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  return {
    ...(exports as SimdFunctions),
    floats: layOut(floats, (at, length) => new Float32Array(memory.buffer, at, length)),
    ints: layOut(ints, (at, length) => new Int32Array(memory.buffer, at, length)),
  };
}

/** Whether WebAssembly can address so much. */
export const fitsSimd = (floats: Lengths, ints: Lengths): boolean => bytesOf(floats, ints) <= MAX_BYTES;

const bytesOf = (...lengths: readonly Lengths[]) =>
  lengths.flatMap((named) => Object.values(named)).reduce((sum, length) => sum + sizeOf(length), 0);

/** Vectors of `width` begin at multiples of 16 bytes. */
export const simdWidth = (length: number): number => 4 * Math.ceil(length / 4);

const sizeOf = (length: number) => 4 * simdWidth(length);

const PAGE_BYTES = 2 ** 16;
const MAX_BYTES = 2 ** 32;

function createMemory(bytes: number) {
  if (bytes > MAX_BYTES) {
    const asked = Math.ceil(bytes / 2 ** 20);
    throw permanent('OutOfMemory', `this takes ${asked} MB in one piece, of which there can be ${MAX_BYTES / 2 ** 20}`);
  }
  return new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
}
