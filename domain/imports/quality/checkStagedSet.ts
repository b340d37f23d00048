import type { PoolClient } from 'pg';
import { STAGED_KINDS, type SetRef, type StagedKind } from '../../../contracts/dataImport.ts';
import type { RuleReport } from '../../../contracts/quality.ts';
import { withTransaction, type Pool } from '../../../platform/postgres.ts';
import { LINKS_READABLE } from '../reading/setLinks.ts';
import { openRejectsFile } from '../staging/rejectsFile.ts';
import { listStagedKinds, readStagedFile, stagedIndex, stagedTable } from '../staging/staging.ts';
import { checkRowRules, checkUnique, judgeShare, type StagedRows } from './checkRows.ts';
import { findCopy, judgeCopy } from './checkCopy.ts';
import { judgeFreshness, judgeVolume, readPublishedBefore } from './checkVolume.ts';
import { findReport, insertReport, type StoredReport } from './qualityReports.ts';
import type { QualityBounds } from '../../../contracts/settings/quality.ts';
import { rowRules, UNIQUE_RULES } from './rules.ts';

export interface CheckOptions {
  readonly runId: string;
  readonly bounds: QualityBounds;
  /** File of the rows of a kind that are set aside; it goes on where reading left it. */
  readonly rejectsFileOf: (kind: StagedKind) => string;
  readonly signal: AbortSignal;
}

/**
 * Holds what a run has staged to the rules, sets the rows that break one aside, and stores the report, all in one transaction: done again it gives
 * the report that is there.
 */
export async function checkStagedSet(
  pool: Pool,
  { dataset, source }: Pick<SetRef, 'dataset' | 'source'>,
  options: CheckOptions,
): Promise<StoredReport> {
  const { runId, bounds } = options;
  return withTransaction(pool, async (connection) => {
    const known = await findReport(connection, runId);
    if (known) return known;
    const staged = await listStagedKinds(connection, runId);
    const before = await readPublishedBefore(connection, { dataset, source }, bounds.volumeRuns);
    const rules: RuleReport[] = [];
    const rowCounts: Partial<Record<StagedKind, number>> = {};
    // Movies first: ratings are held to what is left of them.
    for (const kind of STAGED_KINDS.filter((one) => staged.includes(one))) {
      const found = await checkKind(connection, kind, options);
      rules.push(...found.rules, judgeVolume(kind, found.rows, before, bounds));
      rowCounts[kind] = found.rows;
    }
    const { newest_at, digest } = await readRatingsAsAWhole(connection, runId);
    rules.push(judgeFreshness(newest_at, rowCounts.ratings ?? 0, before, bounds));
    rules.push(judgeCopy(await findCopy(connection, source, digest), rowCounts.ratings ?? 0));
    const passed = rules.every((rule) => rule.passed);
    return insertReport(connection, { run_id: runId, dataset, passed, row_counts: rowCounts, newest_at, rules, digest });
  });
}

/** Links stop nothing: whoever has one that cannot be read has a movie without it. */
const tellLinks = (count: number, sample: RuleReport['sample'], file: string): RuleReport => ({
  ...{ rule: LINKS_READABLE, check: 'schema', passed: true, offending: count, of: count, sample },
  detail: `${count} rows of links.csv are set aside, in ${file}; their movies come without links`,
});

async function checkKind(
  connection: PoolClient,
  kind: StagedKind,
  { runId, bounds, rejectsFileOf, signal }: CheckOptions,
): Promise<{ rules: RuleReport[]; rows: number }> {
  const file = await readStagedFile(connection, runId, kind);
  const rejects = await openRejectsFile(rejectsFileOf(kind), `${kind}.readable`, file.rejects_bytes);
  const staged: StagedRows = { connection, table: stagedTable(runId, kind), rejects, maxRejectShare: bounds.maxRejectShare, signal };
  try {
    const readable = judgeShare(staged, `${kind}.readable`, 'schema', {
      count: file.rejected_rows,
      total: file.read_rows,
      sample: await rejects.sample(`${kind}.readable`),
    });
    const ofLinks =
      file.rejected_links > 0 ? [tellLinks(file.rejected_links, await rejects.sample(LINKS_READABLE), rejectsFileOf(kind))] : [];
    const rules = await checkRowRules(
      staged,
      rowRules(stagedTable(runId, 'movies')).filter(({ about }) => about === kind),
    );
    const left = () => [readable, ...rules].reduce((rows, { offending }) => rows - offending, file.read_rows);
    for (const rule of UNIQUE_RULES.filter(({ about }) => about === kind)) {
      rules.push(await checkUnique(staged, rule, { index: stagedIndex(runId, kind), total: left() }));
    }
    await rejects.flush();
    return { rules: [readable, ...ofLinks, ...rules], rows: left() };
  } finally {
    await rejects.close();
  }
}

/**
 * The digest goes by who chose what, by the set's own ids, how they rated it and when, in whatever order: a copy in another format has the same. Where
 * all rows name one time, they have it from the file, whose copy has another.
 */
async function readRatingsAsAWhole(connection: PoolClient, runId: string): Promise<{ newest_at: Date | null; digest: string }> {
  const [ratings, movies] = [stagedTable(runId, 'ratings'), stagedTable(runId, 'movies')];
  const { rows } = await connection.query<{ newest_at: Date | null; digest: string }>(
    `with span as (select max(rated_at) as newest_at, min(rated_at) = max(rated_at) as is_untimed from ${ratings})
     select max(span.newest_at) as newest_at, count(*) || '-' || coalesce(sum(choice_hash(
       r.source, r.user_id, coalesce(o.external_id, m.set_id::text, r.movie_id::text), r.rating,
       case when span.is_untimed then 0 else date_part('epoch', r.rated_at)::bigint end)), 0) as digest
     from ${ratings} r cross join span left join ${movies} m using (movie_id) left join own_movie_ids o using (movie_id)`,
  );
  return rows[0]!;
}
