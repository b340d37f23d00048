import { randomUUID } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { ServedAnswer } from '../../contracts/served.ts';
import { startLoop } from '../../platform/loop.ts';
import type { Logger } from '../../platform/log.ts';
import { makeFolderSync } from '../../platform/makeFolder.ts';
import { isDataRefused } from '../../platform/postgres.ts';

export interface ServedLogSettings {
  /** Where answers lie until they are stored; one for all model servers of a machine */
  readonly folder: string;
  /** Keeps answers for good, the same ones again without harm. */
  readonly store: (answers: readonly ServedAnswer[]) => Promise<void>;
  readonly log: Logger;
  /** Told how many answers nobody will find again. */
  readonly onLost: (answers: number) => void;
}

export interface ServedLog {
  /** Writes an answer down before it is given: it is found again though this process is killed the moment after. Throws nothing. */
  write(answer: ServedAnswer): void;
  /** Bytes that are written down and not stored. */
  waitingBytes(): number;
  /** Stores what can be stored at once; what cannot is left for the next process. */
  close(): Promise<void>;
}

const STORE_EVERY_MS = 200;
/** Answers of one statement: a few milliseconds of this process's time. */
const ANSWERS_OF_STATEMENT = 200;
/** While the database is away; an answer has one or two kilobytes. */
const MOST_BYTES = 512 * 1024 * 1024;
const LOOK_FOR_OTHERS_EVERY_MS = 10_000;
/** A process that has not touched its folder for so long is gone, or as good as gone. */
const ABANDONED_AFTER_MS = 60_000;
const OWNER = 'owner.json';
const SEGMENT = '.jsonl';

/**
 * Answers on their way to the database, first in files: the system keeps what was written when the process is killed, and another one stores it. Each
 * process writes to a folder of its own; a turn closes the file that was written to, stores what it has, and removes it.
 */
export function createServedLog({ folder, store, log, onLost }: ServedLogSettings): ServedLog {
  const own = path.join(folder, randomUUID());
  const segments: { file: string; bytes: number }[] = [];
  let current: { file: string; bytes: number; descriptor: number } | undefined;
  let isFull = false;
  let lookForOthersAt = 0;
  makeFolderSync(own);
  writeFileSync(path.join(own, OWNER), JSON.stringify({ host: hostname(), pid: process.pid }));

  const waitingBytes = () => segments.reduce((sum, { bytes }) => sum + bytes, current?.bytes ?? 0);

  function write(answer: ServedAnswer): void {
    try {
      if (waitingBytes() > MOST_BYTES) throw new Error(`${MOST_BYTES} bytes wait already`);
      current ??= open();
      current.bytes += writeSync(current.descriptor, `${JSON.stringify(answer)}\n`);
      isFull = false;
    } catch (error) {
      if (!isFull) log.error({ err: error }, 'answers cannot be written down; they will not be found');
      isFull = true;
      onLost(1);
    }
  }

  function open() {
    const file = path.join(own, `${randomUUID()}${SEGMENT}`);
    return { file, bytes: 0, descriptor: openSync(file, 'a') };
  }

  function closeCurrent(): void {
    if (!current) return;
    closeSync(current.descriptor);
    segments.push({ file: current.file, bytes: current.bytes });
    current = undefined;
  }

  /** Oldest first; stops at the first that cannot be stored now. */
  async function storeAll(): Promise<void> {
    closeCurrent();
    while (segments[0]) {
      await storeSegment(segments[0].file);
      await rm(segments[0].file, { force: true });
      segments.shift();
    }
  }

  async function storeSegment(file: string): Promise<void> {
    // What stands behind the last line's end was being written when its process was killed: it was given to nobody.
    const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
    for (let from = 0; from < lines.length; from += ANSWERS_OF_STATEMENT)
      await storeLines(lines.slice(from, from + ANSWERS_OF_STATEMENT).flatMap(parsed));
  }

  function parsed(line: string): ServedAnswer[] {
    try {
      return [JSON.parse(line) as ServedAnswer];
    } catch (error) {
      lose(error, 'a line of an answer is damaged');
      return [];
    }
  }

  function lose(error: unknown, why: string): void {
    log.error({ err: error }, why);
    onLost(1);
  }

  async function storeLines(answers: readonly ServedAnswer[]): Promise<void> {
    try {
      await store(answers);
    } catch (error) {
      if (!isDataRefused(error)) throw error;
      if (answers.length > 1) for (const answer of answers) await storeLines([answer]);
      else lose(error, `the database refuses answer ${answers[0]?.recommendation_id}`);
    }
  }

  /** Takes over what processes that are gone left behind. */
  async function takeOver(): Promise<void> {
    if (Date.now() < lookForOthersAt) return;
    lookForOthersAt = Date.now() + LOOK_FOR_OTHERS_EVERY_MS;
    await utimes(path.join(own, OWNER), new Date(), new Date());
    for (const name of await readdir(folder)) {
      const other = path.join(folder, name);
      if (other !== own && (await isAbandoned(other))) await adopt(other);
    }
  }

  async function adopt(other: string): Promise<void> {
    const files = (await readdir(other).catch(() => [])).filter((name) => name.endsWith(SEGMENT));
    for (const name of files) {
      const file = path.join(own, name);
      // Where another process was faster there is nothing left to take.
      const isTaken = await rename(path.join(other, name), file).then(
        () => true,
        () => false,
      );
      if (isTaken) segments.push({ file, bytes: (await stat(file)).size });
    }
    await rm(other, { recursive: true, force: true });
    if (files.length > 0) log.info({ files: files.length }, 'answers of a model server that is gone are stored');
  }

  let isAway = false;
  // While the database is away nothing is wrong with this process: it answers, and goes on writing down.
  const loop = startLoop({ name: 'served answers', restMs: STORE_EVERY_MS, log }, async () => {
    try {
      await takeOver();
      await storeAll();
      if (isAway) log.info('answers are stored again');
      isAway = false;
    } catch (error) {
      if (!isAway) log.warn({ err: error, bytes: waitingBytes() }, 'answers cannot be stored; they wait in files');
      isAway = true;
    }
    return false;
  });

  return {
    write,
    waitingBytes,
    async close() {
      await loop.stop();
      const isStored = await storeAll().then(
        () => true,
        () => false,
      );
      if (isStored) await rm(own, { recursive: true, force: true });
    },
  };
}

async function isAbandoned(other: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path.join(other, OWNER));
    const { host, pid } = JSON.parse(await readFile(path.join(other, OWNER), 'utf8')) as { host: string; pid: number };
    return Date.now() - mtimeMs > ABANDONED_AFTER_MS || (host === hostname() && !isAlive(pid));
  } catch {
    // Its owner's name is not written yet, or it is going right now.
    const age = await stat(other).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    return age > ABANDONED_AFTER_MS;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
