import { isUtf8 } from 'node:buffer';
import { refused } from '../../contracts/failures.ts';

/** Datatypes of whole numbers. */
const INTEGER = /^(U?)INT(8|16|32|64)$/;
const LENGTH_BYTES = 4;

/** Reads the values of a tensor that names something: text, or whole numbers. Its words go behind the tensor's name. */
export interface IdReader {
  /** @throws Failure `invalid` for a value that is none of the datatype */
  fromJson(values: readonly unknown[]): (string | number)[];
  /** @throws Failure `invalid` where the bytes are not so many values */
  fromBytes(bytes: Buffer, count: number): (string | number)[];
}

/** @throws Failure `invalid` for a datatype that names nothing */
export function idReaderOf(name: string, datatype: string): IdReader {
  if (datatype === 'BYTES') return { fromJson: textsOf(name), fromBytes: textsIn(name) };
  const [, unsigned, bits] = INTEGER.exec(datatype) ?? [];
  if (bits === undefined) throw refused(`${name} is of ${datatype}; BYTES, INT8 to INT64 and UINT8 to UINT64 are taken`);
  return integerReader({ name, datatype, bits: Number(bits), isSigned: unsigned === '' });
}

const textsOf = (name: string) => (values: readonly unknown[]) =>
  values.map((value, at) => {
    if (typeof value !== 'string') throw refused(`${name} is of BYTES, and its element ${at} is no text`);
    return value;
  });

/** Each one is its length in bytes, in four bytes, and its bytes. */
const textsIn = (name: string) => (bytes: Buffer, count: number) => {
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const from = at + LENGTH_BYTES;
    const to = from <= bytes.length ? from + bytes.readUInt32LE(at) : Infinity;
    if (to > bytes.length) throw refused(`${name}: its element ${texts.length} is cut short`);
    if (texts.length === count) throw refused(`${name} has the shape of ${count} elements, and its bytes are of more`);
    const text = bytes.subarray(from, to);
    if (!isUtf8(text)) throw refused(`${name}: its element ${texts.length} is not UTF-8`);
    texts.push(text.toString());
    at = to;
  }
  if (texts.length < count) throw refused(`${name} has the shape of ${count} elements, and its bytes are of ${texts.length}`);
  return texts;
};

function integerReader({ name, datatype, bits, isSigned }: { name: string; datatype: string; bits: number; isSigned: boolean }): IdReader {
  const size = bits / 8;
  const least = isSigned ? Math.max(-(2 ** (bits - 1)), Number.MIN_SAFE_INTEGER) : 0;
  const most = Math.min(2 ** (isSigned ? bits - 1 : bits) - 1, Number.MAX_SAFE_INTEGER);
  const checked = (value: unknown, at: number): number => {
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    throw refused(`${name} is of ${datatype}, and its element ${at} is no whole number from ${least} to ${most}`);
  };
  const readAt = (bytes: Buffer, at: number): number => {
    if (size === 8) return Number(isSigned ? bytes.readBigInt64LE(at) : bytes.readBigUInt64LE(at));
    return isSigned ? bytes.readIntLE(at, size) : bytes.readUIntLE(at, size);
  };
  return {
    fromJson: (values) => values.map(checked),
    fromBytes(bytes, count) {
      if (bytes.length !== count * size) throw refused(`${name} has ${bytes.length} bytes, which are not ${count} elements of ${datatype}`);
      return Array.from({ length: count }, (_, at) => checked(readAt(bytes, at * size), at));
    },
  };
}
