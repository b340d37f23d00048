import { createHash } from 'node:crypto';
import { STAGED_KINDS, type StagedKind } from '../../../contracts/dataImport.ts';
import { withTransaction, type Database, type Pool } from '../../../platform/postgres.ts';

/** Table that holds one kind of rows of a run until they are published, each with its line in the source. */
export const stagedTable = (runId: string, kind: StagedKind): string => `staging.${stagedName(runId, kind)}`;
const stagedName = (runId: string, kind: StagedKind) => `${kind}_${createHash('sha1').update(runId).digest('hex').slice(0, 16)}`;

/** Name of the unique index that proves a staged table free of duplicates. */
export const stagedIndex = (runId: string, kind: StagedKind): string => `${stagedName(runId, kind)}_unique`;

/** How far one kind of a run's rows has been read. */
export interface StagedFile {
  readonly byte_offset: number;
  readonly lines: number;
  readonly read_rows: number;
  readonly rejected_rows: number;
  /** Rows of a file beside it that was read with it, none of its own. */
  readonly rejected_links: number;
  readonly rejects_bytes: number;
  readonly is_done: boolean;
}
const NOTHING_STAGED: StagedFile = {
  byte_offset: 0,
  lines: 0,
  read_rows: 0,
  rejected_rows: 0,
  rejected_links: 0,
  rejects_bytes: 0,
  is_done: false,
};
const FIELDS = 'byte_offset, lines, read_rows, rejected_rows, rejected_links, rejects_bytes, is_done';

/**
 * Makes the staging table of a kind where it is not there yet.
 * @param fingerprint of the file; rows that were staged from another one are forgotten
 * @returns how far an earlier try came
 */
export const openStaging = (
  pool: Pool,
  run: { runId: string; source: string },
  kind: StagedKind,
  fingerprint: string,
): Promise<StagedFile> =>
  withTransaction(pool, async (connection) => {
    const table = stagedTable(run.runId, kind);
    const found = await connection.query<StagedFile>(
      `select ${FIELDS} from staged_files where run_id = $1 and kind = $2 and fingerprint = $3 and to_regclass($4) is not null for update`,
      [run.runId, kind, fingerprint, table],
    );
    if (found.rows[0]) return found.rows[0];
    await connection.query(`drop table if exists ${table}`);
    await connection.query(TABLES[kind](table));
    if (kind === 'ratings') await connection.query(`alter table ${table} alter source set default '${run.source.replaceAll("'", "''")}'`);
    await connection.query('delete from staged_files where run_id = $1 and kind = $2', [run.runId, kind]);
    await connection.query('insert into staged_files (run_id, kind, fingerprint) values ($1, $2, $3)', [run.runId, kind, fingerprint]);
    return NOTHING_STAGED;
  });

/**
 * Writes down how far a run has read, in the transaction of the rows.
 * @throws where somebody else has read on since: an attempt that was given up but goes on changes nothing
 */
export async function advanceStaging(db: Database, runId: string, kind: StagedKind, from: StagedFile, to: StagedFile): Promise<void> {
  const { rowCount } = await db.query(
    `update staged_files set (${FIELDS}) = ($4, $5, $6, $7, $8, $9, $10) where run_id = $1 and kind = $2 and byte_offset = $3 and not is_done`,
    [
      runId,
      kind,
      from.byte_offset,
      to.byte_offset,
      to.lines,
      to.read_rows,
      to.rejected_rows,
      to.rejected_links,
      to.rejects_bytes,
      to.is_done,
    ],
  );
  if (rowCount === 0) throw new Error(`another attempt of ${runId} has read the ${kind} further`);
}

export async function readStagedFile(db: Database, runId: string, kind: StagedKind): Promise<StagedFile> {
  const { rows } = await db.query<StagedFile>(`select ${FIELDS} from staged_files where run_id = $1 and kind = $2`, [runId, kind]);
  return rows[0] ?? NOTHING_STAGED;
}

export async function listStagedKinds(db: Database, runId: string): Promise<StagedKind[]> {
  const { rows } = await db.query<{ kind: StagedKind }>('select kind from staged_files where run_id = $1 and is_done', [runId]);
  return rows.map(({ kind }) => kind);
}

/** Removes all that a run has staged and not published. */
export const dropStaging = (pool: Pool, runId: string): Promise<void> =>
  withTransaction(pool, async (connection) => {
    for (const kind of STAGED_KINDS) await connection.query(`drop table if exists ${stagedTable(runId, kind)}`);
    await connection.query('delete from staged_files where run_id = $1', [runId]);
  });

/**
 * Without constraints: what breaks a rule is counted and set aside by the quality rules, which know the line. Ratings have the columns of the
 * published table, so that the staged one can become a part of it.
 */
const TABLES: Readonly<Record<StagedKind, (table: string) => string>> = {
  movies: (table) => `create table ${table} (
    line integer not null, set_id integer not null, movie_id integer, title text, release_year integer, genres text[] not null, external_ids jsonb not null, matched_by text, attributes jsonb)`,
  users: (table) => `create table ${table} (line integer not null, user_id text, age integer)`,
  ratings: (table) => `create table ${table} (like ratings including defaults);
    alter table ${table} alter user_id drop not null, alter movie_id drop not null, alter rating drop not null, alter rated_at drop not null`,
};
