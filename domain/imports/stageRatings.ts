import { permanent } from '../../contracts/failures.ts';
import { copyIn } from '../../platform/copy.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { checkWhole } from '../catalogue/csvFile.ts';
import { withoutMark } from '../catalogue/decodeText.ts';
import { readLineBlocks, type LineBlock } from './lineBlocks.ts';
import { COPY_HEADER, COPY_TRAILER, createRatingRows, RATING_COLUMNS } from './ratingRows.ts';
import { createRatingReader } from './readRatings.ts';
import { openRejectsFile, type RejectsFile } from './rejectsFile.ts';
import { advanceStaging, stagedTable, type StagedFile } from './staging.ts';

/** Read between two commits: what a killed worker does again at most. */
const CHUNK_BYTES = 8 * 1024 * 1024;

export interface StageRatingsOptions {
  readonly runId: string;
  readonly file: string;
  readonly header: string | null;
  readonly separator: string;
  readonly userPrefix: string;
  readonly movieIdOf: (setId: number) => number;
  readonly rejectsFile: string;
  readonly from: StagedFile;
  readonly signal: AbortSignal;
  readonly onProgress: (file: StagedFile) => void;
}

/** Brings a file of ratings into staging from where an earlier try came to, a chunk a transaction, in constant memory. */
export async function stageRatings(pool: Pool, options: StageRatingsOptions): Promise<void> {
  const { runId, file, from, signal, onProgress } = options;
  if (from.byte_offset === 0) await checkWhole(file);
  const rejects = await openRejectsFile(options.rejectsFile, from.rejects_bytes);
  const blocks = readLineBlocks(file, from.byte_offset);
  const readChunk = createChunkReader(options, rejects);
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
function createChunkReader({ file, header, separator, userPrefix, movieIdOf }: StageRatingsOptions, rejects: RejectsFile) {
  const rows = createRatingRows(userPrefix);
  const readBlock = createRatingReader({ separator, rows, onReject: (reject) => rejects.add(reject), movieIdOf });

  return (blocks: AsyncGenerator<LineBlock>, from: StagedFile) => {
    const rejectedBefore = rejects.count();
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
        const skipped = reached.byte_offset === 0 ? skipHeader(block.bytes, header, file) : 0;
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
    return { rows: copyRows, reached: () => ({ ...reached, rejected_rows: from.rejected_rows + rejects.count() - rejectedBefore }) };
  };
}

/** @returns how many bytes the header takes. @throws Failure `SourceCorrupt` where it is another one */
function skipHeader(bytes: Buffer, header: string | null, file: string): number {
  if (header === null) return 0;
  const length = bytes.indexOf('\n') + 1;
  const found = withoutMark(bytes.subarray(0, length).toString()).trimEnd();
  if (found !== header) throw corrupt(file, `its header is "${found.slice(0, 200)}", not "${header}"`);
  return length;
}

const corrupt = (file: string, reason: string) =>
  permanent('SourceCorrupt', `${file.slice(file.lastIndexOf('/') + 1)} cannot be used: ${reason}`);
