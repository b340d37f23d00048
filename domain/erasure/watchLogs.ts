import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Pool } from '../../platform/postgres.ts';
import { createParquetReader, type ParquetSource } from '../../platform/parquet.ts';
import { writeWatchLog } from '../catalogue/watchLog.ts';
import type { Pass, Store } from './store.ts';

/** The watch log, written anew from what is left. */
export function createWatchLogStore(pool: Pool, dataDir: string): Store {
  const [csv, parquet] = ['watch_log.csv', 'watch_log.parquet'].map((name) => path.join(dataDir, 'processed', name)) as [string, string];
  const count = async (userId: string, pass: Pass) => (await rowsOfCsv(csv, userId, pass)) + (await rowsOfParquet(parquet, userId, pass));
  return {
    async erase({ userId }, pass) {
      if (!pass.isLast || (await count(userId, pass)) === 0) return 0;
      await writeWatchLog(pool, { csv, parquet }, pass.signal);
      return 2;
    },
    // What the user did since is in the log too, and stays.
    look: async ({ userId, before }, pass) => ({
      count: (await rowsOfCsv(csv, userId, pass, before)) + (await rowsOfParquet(parquet, userId, pass, before)),
    }),
  };
}

/** As COPY writes a field. */
const csvField = (text: string) => (/[",\n\r]|^\\\.$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

async function rowsOfCsv(file: string, userId: string, { signal }: Pass, before?: Date): Promise<number> {
  if (!(await isThere(file))) return 0;
  const start = `${csvField(userId)},`;
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file, { signal }), crlfDelay: Infinity })) {
    if (line.startsWith(start) && isBefore(new Date(line.slice(line.lastIndexOf(',') + 1)), before)) count += 1;
  }
  return count;
}

async function rowsOfParquet(file: string, userId: string, { signal }: Pass, before?: Date): Promise<number> {
  if (!(await isThere(file))) return 0;
  const handle = await open(file);
  try {
    const source: ParquetSource = {
      bytes: (await handle.stat()).size,
      read: async (start, end) => (await handle.read(Buffer.alloc(end - start), 0, end - start, start)).buffer,
    };
    const reader = await createParquetReader(source);
    let count = 0;
    for (const group of reader.groups) {
      signal.throwIfAborted();
      const users = await reader.column<string>('user_id', group);
      if (!users.includes(userId)) continue;
      const times = await reader.column<Date>('watched_at', group);
      count += users.filter((user, row) => user === userId && isBefore(times[row]!, before)).length;
    }
    return count;
  } finally {
    await handle.close();
  }
}

/** A time that has not come was told by somebody's wrong clock, before. */
const isBefore = (time: Date, before: Date | undefined) => before === undefined || time <= before || time.getTime() > Date.now() + DAY_MS;
const DAY_MS = 86_400_000;

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
