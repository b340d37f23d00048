import { parse } from 'csv-parse';
import { createReadStream } from 'node:fs';
import { readdir, rm, writeFile, appendFile } from 'node:fs/promises';
import path from 'node:path';
import { folderOfRun } from '../../platform/folderOfRun.ts';
import type { Database, Pool } from '../../platform/postgres.ts';
import { replaceFile } from '../../platform/replaceFile.ts';
import { REJECTS_HEADER, rejectLine } from '../catalogue/rejects.ts';
import { filesBelow } from './filesBelow.ts';
import type { Pass, Store } from './store.ts';

/** Rows of imported sets that were set aside, with why: `processed/rejects/<run>/<kind>.csv`. */
export function createRejectStore(pool: Pool, dataDir: string): Store {
  const folder = path.join(dataDir, 'processed', 'rejects');
  async function* files(userId: string, pass: Pass) {
    const sets = await setsOfRuns(pool);
    for (const file of await filesBelow(folder, '.csv')) {
      pass.signal.throwIfAborted();
      yield { file, isUsers: rowsOf(userId, sets.get(path.relative(folder, path.dirname(file)))) };
    }
  }
  return {
    async erase({ userId }, pass) {
      let gone = 0;
      for await (const { file, isUsers } of files(userId, pass)) {
        const found = await countRejects(file, isUsers);
        if (found > 0) await writeWithout(file, isUsers);
        gone += found;
      }
      return gone;
    },
    async look({ userId }, pass) {
      let count = 0;
      for await (const { file, isUsers } of files(userId, pass)) count += await countRejects(file, isUsers);
      return { count };
    },
  };
}

type IsUsers = (raw: string) => boolean;

/** The set of each run's folder, where it is known. */
async function setsOfRuns(db: Database): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ run_id: string; dataset: string }>('select run_id, dataset from quality_reports');
  return new Map(rows.map(({ run_id, dataset }) => [folderOfRun(run_id), dataset]));
}

/**
 * Whether a row is a user's: by the id that it has in its own set. What was set aside may be no row at all, so a row that has the id anywhere counts where the set is the
 * user's own; else one that begins with it, as MovieLens' rows do.
 * @param set of the row; undefined where nobody knows
 */
export function rowsOf(userId: string, set: string | undefined): IsUsers {
  const own = /^([a-z0-9][a-z0-9._-]{0,39}):(.+)$/.exec(userId);
  const named = (id: string) => id.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const inJson = (id: string) => JSON.stringify(id).slice(1, -1);
  const patterns = [`"${named(inJson(userId))}"`, `^"?${named(userId)}"?(?=::|[,;\\t|]|$)`];
  if (own && (set === undefined || set === own[1]))
    patterns.push(`(?<![\\p{L}\\p{N}_-])(${[own[2]!, inJson(own[2]!)].map(named).join('|')})(?![\\p{L}\\p{N}_-])`);
  const pattern = new RegExp(patterns.join('|'), 'u');
  return (raw) => pattern.test(raw);
}

async function* readRejects(file: string): AsyncGenerator<string[]> {
  const rows = createReadStream(file).pipe(parse({ from: 2, relax_column_count: true }));
  for await (const row of rows) yield row as string[];
}

async function countRejects(file: string, isUsers: IsUsers): Promise<number> {
  let count = 0;
  for await (const [, , , raw = ''] of readRejects(file)) if (isUsers(raw)) count += 1;
  return count;
}

const ROWS_OF_WRITE = 1_000;
const writeWithout = (file: string, isUsers: IsUsers): Promise<void> =>
  replaceFile(file, async (aside) => {
    await writeFile(aside, REJECTS_HEADER);
    let waiting: string[] = [];
    for await (const [line = '', rule = '', reason = '', raw = ''] of readRejects(file)) {
      if (!isUsers(raw)) waiting.push(rejectLine(rule, { line: Number(line), reason, raw }));
      if (waiting.length < ROWS_OF_WRITE) continue;
      await appendFile(aside, waiting.join(''));
      waiting = [];
    }
    await appendFile(aside, waiting.join(''));
  });

/** What imports that are over, and did not come to their end, left downloaded and unpacked: whole sets, which nobody needs any more. */
export const createDownloadStore = (pool: Pool, dataDir: string): Store => {
  const folder = path.join(dataDir, 'raw', 'imports');
  return {
    async erase(_whose, { isLast }) {
      if (!isLast) return 0;
      const left = await leftovers(pool, folder);
      for (const one of left) await rm(one, { recursive: true, force: true });
      return left.length;
    },
    look: async () => ({ count: (await leftovers(pool, folder)).length }),
  };
};

/** Folders of runs, of which none that goes on writes there. */
async function leftovers(db: Database, folder: string): Promise<string[]> {
  const { rows } = await db.query<{ run_id: string }>(`select run_id from runs where state in ('queued', 'running')`);
  const open = rows.map(({ run_id }) => path.join(folder, folderOfRun(run_id)));
  const kinds = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders: string[] = [];
  for (const { name } of kinds) {
    const kind = path.join(folder, name);
    const below = await readdir(kind, { withFileTypes: true }).catch(() => []);
    // A run's folder is `<prefix>/<run>`, or one of a name of its own.
    folders.push(...(name.startsWith('~') ? [kind] : below.map((entry) => path.join(kind, entry.name))));
  }
  return folders.filter((one) => !open.includes(one));
}
