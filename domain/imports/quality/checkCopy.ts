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

/** That the set is not here already under another name, so that no rating counts twice. */
export function judgeCopy(copy: string | null, rows: number): RuleReport {
  const detail =
    copy === null ? 'no other set has the same ratings' : `the set ${copy} has the same ratings; remove it first, or import under its name`;
  return { rule: 'ratings.no_copy', check: 'duplicates', passed: copy === null, offending: 0, of: rows, detail, sample: [] };
}
