import { writeSync } from 'node:fs';

const STANDARD_OUTPUT = 1;
/** Lines that wait for room; what comes beyond is counted. */
const MAX_WAITING_BYTES = 1_000_000;
const TRY_AGAIN_MS = 200;

/**
 * Standard output for a log that must not end its process: lines that cannot be written, since the disk is full or a reader is slow, wait and are
 * written when there is room; past a megabyte they are left out, and a line says how many. Where the reader is gone nothing is written any more.
 */
export function createLogOutput(): { write(line: string): void } {
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let lost = 0;
  let isGone = false;
  let timer: NodeJS.Timeout | undefined;

  function keep(line: Buffer) {
    if (waitingBytes + line.length > MAX_WAITING_BYTES) return (lost += 1);
    waiting.push(line);
    return (waitingBytes += line.length);
  }
  function flush() {
    const rest = writeWhatFits(Buffer.concat(waiting));
    if (rest.length === 0 && lost > 0) {
      const told = lostLine(lost);
      lost = 0;
      waiting = [told];
      waitingBytes = told.length;
      return flush();
    }
    waiting = rest.length > 0 ? [rest] : [];
    waitingBytes = rest.length;
    if (rest.length === 0) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      flush();
    }, TRY_AGAIN_MS).unref();
  }
  /** @returns what could not be written */
  function writeWhatFits(bytes: Buffer): Buffer {
    let rest = bytes;
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(STANDARD_OUTPUT, rest));
    } catch (error) {
      isGone = (error as NodeJS.ErrnoException).code === 'EPIPE';
    }
    return isGone ? Buffer.alloc(0) : rest;
  }

  process.once('exit', flush);
  return {
    write(line) {
      if (isGone) return;
      const hasRoom = waiting.length === 0;
      keep(Buffer.from(line));
      if (hasRoom) flush();
    },
  };
}

const lostLine = (lost: number) =>
  Buffer.from(
    `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), lost, msg: 'log lines are lost: nothing could be written' })}\n`,
  );
