import { copyIn } from '../../../platform/copy.ts';
import { withTransaction, type Database, type Pool } from '../../../platform/postgres.ts';
import { copyLine } from '../../catalogue/copyText.ts';
import { isReject, type SourceRow } from '../../catalogue/source.ts';
import { openRejectsFile } from '../staging/rejectsFile.ts';
import { advanceStaging, stagedTable, type StagedFile } from '../staging/staging.ts';
import type { Choice } from './readChoices.ts';

/** Read between two commits: what a killed worker does again at most. */
const CHUNK_ROWS = 200_000;
const FLUSH_EVERY_ROWS = 1_000;

export interface StageLogOptions {
  readonly runId: string;
  /** Of the whole log, each time in one order. */
  readonly rows: AsyncGenerator<SourceRow<Choice>>;
  readonly valuesOf: (choice: Choice) => readonly (string | number | null)[];
  readonly rejectsFile: string;
  readonly from: StagedFile;
  readonly signal: AbortSignal;
  /** Also between two commits, of what was read until then. */
  readonly onProgress: (file: StagedFile) => void;
  /** Throws where what was read may not stand. */
  readonly beforeDone: () => Promise<void>;
  /** What is done with all of them at the end. @returns how many went into others */
  readonly merge: (db: Database) => Promise<number>;
}

/**
 * Brings an own log into staging from where an earlier try came to, a chunk a transaction; rows that it has are passed over. `byte_offset` and
 * `lines` of what was staged count rows of the source, which only text has bytes of.
 */
export async function stageLog(pool: Pool, options: StageLogOptions): Promise<StagedFile> {
  const { runId, rows, from, signal, merge } = options;
  const rejects = await openRejectsFile(options.rejectsFile, 'ratings.readable', from.rejects_bytes);
  try {
    for (let passed = 0; passed < from.lines; passed += 1) await rows.next();
    let reached = from;
    for (let isEnd = false; !isEnd;) {
      const before = reached;
      const chunk = readChunk(options, before, rejects);
      reached = await withTransaction(pool, async (connection) => {
        await connection.query('set local synchronous_commit = off'); // a chunk that a crash of Postgres takes back is read again
        await copyIn(
          connection,
          `copy ${stagedTable(runId, 'ratings')} (line, user_id, movie_id, raw_value, rated_at) from stdin (format csv)`,
          chunk.rows,
          signal,
        );
        const after = { ...chunk.reached(), rejects_bytes: await rejects.flush() };
        isEnd = after.lines - before.lines < CHUNK_ROWS;
        if (after.lines > before.lines) await advanceStaging(connection, runId, 'ratings', before, after);
        return after;
      });
    }
    await options.beforeDone();
    return await withTransaction(pool, async (connection) => {
      const done = { ...reached, read_rows: reached.read_rows - (await merge(connection)), is_done: true };
      await advanceStaging(connection, runId, 'ratings', reached, done);
      return done;
    });
  } finally {
    await rows.return(undefined);
    await rejects.close();
  }
}

/** The next rows of a log as those of one COPY, and of what was read the place to go on from. */
function readChunk(
  { rows, valuesOf, onProgress }: StageLogOptions,
  from: StagedFile,
  rejects: Pick<Awaited<ReturnType<typeof openRejectsFile>>, 'add' | 'flush'>,
) {
  let [passed, rejected] = [0, 0];
  async function* lines() {
    while (passed < CHUNK_ROWS) {
      const next = await rows.next();
      if (next.done === true) return;
      passed += 1;
      if (passed % FLUSH_EVERY_ROWS === 0) {
        await rejects.flush();
        onProgress(reached());
      }
      if (!isReject(next.value)) yield copyLine([next.value.line, ...valuesOf(next.value.row)]);
      else {
        rejects.add(next.value);
        rejected += 1;
      }
    }
  }
  const reached = (): StagedFile => ({
    ...from,
    byte_offset: from.byte_offset + passed,
    lines: from.lines + passed,
    read_rows: from.read_rows + passed,
    rejected_rows: from.rejected_rows + rejected,
  });
  return { rows: lines, reached };
}
