import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createCollectionActivities } from '../../activities/collection.ts';
import { Failure } from '../../contracts/failures.ts';
import { writeWatchLog } from '../../domain/catalogue/watchLog.ts';
import { stageSet } from '../../domain/imports/staging/stageSet.ts';
import { checkStagedSet } from '../../domain/imports/quality/checkStagedSet.ts';
import { copyIn, copyOut } from '../../platform/copy.ts';
import { asFolderFailure } from '../../platform/folderFailure.ts';
import { createPool, POOL_WAITS, withTransaction, type Pool } from '../../platform/postgres.ts';
import { busyBound } from '../support/busyBound.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { inActivity } from '../support/inActivity.ts';
import { CSV_SET, writeSet } from '../support/movieLensSets.ts';
import { waitFor } from '../support/waitFor.ts';

let database: TestDatabase;
let pool: Pool;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'copy '));
  await database.pool.query(`insert into movies (movie_id, title, source) values (1, 'Toy Story', 'movielens')`);
  await database.pool.query(
    `insert into ratings (user_id, movie_id, rating, rated_at, source) select 'u' || n, 1, 4, now(), 'movielens' from generate_series(1, 100000) n`,
  );
  await writeFile(path.join(folder, 'file'), '');
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});
// So few connections that one which is lost is missed.
beforeEach(() => {
  pool = createPool({ url: database.url, poolSize: 2, log: silentLog, waits: POOL_WAITS.step });
});
afterEach(() => pool.end());

const NEVER = new AbortController().signal;
const LARGE = 'copy (select n, repeat(md5(n::text), 20) from generate_series(1, 1000000) n) to stdout';

/** What `work` failed with. It has to do so within two seconds, and leave nothing behind: no connection taken, no session in the middle of something. */
async function failureOf(work: () => Promise<unknown>): Promise<unknown> {
  const startedAt = performance.now();
  const failure = await Promise.race([
    work().then(
      () => new Error('it did not fail'),
      (error: unknown) => error,
    ),
    sleep(60_000, new Error('it hangs'), { ref: false }),
  ]);
  expect([performance.now() - startedAt < busyBound(2_000), failure]).toEqual([true, failure]);
  expect([pool.totalCount - pool.idleCount, pool.waitingCount]).toEqual([0, 0]);
  await waitFor('the sessions to be idle or gone', async () => {
    const { rows } = await database.pool.query(
      `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`,
    );
    return rows.length === 0;
  });
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  return failure;
}
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
const inUnwritable = (name: string) => path.join(folder, 'file', name);

