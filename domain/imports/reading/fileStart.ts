import { open } from 'node:fs/promises';

const LOOKED_AT_BYTES = 4096;

export async function readStart(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LOOKED_AT_BYTES), 0, LOOKED_AT_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

const unpack = (by: string) => `it is packed by ${by}; unpack it first`;
/** What files begin with that hold others, and what is said of them. */
const PACKED: readonly (readonly [start: string, said: string])[] = [
  ['\x1f\x8b', unpack('gzip')],
  ['PK\x03\x04', 'it is a zip, or a workbook of Excel; unpack it, or save its sheet as CSV'],
  ['\x28\xb5\x2f\xfd', unpack('Zstandard')],
  ['\xfd7zXZ\0', unpack('xz')],
  ['7z\xbc\xaf\x27\x1c', unpack('7-Zip')],
  ['\xd0\xcf\x11\xe0', 'it is a workbook of Excel; save its sheet as CSV'],
];

/** @returns what is said of a file that is packed, by how it begins; null of any other */
export function packedFault(start: Buffer): string | null {
  const text = start.toString('latin1');
  if (/^BZh[1-9]1AY&SY/.test(text)) return unpack('bzip2');
  return PACKED.find(([begin]) => text.startsWith(begin))?.[1] ?? null;
}

const UTF16_MARKS = ['\xff\xfe', '\xfe\xff'];
/** More of these in text would be strange; 0x01 separates fields of some logs, and text in ISO-2022 has 0x1b. */
const MOST_CONTROLS = 0.1;
/** Of UTF-16 each letter of ASCII has one byte that is 0, on the same side always; other letters have none. */
const UTF16_ZEROS = { least: 0.3, mostOnOtherSide: 0.02 };

/** @returns what is said of a file that is no text in an encoding that is read, by how it begins; null of text and of Parquet */
export function textFault(start: Buffer): string | null {
  if (start.toString('latin1', 0, 4) === 'PAR1') return null;
  if (UTF16_MARKS.includes(start.toString('latin1', 0, 2)) || isUtf16(start)) return 'it is in UTF-16; save it as UTF-8';
  const controls = start.filter((byte) => byte < 0x09 && byte !== 0x01).length;
  return controls > MOST_CONTROLS * start.length ? 'it is no text' : null;
}

function isUtf16(start: Buffer): boolean {
  const [even, odd] = [0, 1].map((side) => start.filter((byte, at) => byte === 0 && at % 2 === side).length / (start.length / 2));
  const [least, most] = [Math.min(even!, odd!), Math.max(even!, odd!)];
  return most >= UTF16_ZEROS.least && least <= UTF16_ZEROS.mostOnOtherSide;
}
