import type { PoolClient } from 'pg';
import { permanent } from '../../../contracts/failures.ts';
import type { RuleReport } from '../../../contracts/quality.ts';
import type { Database } from '../../../platform/postgres.ts';

/** The set under another name that has the same ratings. */
export async function findCopy(db: Database, source: string, digest: string): Promise<string | null> {
  const { rows } = await db.query<{ name: string }>('select name from data_sets where digest = $1 and name <> $2 order by name limit 1', [
    digest,
    source,
  ]);
  return rows[0]?.name ?? null;
}

/** Any fixed number. */
const COPY_LOCK = 7_203_146;

/**
 * The same once more where a set is published: two copies that were checked side by side did not see each other. Copies take turns until the end of the
 * transaction.
 * @throws Failure `QualityGateFailed`
 */
export async function expectNoCopy(connection: PoolClient, runId: string, source: string): Promise<void> {
  const { rows } = await connection.query<{ digest: string | null }>('select digest from quality_reports where run_id = $1', [runId]);
  const digest = rows[0]?.digest;
  if (typeof digest !== 'string') return;
  await connection.query('select pg_advisory_xact_lock($1, hashtext($2))', [COPY_LOCK, digest]);
  const { passed, detail, rule } = judgeCopy(await findCopy(connection, source, digest), 0);
  if (!passed) throw permanent('QualityGateFailed', `${source} is not published, for it breaks a rule: ${rule}: ${detail}`);
}

/** That the set is not here already under another name, so that no rating counts twice. */
export function judgeCopy(copy: string | null, rows: number): RuleReport {
  const detail =
    copy === null ? 'no other set has the same ratings' : `the set ${copy} has the same ratings; remove it first, or import under its name`;
  return { rule: 'ratings.no_copy', check: 'duplicates', passed: copy === null, offending: 0, of: rows, detail, sample: [] };
}
