import { open } from 'node:fs/promises';
import path from 'node:path';
import type { Failure } from '../../contracts/failures.ts';
import { permanent } from '../../contracts/failures.ts';

const BLOCK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/** Whole lines of a file. The bytes are good until the next block is asked for. */
export interface LineBlock {
  readonly bytes: Buffer;
  /** Where the next block begins in the file. */
  readonly nextOffset: number;
}

/**
 * Reads a file from an offset on, as blocks of whole lines, in constant memory.
 * @throws Failure `SourceCorrupt` where the last line does not end: a cut file cannot be told from a whole one then
 */
export async function* readLineBlocks(file: string, from: number): AsyncGenerator<LineBlock> {
  const handle = await open(file);
  try {
    const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
    let kept = 0;
    let offset = from;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, kept, BLOCK_BYTES - kept, offset + kept);
      const filled = kept + bytesRead;
      if (filled === 0) return;
      const end = buffer.lastIndexOf(NEWLINE, filled - 1) + 1;
      if (end === 0) throw endless(file, bytesRead === 0);
      yield { bytes: buffer.subarray(0, end), nextOffset: offset + end };
      buffer.copyWithin(0, end, filled);
      kept = filled - end;
      offset += end;
    }
  } finally {
    await handle.close();
  }
}

function endless(file: string, isAtEnd: boolean): Failure {
  const reason = isAtEnd ? 'it is truncated: its last line does not end' : `it has a line of more than ${BLOCK_BYTES} bytes`;
  return permanent('SourceCorrupt', `${path.basename(file)} cannot be used: ${reason}`);
}
