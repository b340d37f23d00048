import { Decompress } from 'fzstd';
import { decompressFrame } from 'lz4-napi';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import snappy from 'snappyjs';

/** Kafka's numbers of codecs: the lowest three bits of a batch's attributes. */
const CODECS: Readonly<Record<number, (bytes: Buffer, maxBytes: number) => Buffer | Promise<Buffer>>> = {
  0: (bytes) => bytes,
  1: (bytes, maxOutputLength) => promisify(gunzip)(bytes, { maxOutputLength }),
  2: unsnappy,
  3: unlz4,
  4: unzstd,
};

/**
 * What a producer compressed, opened again.
 * @param codec Kafka's number of it
 * @throws when the codec is unknown, the bytes are not of it, or they would open to more than `maxBytes`
 */
export async function decompress(codec: number, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const open = CODECS[codec];
  if (!open) throw new Error(`compression codec ${codec} is unknown`);
  return open(bytes, maxBytes);
}

function assertFits(size: number, maxBytes: number) {
  if (size > maxBytes) throw new Error(`it would open to more than ${maxBytes} bytes`);
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** One raw block, as librdkafka and Go write it, or blocks in the framing of Java's `snappy-java` (xerial), each after its length. */
function unsnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return Buffer.from(snappy.uncompress(bytes, maxBytes));
  const blocks: Uint8Array[] = [];
  let opened = 0;
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (at + 4 + length > bytes.length) throw new Error('a Snappy block is cut off');
    const block = snappy.uncompress(bytes.subarray(at + 4, at + 4 + length), maxBytes - opened);
    blocks.push(block);
    opened += block.length;
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}

/** The library has no bound of its own, so the frame is measured first. https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md */
function unlz4(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  assertFits(mostOfLz4(bytes), maxBytes);
  return decompressFrame(bytes);
}

const LZ4_MAGIC = 0x184d2204;
/** No LZ4 byte stands for more. */
const LZ4_RATIO = 255;

/** @returns the most that frames can open to */
function mostOfLz4(bytes: Buffer): number {
  let most = 0;
  for (let at = 0; at < bytes.length;) {
    if (bytes.readUInt32LE(at) !== LZ4_MAGIC) throw new Error('it is no LZ4 frame');
    const flags = bytes.readUInt8(at + 4);
    const hasBlockChecksums = (flags & 0x10) !== 0;
    const blockBytes = 2 ** (8 + 2 * ((bytes.readUInt8(at + 5) >> 4) & 7));
    at += 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
    for (let size = bytes.readUInt32LE(at); size !== 0; size = bytes.readUInt32LE(at)) {
      const stored = size & 0x7fffffff;
      most += size === stored ? Math.min(blockBytes, LZ4_RATIO * stored) : stored;
      at += 4 + stored + (hasBlockChecksums ? 4 : 0);
    }
    at += 4 + (flags & 0x04 ? 4 : 0);
  }
  return most;
}

/** The library has no bound of its own, so the frame is measured first, and what it opens to is counted. */
function unzstd(bytes: Buffer, maxBytes: number): Buffer {
  assertZstdIsCheap(bytes, maxBytes);
  const blocks: Uint8Array[] = [];
  let opened = 0;
  const stream = new Decompress((block) => {
    opened += block.length;
    assertFits(opened, maxBytes);
    blocks.push(block);
  });
  stream.push(bytes, true);
  return Buffer.concat(blocks);
}

const ZSTD_MAGIC = 0xfd2fb528;
/** The library moves the whole window after each block. 64 MiB in a window of 8 MiB, the largest up to level 19, move half of this. */
const MAX_ZSTD_MOVED_BYTES = 8 * 2 ** 30;

/**
 * Without it a megabyte of empty blocks, or of tiny frames with large windows, keeps the process busy for hours. RFC 8878, 3.1.1.
 * @throws when a frame's window is too large, or its blocks are too many for it
 */
function assertZstdIsCheap(bytes: Buffer, maxWindowBytes: number) {
  let moved = 0;
  for (let at = 0; at < bytes.length;) {
    if (bytes.readUInt32LE(at) !== ZSTD_MAGIC) throw new Error('it is no Zstandard frame');
    const { window, headerBytes, hasChecksum } = readZstdHeader(bytes, at + 4);
    if (window > maxWindowBytes) throw new Error(`its Zstandard window of ${window} bytes is too large`);
    at += 4 + headerBytes;
    moved += window;
    for (let isLast = false; !isLast;) {
      const block = bytes.readUIntLE(at, 3);
      isLast = (block & 1) === 1;
      const isRepeated = ((block >> 1) & 3) === 1;
      at += 3 + (isRepeated ? 1 : block >> 3);
      moved += window;
      if (moved > MAX_ZSTD_MOVED_BYTES) throw new Error('its Zstandard blocks are too many');
    }
    at += hasChecksum ? 4 : 0;
  }
}

function readZstdHeader(bytes: Buffer, at: number): { window: number; headerBytes: number; hasChecksum: boolean } {
  const flags = bytes.readUInt8(at);
  const isSingle = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const sizeAt = at + 1 + (isSingle ? 0 : 1) + dictionaryBytes;
  const hasChecksum = (flags & 0x04) !== 0;
  const headerBytes = sizeAt + sizeBytes - at;
  if (!isSingle) {
    const descriptor = bytes.readUInt8(at + 1);
    const base = 2 ** (10 + (descriptor >> 3));
    return { window: base + (base / 8) * (descriptor & 7), headerBytes, hasChecksum };
  }
  const [low, high] =
    sizeBytes === 8 ? [bytes.readUInt32LE(sizeAt), bytes.readUInt32LE(sizeAt + 4)] : [bytes.readUIntLE(sizeAt, sizeBytes), 0];
  return { window: low + high * 2 ** 32 + (sizeBytes === 2 ? 256 : 0), headerBytes, hasChecksum };
}
