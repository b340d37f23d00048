import type { OwnRef } from '../../../contracts/dataImport.ts';
import type { Pool } from '../../../platform/postgres.ts';
import { arrayLiteral } from '../../catalogue/copyText.ts';
import { isReject, type SourceRow } from '../../catalogue/source.ts';
import { expectUnchanged, markFile, type FileMark } from '../reading/fileMark.ts';
import type { StageSetOptions } from '../staging/stageSet.ts';
import { openStaging, stagedTable } from '../staging/staging.ts';
import { stageRows } from '../staging/stageRows.ts';
import { openOwnTable } from './ownTable.ts';
import { mergePairs } from './mergePairs.ts';
import { readChoices, type Choice } from './readChoices.ts';
import { stageLog } from './stageLog.ts';
import { readTitles, type OwnTitle } from './readTitles.ts';
import { scaleOf } from './valueScale.ts';

const TOLD_EVERY_ROWS = 1_000;
/** Ids that go to Postgres in one statement. */
const IDS_AT_ONCE = 5_000;

/**
 * Reads an own log and its titles into the run's staging tables. The log is read twice: what it is about and its highest value first, which memory
 * holds, then its rows, which a try that follows one that was cut off goes on with.
 * @throws Failure `SourceUnavailable` or `SourceCorrupt`, that too where a file changes meanwhile
 */
export async function stageOwn(pool: Pool, set: OwnRef, options: StageSetOptions): Promise<void> {
  const marks = await Promise.all([set.log, ...(set.titles ? [set.titles.file] : [])].map(markFile));
  try {
    await stageMarked(pool, set, marks, options);
  } catch (error) {
    if (!options.signal.aborted) await expectUnchanged(marks); // what changed may be why it cannot be read
    throw error;
  }
}

/** @param marks of the log, and of the titles where there are any */
async function stageMarked(pool: Pool, set: OwnRef, marks: readonly FileMark[], options: StageSetOptions): Promise<void> {
  const { signal, runId, rejectsFileOf } = options;
  const { mtime, size } = marks[0]!;
  const beforeDone = () => expectUnchanged(marks);
  const staging = (kind: 'movies' | 'ratings', read: readonly FileMark[]) =>
    openStaging(pool, { runId, source: set.source }, kind, read.map(({ mark }) => mark).join(' '));
  const [moviesFrom, from] = [await staging('movies', marks), await staging('ratings', marks.slice(0, 1))];
  if (moviesFrom.is_done && from.is_done) return;
  const log = await openOwnTable(set.log, set.encoding);
  const form = { map: set.map, source: set.source, timeOfLog: mtime };

  const items = new Set<string>();
  let [highest, rowsOfLog] = [0, 0];
  for await (const one of readChoices(log, form)) {
    signal.throwIfAborted();
    rowsOfLog += 1;
    if (rowsOfLog % TOLD_EVERY_ROWS === 0) options.onProgress({ reading: 'log', rows: rowsOfLog, bytes: 0, bytes_total: null });
    if (isReject(one)) continue;
    items.add(one.row.item);
    highest = Math.max(highest, one.row.value ?? 0);
  }
  const titles = new Map<string, SourceRow<OwnTitle>>();
  const unusable: SourceRow<OwnTitle>[] = [];
  if (set.titles) {
    for await (const one of readTitles(await openOwnTable(set.titles.file, set.encoding), set.titles.map, set.source)) {
      if (isReject(one)) unusable.push(one);
      else titles.set(one.row.item, one); // the last one counts
    }
  }
  for (const item of items) {
    if (!titles.has(item)) titles.set(item, { line: 0, row: { item, title: item, year: null, genres: [], attributes: {} } });
  }
  const ids = await idsOf(pool, set.source, [...titles.keys()]);

  if (!moviesFrom.is_done) {
    await stageRows(pool, {
      ...{
        runId,
        kind: 'movies',
        rows: listed([...unusable, ...titles.values()]),
        rejectsFile: rejectsFileOf('movies'),
        from: moviesFrom,
        signal,
        beforeDone,
      },
      columns: ['set_id', 'movie_id', 'title', 'release_year', 'genres', 'external_ids', 'attributes'],
      valuesOf: ({ item, title, year, genres, attributes }) => [
        ...[ids.get(item)!, ids.get(item)!, title, year],
        ...[arrayLiteral(genres), JSON.stringify({ [set.source]: item }), JSON.stringify(attributes)],
      ],
    });
  }
  if (from.is_done) return;
  const scale = scaleOf(set, highest);
  if (from.lines > 0) options.onResume(from.lines + 1);
  await stageLog(pool, {
    ...{ runId, rows: readChoices(log, form), rejectsFile: rejectsFileOf('ratings'), from, signal, beforeDone },
    valuesOf: ({ user, item, value, at }: Choice) => [`${set.user_prefix}${user}`, ids.get(item)!, value, at.toISOString()],
    // Of a log that is no text nobody knows the bytes of a row.
    onProgress: ({ lines }) =>
      options.onProgress({ reading: 'ratings', rows: lines, bytes: Math.ceil((size * lines) / rowsOfLog), bytes_total: size }),
    merge: (db) => mergePairs(db, stagedTable(runId, 'ratings'), scale),
  });
}

async function* listed<T>(rows: readonly T[]): AsyncGenerator<T> {
  yield* rows;
}

/** Ids in the catalogue by those of the set; one that is new is given the next. */
async function idsOf(pool: Pool, source: string, items: readonly string[]): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (let from = 0; from < items.length; from += IDS_AT_ONCE) {
    const some = items.slice(from, from + IDS_AT_ONCE);
    await pool.query(
      `insert into own_movie_ids (source, external_id) select $1, item from unnest($2::text[]) item
       where not exists (select from own_movie_ids o where o.source = $1 and o.external_id = item) order by item on conflict do nothing`,
      [source, some],
    );
    const { rows } = await pool.query<{ external_id: string; movie_id: number }>(
      'select external_id, movie_id from own_movie_ids where source = $1 and external_id = any($2)',
      [source, some],
    );
    for (const { external_id, movie_id } of rows) ids.set(external_id, movie_id);
  }
  return ids;
}
