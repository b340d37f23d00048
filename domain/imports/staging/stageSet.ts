import type { ImportProgress, MovieLensRef, StagedKind } from '../../../contracts/dataImport.ts';
import { permanent } from '../../../contracts/failures.ts';
import type { Pool } from '../../../platform/postgres.ts';
import { arrayLiteral } from '../../catalogue/copyText.ts';
import { expectUnchanged, markFile } from '../reading/fileMark.ts';
import { findFiles, goesBy100k, type SetFiles } from '../reading/formats.ts';
import { matchStagedTitles, TAB_IDS_FROM } from './matchTitles.ts';
import { readSetMovies } from '../reading/setMovies.ts';
import { readSetUsers } from '../reading/setUsers.ts';
import { openStaging, stagedTable } from './staging.ts';
import { stageRatings } from './stageRatings.ts';
import { stageRows } from './stageRows.ts';

export type StageProgress = Pick<ImportProgress, 'reading' | 'rows' | 'bytes' | 'bytes_total'>;

export interface StageSetOptions {
  readonly runId: string;
  /** File of the rows of a kind that are set aside. */
  readonly rejectsFileOf: (kind: StagedKind) => string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: StageProgress) => void;
  /** Called where an earlier try has read some of the ratings, with the line, or of an own log the row, after its last. */
  readonly onResume: (fromLine: number) => void;
}

/**
 * Reads a set into the run's staging tables, from where an earlier try came to. Rows that are no rows are set aside with the reason.
 * @throws Failure `SourceUnavailable` or `SourceCorrupt`, that too where a file changes meanwhile
 */
export async function stageSet(pool: Pool, set: MovieLensRef, options: StageSetOptions): Promise<void> {
  const opened = { ...set, files: await findFiles(set.folder, set.format) };
  await stageMovies(pool, opened, options);
  await stageUsers(pool, opened, options);
  await stageAllRatings(pool, opened, options);
}

interface OpenedSet extends MovieLensRef {
  readonly files: SetFiles;
}

async function stageMovies(pool: Pool, set: OpenedSet, options: StageSetOptions): Promise<void> {
  const { runId, rejectsFileOf, signal } = options;
  const { from, report, beforeDone } = await open(pool, set, 'movies', set.files.movies, options);
  if (from.is_done) return;
  await stageRows(pool, {
    runId,
    kind: 'movies',
    rows: readSetMovies(set.format, set.files, { hasNumberedIds: true, encoding: set.encoding }),
    columns: ['set_id', 'movie_id', 'title', 'release_year', 'genres', 'external_ids'],
    valuesOf: ({ set_id, title, release_year, genres, external_ids }) => [
      Number(set_id),
      Number(set_id),
      title,
      release_year,
      arrayLiteral(genres),
      JSON.stringify(external_ids),
    ],
    rejectsFile: rejectsFileOf('movies'),
    from,
    signal,
    beforeDone,
    ...(goesBy100k(set.format, set.files) && { afterRows: (db) => matchStagedTitles(db, stagedTable(runId, 'movies')) }),
  }).then(report);
}

async function stageUsers(pool: Pool, set: OpenedSet, options: StageSetOptions): Promise<void> {
  const { runId, rejectsFileOf, signal } = options;
  const file = set.files.users;
  if (file === null || set.format === 'csv') return;
  const { from, report, beforeDone } = await open(pool, set, 'users', file, options);
  if (from.is_done) return;
  await stageRows(pool, {
    runId,
    kind: 'users',
    rows: readSetUsers(file, set.format),
    columns: ['user_id', 'age'],
    valuesOf: ({ set_id, age }) => [`${set.user_prefix}${set_id}`, age],
    rejectsFile: rejectsFileOf('users'),
    from,
    signal,
    beforeDone,
  }).then(report);
}

async function stageAllRatings(pool: Pool, set: OpenedSet, options: StageSetOptions): Promise<void> {
  const { runId, rejectsFileOf, signal, onResume } = options;
  const { from, report, file, beforeDone } = await open(pool, set, 'ratings', set.files.ratings[0] ?? null, options);
  if (from.is_done) return;
  if (from.lines > 0) onResume(from.lines + 1);
  await stageRatings(pool, {
    runId,
    file,
    format: set.format,
    userPrefix: set.user_prefix,
    movieIdOf: goesBy100k(set.format, set.files) ? await readCatalogueIds(pool, runId) : (id) => id,
    rejectsFile: rejectsFileOf('ratings'),
    from,
    signal,
    onProgress: report,
    beforeDone,
  });
}

/** Catalogue ids by 100K's own. A movie that the set itself does not list gets an id that no movie has, for the rules to find. */
async function readCatalogueIds(pool: Pool, runId: string): Promise<(setId: number) => number> {
  const table = stagedTable(runId, 'movies');
  const { rows } = await pool.query<{ set_id: number; movie_id: number }>(`select set_id, movie_id from ${table}`);
  const ids = new Map(rows.map(({ set_id, movie_id }) => [set_id, movie_id]));
  return (setId) => ids.get(setId) ?? TAB_IDS_FROM + setId;
}

async function open(pool: Pool, set: OpenedSet, kind: StagedKind, file: string | null, { runId, onProgress }: StageSetOptions) {
  if (file === null) throw permanent('SourceUnavailable', `the file of ${kind} is missing in ${set.folder}`);
  const beside = kind === 'movies' && set.files.links !== null ? [set.files.links] : [];
  const marks = await Promise.all([file, ...beside].map(markFile));
  const { size } = marks[0]!;
  const from = await openStaging(pool, { runId, source: set.source }, kind, marks.map(({ mark }) => mark).join(' '));
  const report = ({ read_rows, byte_offset, is_done }: { read_rows: number; byte_offset: number; is_done: boolean }) =>
    onProgress({ reading: kind, rows: read_rows, bytes: is_done ? size : byte_offset, bytes_total: size });
  return { from, report, file, beforeDone: () => expectUnchanged(marks) };
}