describe('a COPY whose other side fails ends at once, with what it failed with, and leaves nothing behind:', () => {
  const COPIES: Record<string, { work: () => Promise<unknown>; says: unknown }> = {
    'the watch log, where a file lies in place of its folder': {
      work: () => writeWatchLog(pool, { csv: inUnwritable('log.csv'), parquet: inUnwritable('log.parquet') }, NEVER),
      says: expect.objectContaining({ code: 'EEXIST', path: expect.stringContaining('file') }),
    },
    'the watch log, where the second file cannot be written': {
      work: () => writeWatchLog(pool, { csv: path.join(folder, 'log.csv'), parquet: inUnwritable('log.parquet') }, NEVER),
      says: expect.objectContaining({ code: 'EEXIST' }),
    },
    'the watch log, cancelled in the middle': {
      work: () =>
        writeWatchLog(pool, { csv: path.join(folder, 'log.csv'), parquet: path.join(folder, 'log.parquet') }, AbortSignal.timeout(50)),
      says: expect.objectContaining({ code: 'ABORT_ERR' }),
    },
    'rows set aside, where their file cannot be written': {
      work: async () => {
        const runId = 'import/unwritable';
        const orphan = 'userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,777,0.5,964981247\n';
        const set = { folder: await writeSet(folder, 'orphans', { ...CSV_SET, 'ratings.csv': orphan }), format: 'csv' } as const;
        const named = { ...set, dataset: 'orphans', source: 'orphans', user_prefix: 'orphans:' };
        const rejectsFileOf = (kind: string) => path.join(folder, 'rejects', `${kind}.csv`);
        const progress = { onProgress: () => undefined, onResume: () => undefined };
        await stageSet(pool, named, { runId, rejectsFileOf, signal: NEVER, ...progress });
        const bounds = { maxRejectShare: 0.9, maxVolumeDrop: 0.2, volumeRuns: 5, maxAgeDays: undefined };
        return checkStagedSet(pool, named, {
          runId,
          bounds,
          rejectsFileOf: () => path.join(import.meta.filename, 'rejects.csv'),
          signal: NEVER,
        });
      },
      says: expect.objectContaining({ code: 'ENOTDIR' }),
    },
    'ratings staged, where the file is another': {
      work: () => stage({ ...CSV_SET, 'ratings.csv': `other,header\n${'1,1,4.0,964982703\n'.repeat(1_000)}` }),
      says: expect.objectContaining({ type: 'SourceCorrupt' }),
    },
    'rows staged, cancelled before': {
      work: () => stage(CSV_SET, AbortSignal.abort()),
      says: expect.objectContaining({ code: 'ABORT_ERR' }),
    },
    'any COPY out, where the writer fails in the middle': {
      work: () =>
        withTransaction(pool, (connection) => {
          let chunks = 0;
          const write = (_: unknown, __: unknown, done: (error?: Error) => void) =>
            (chunks += 1) > 3 ? done(new Error('the writer broke')) : done();
          return copyOut(connection, LARGE, new Writable({ write }), NEVER);
        }),
      says: new Error('the writer broke'),
    },
    'any COPY out, where the reader throws in the middle': {
      work: () =>
        withTransaction(pool, (connection) =>
          copyOut(
            connection,
            LARGE,
            async (rows) => {
              for await (const chunk of rows) throw new Error(`the reader had enough of ${chunk.length > 0}`);
            },
            NEVER,
          ),
        ),
      says: new Error('the reader had enough of true'),
    },
    'any COPY out, where the server refuses in the middle': {
      work: () =>
        withTransaction(
          pool,
          (connection) =>
          copyOut(connection, 'copy (select 1 / (50000 - n) from generate_series(1, 100000) n) to stdout', new Writable({ write: (_, __, done) => done() }), NEVER), // prettier-ignore
        ),
      says: expect.objectContaining({ code: '22012' }),
    },
    'any COPY in, where the server refuses': {
      work: () =>
        withTransaction(pool, (connection) =>
          copyIn(connection, `copy movies (movie_id, title, source) from stdin (format csv)`, linesOf('1,again,movielens\n'), NEVER),
        ),
      says: expect.objectContaining({ code: '23505' }),
    },
  };
  test.each(Object.entries(COPIES))('%s', async (_, { work, says }) => {
    expect(await failureOf(work)).toEqual(says);
  });

  test('any COPY in, cancelled while the server waits for a lock', async () => {
    const holder = await database.pool.connect();
    try {
      await holder.query('begin; lock table movies');
      const cancel = new AbortController();
      const work = withTransaction(pool, (connection) =>
        copyIn(connection, `copy movies (movie_id, title, source) from stdin (format csv)`, linesOf('2,new,movielens\n'), cancel.signal),
      );
      const outcome = work.catch((error: unknown) => error);
      await waitFor('the COPY to wait', async () => {
        const { rows } = await database.pool.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows.length === 1;
      });
      cancel.abort();
      expect(codeOf(await Promise.race([outcome, sleep(2_000, 'it hangs', { ref: false })]))).toBe('ABORT_ERR');
      expect(pool.totalCount - pool.idleCount).toBe(0);
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });

  const linesOf = (...lines: string[]) =>
    async function* () {
      yield* lines;
    };
  async function stage(files: Parameters<typeof writeSet>[2], signal = NEVER): Promise<void> {
    const set = { folder: await writeSet(await mkdtemp(path.join(folder, 'set-')), 'set', files), format: 'csv' } as const;
    await stageSet(
      pool,
      { ...set, dataset: 'set', source: 'set', user_prefix: 'set:' },
      {
        runId: `import/${Math.random()}`,
        rejectsFileOf: (kind) => path.join(folder, `${kind}-rejects.csv`),
        signal,
        onProgress: () => undefined,
        onResume: () => undefined,
      },
    );
  }
});

test('a COPY that goes well counts its rows and hands its connection back as it was', async () => {
  const chunks: Buffer[] = [];
  const write = (chunk: Buffer, _: unknown, done: () => void) => (chunks.push(chunk), done());
  const rows = await withTransaction(pool, async (connection) => {
    await connection.query('create temp table numbers (n integer) on commit drop');
    async function* lines() {
      for (let n = 0; n < 20_000; n += 1) yield `${n}\n`;
    }
    const taken = await copyIn(connection, 'copy numbers from stdin', lines(), NEVER);
    return [taken, await copyOut(connection, 'copy numbers to stdout', new Writable({ write }), NEVER)];
  });
  expect(rows).toEqual([20_000, 20_000]);
  expect(Buffer.concat(chunks).toString().split('\n')).toHaveLength(20_001);
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
});

test('a COPY that has ended leaves no timer of its bound behind, which would keep a process from ending', async () => {
  const discard = () => new Writable({ write: (_, __, done) => done() });
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const [before, after] = await withTransaction(pool, async (connection) => {
    const before = timers();
    for (let copy = 0; copy < 5; copy += 1) await copyOut(connection, 'copy (select 1) to stdout', discard(), NEVER);
    return [before, timers()];
  });
  expect(after).toBeLessThan(before + 3);
});

test('a connection that is lost between two statements fails its transaction, not the process', async () => {
  const failure = await failureOf(() =>
    withTransaction(pool, async (connection) => {
      const { rows } = await connection.query<{ pid: number }>('select pg_backend_pid() as pid');
      const lost = new Promise<void>((resolve) => void connection.once('end', resolve));
      await database.pool.query('select pg_terminate_backend($1)', [rows[0]!.pid]);
      await lost;
      await connection.query('select 1');
    }),
  );
  expect((failure as Error).message).toMatch(/terminat|not queryable|closed/i);
});

test('a step whose folder cannot be written says which, and that trying again is of no use', async () => {
  const dataDir = path.join(folder, 'file');
  const activities = createCollectionActivities({ pool, dataDir });
  const thrown = await inActivity('collection/unwritable', () => activities.writeWatchLog()).catch((error: unknown) => error);
  const failure = asFolderFailure(thrown);
  expect(failure).toBeInstanceOf(Failure);
  expect([failure?.type, failure?.message]).toEqual(['FolderUnusable', expect.stringContaining(path.join(dataDir, 'processed'))]);
});
