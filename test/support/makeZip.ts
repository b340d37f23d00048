import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
  /** What the archive says of it; its own where missing. */
  readonly crc?: number;
}

const numbers = (...fields: readonly [bytes: 2 | 4, value: number][]): Buffer =>
  Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );

/** A zip archive, byte by byte, so that a test can make one that no tool would: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, crc = crc32(content) } of entries) {
    const packed = deflateRawSync(content);
    const title = Buffer.from(name);
    const common = numbers([2, 20], [2, 0], [2, 8], [4, 0], [4, crc], [4, packed.length], [4, content.length], [2, title.length], [2, 0]);
    const file = Buffer.concat([numbers([4, 0x04034b50]), common, title, packed]);
    directory.push(numbers([4, 0x02014b50], [2, 20]), common, numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), title);
    files.push(file);
    offset += file.length;
  }
  const listing = Buffer.concat(directory);
  const count = entries.length;
  return Buffer.concat([
    ...files,
    listing,
    numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, listing.length], [4, offset], [2, 0]),
  ]);
}
