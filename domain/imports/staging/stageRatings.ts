import type { SetFormat } from '../../../contracts/dataImport.ts';
import { copyIn } from '../../../platform/copy.ts';
import { withTransaction, type Pool } from '../../../platform/postgres.ts';
import { checkWhole } from '../reading/checkWhole.ts';
import { readLineBlocks, type LineBlock } from '../reading/lineBlocks.ts';
import { COPY_HEADER, COPY_TRAILER, createRatingRows, RATING_COLUMNS } from '../reading/ratingRows.ts';
import { readRatingHead, type RatingHead } from '../reading/ratingHead.ts';
import { createRatingReader } from '../reading/readRatings.ts';
import { openRejectsFile, type RejectsFile } from './rejectsFile.ts';
import { advanceStaging, stagedTable, type StagedFile } from './staging.ts';

/** Read between two commits: what a killed worker does again at most. */
const CHUNK_BYTES = 8 * 1024 * 1024;

export interface StageRatingsOptions {
  readonly runId: string;
  readonly file: string;
  readonly format: SetFormat;
  readonly userPrefix: string;
  readonly movieIdOf: (setId: number) => number;
  readonly rejectsFile: string;
  readonly from: StagedFile;
  readonly signal: AbortSignal;
  readonly onProgress: (file: StagedFile) => void;
  /** Throws where what was read may not stand. */
  readonly beforeDone: () => Promise<void>;
}

/** Brings a file of ratings into staging from where an earlier try came to, a chunk a transaction, in constant memory. */
export async function stageRatings(pool: Pool, options: StageRatingsOptions): Promise<void> {
  const { runId, file, from, signal, onProgress } = options;
  if (from.byte_offset === 0) await checkWhole(file);
  const head = await readRatingHead(file, options.format);
  const rejects = await openRejectsFile(options.rejectsFile, 'ratings.readable', from.rejects_bytes);
  const blocks = readLineBlocks(file, from.byte_offset);
  const readChunk = createChunkReader(options, head, rejects);
  try {
    for (let reached = from; !reached.is_done; onProgress(reached)) {
      const before = reached;
      reached = await withTransaction(pool, async (connection) => {
        const chunk = readChunk(blocks, before);
        await connection.query('set local synchronous_commit = off'); // a chunk that a crash of Postgres takes back is read again
        await copyIn(
          connection,
          `copy ${stagedTable(runId, 'ratings')} (${RATING_COLUMNS}) from stdin (format binary)`,
          chunk.rows,
          signal,
        );
        const after = { ...chunk.reached(), rejects_bytes: await rejects.flush() };
        if (after.is_done) await options.beforeDone();
        await advanceStaging(connection, runId, 'ratings', before, after);
        return after;
      });
    }
  } finally {
    await blocks.return(undefined);
    await rejects.close();
  }
}

/** Makes of the next blocks of a file the rows of one COPY, and of what was read the place to go on from. */
function createChunkReader({ userPrefix, movieIdOf }: StageRatingsOptions, { form, headerBytes }: RatingHead, rejects: RejectsFile) {
  const rows = createRatingRows(userPrefix);
  const readBlock = createRatingReader({
    form: { ...form, hasNumberedIds: true },
    rows,
    onReject: (reject) => rejects.add(reject),
    movieIdOf,
  });

  return (blocks: AsyncGenerator<LineBlock>, from: StagedFile) => {
    const rejectedBefore = rejects.count('ratings.readable');
    let reached = from;
    async function* copyRows() {
      yield COPY_HEADER;
      while (reached.byte_offset - from.byte_offset < CHUNK_BYTES) {
        const next = await blocks.next();
        if (next.done === true) {
          reached = { ...reached, is_done: true };
          break;
        }
        const block = next.value;
        const skipped = reached.byte_offset === 0 ? headerBytes : 0;
        const headerLines = skipped > 0 ? 1 : 0;
        const { lines, rows: read } = readBlock(block.bytes.subarray(skipped), reached.lines + headerLines + 1);
        reached = {
          ...reached,
          byte_offset: block.nextOffset,
          lines: reached.lines + headerLines + lines,
          read_rows: reached.read_rows + read,
        };
        await rejects.flush();
        yield* rows.take();
      }
      yield COPY_TRAILER;
    }
    return {
      rows: copyRows,
      reached: () => ({ ...reached, rejected_rows: from.rejected_rows + rejects.count('ratings.readable') - rejectedBefore }),
    };
  };
}
