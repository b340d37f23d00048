import type { StagedKind } from '../../../contracts/dataImport.ts';
import { copyIn } from '../../../platform/copy.ts';
import { withTransaction, type Database, type Pool } from '../../../platform/postgres.ts';
import { copyLine } from '../../catalogue/copyText.ts';
import { isReject, type SourceRow } from '../../catalogue/source.ts';
import { openRejectsFile } from './rejectsFile.ts';
import { LINKS_READABLE } from '../reading/setLinks.ts';
import { advanceStaging, stagedTable, type StagedFile } from './staging.ts';

const FLUSH_EVERY_ROWS = 1_000;

export interface StageRowsOptions<T> {
  readonly runId: string;
  readonly kind: StagedKind;
  readonly rows: AsyncIterable<SourceRow<T>>;
  /** Of the staging table, after `line`. */
  readonly columns: readonly string[];
  readonly valuesOf: (row: T) => readonly (string | number | null)[];
  readonly rejectsFile: string;
  readonly from: StagedFile;
  readonly signal: AbortSignal;
  /** Throws where what was read may not stand. */
  readonly beforeDone: () => Promise<void>;
  /** What else belongs into the transaction, once the rows are in. */
  readonly afterRows?: (db: Database) => Promise<void>;
}

/** Brings the rows of a small file into staging, all in one transaction. */
export async function stageRows<T>(pool: Pool, options: StageRowsOptions<T>): Promise<StagedFile> {
  const { runId, kind, rows, columns, valuesOf, from, signal } = options;
  const readable = `${kind}.readable`;
  const rejects = await openRejectsFile(options.rejectsFile, readable, 0);
  let read = 0;
  async function* lines() {
    for await (const row of rows) {
      read += 1;
      if (read % FLUSH_EVERY_ROWS === 0) await rejects.flush();
      if (isReject(row)) rejects.add(row);
      else yield copyLine([row.line, ...valuesOf(row.row)]);
    }
  }
  try {
    return await withTransaction(pool, async (connection) => {
      await copyIn(connection, `copy ${stagedTable(runId, kind)} (line, ${columns.join()}) from stdin (format csv)`, lines, signal);
      await options.beforeDone();
      await options.afterRows?.(connection);
      const reached = {
        ...from,
        read_rows: read - rejects.count(LINKS_READABLE),
        rejected_rows: rejects.count(readable),
        rejected_links: rejects.count(LINKS_READABLE),
        rejects_bytes: await rejects.flush(),
        is_done: true,
      };
      await advanceStaging(connection, runId, kind, from, reached);
      return reached;
    });
  } finally {
    await rejects.close();
  }
}
