import { open } from 'node:fs/promises';
import { unusable } from './checkWhole.ts';

const BLOCK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Whole lines of a file. The bytes are good until the next block is asked for. */
export interface LineBlock {
  readonly bytes: Buffer;
  /** Where the next block begins in the file. */
  readonly nextOffset: number;
}

/**
 * Reads a file from an offset on, as blocks of whole lines, in constant memory. A last line that does not end is given an end: many tools write
 * none, and half a row is for whoever reads rows to see.
 * @throws Failure `SourceCorrupt` where a line is longer than a block, or the lines of the file end in CR alone
 */
export async function* readLineBlocks(file: string, from: number): AsyncGenerator<LineBlock> {
  const handle = await open(file);
  try {
    const buffer = Buffer.allocUnsafe(BLOCK_BYTES + 1);
    let kept = 0;
    let offset = from;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, kept, BLOCK_BYTES - kept, offset + kept);
      const filled = kept + bytesRead;
      if (filled === 0) return;
      if (offset === 0 && (bytesRead === 0 || filled === BLOCK_BYTES)) expectNewlines(file, buffer.subarray(0, filled));
      if (bytesRead === 0) {
        buffer[filled] = NEWLINE;
        yield { bytes: buffer.subarray(0, filled + 1), nextOffset: offset + filled };
        return;
      }
      const end = buffer.subarray(0, filled).lastIndexOf(NEWLINE) + 1;
      if (end === 0 && filled === BLOCK_BYTES) throw unusable(file, `it has a line of more than ${BLOCK_BYTES} bytes`);
      if (end > 0) yield { bytes: buffer.subarray(0, end), nextOffset: offset + end };
      buffer.copyWithin(0, end, filled);
      kept = filled - end;
      offset += end;
    }
  } finally {
    await handle.close();
  }
}

/** CR alone ended lines on Macintoshes before 2001, and does in some exports of Excel's. */
function expectNewlines(file: string, start: Buffer): void {
  const isReturned = start.subarray(0, -1).includes(RETURN);
  if (isReturned && !start.includes(NEWLINE)) {
    throw unusable(file, 'its lines end in CR alone (\\r, as old Macintoshes wrote them); save it with line ends LF or CRLF');
  }
}
