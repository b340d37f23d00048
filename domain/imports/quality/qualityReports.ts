import type { StagedKind } from '../../../contracts/dataImport.ts';
import type { QualityReport, QualitySummary } from '../../../contracts/quality.ts';
import { storableJson, type Database } from '../../../platform/postgres.ts';

/** A report as the domain has it: times are dates. */
export type StoredReport = Omit<QualityReport, 'newest_at' | 'checked_at' | 'published_at'> & {
  readonly newest_at: Date | null;
  readonly checked_at: Date;
  readonly published_at: Date | null;
  readonly published_counts: Readonly<Partial<Record<StagedKind, number>>> | null;
};
const COLUMNS = 'run_id, dataset, passed, row_counts, newest_at, checked_at, published_at, published_counts, rules';

export async function findReport(db: Database, runId: string): Promise<StoredReport | null> {
  const { rows } = await db.query<StoredReport>(`select ${COLUMNS} from quality_reports where run_id = $1`, [runId]);
  return rows[0] ?? null;
}

export async function insertReport(
  db: Database,
  report: Pick<StoredReport, 'run_id' | 'dataset' | 'passed' | 'row_counts' | 'newest_at' | 'rules'> & { readonly digest?: string | null },
): Promise<StoredReport> {
  const { rows } = await db.query<StoredReport>(
    `insert into quality_reports (run_id, dataset, passed, row_counts, newest_at, rules, digest) values ($1, $2, $3, $4, $5, $6, $7) returning ${COLUMNS}`,
    [report.run_id, report.dataset, report.passed, report.row_counts, report.newest_at, storableJson(report.rules), report.digest ?? null],
  );
  return rows[0]!;
}

/** Writes down, in the transaction that publishes, what was published. */
export async function markPublished(db: Database, runId: string, counts: Readonly<Record<StagedKind, number>>): Promise<void> {
  await db.query('update quality_reports set published_at = now(), published_counts = $2 where run_id = $1', [runId, counts]);
}

export async function readQualityReport(db: Database, runId: string): Promise<QualityReport | null> {
  const found = await findReport(db, runId);
  return found && { ...summaryOf(found), rules: found.rules };
}

export interface ReportFilter {
  readonly dataset?: string | undefined;
  readonly limit: number;
}

/** The latest reports, newest first. */
export async function listReports(db: Database, { dataset, limit }: ReportFilter): Promise<QualitySummary[]> {
  const { rows } = await db.query<StoredReport>(
    `select ${COLUMNS} from quality_reports where $1::text is null or dataset = $1 order by checked_at desc, run_id desc limit $2`,
    [dataset ?? null, limit],
  );
  return rows.map((report) => ({
    ...summaryOf(report),
    failed_rules: report.rules.filter(({ passed }) => !passed).map(({ rule }) => rule),
  }));
}

const summaryOf = ({ run_id, dataset, passed, row_counts, newest_at, checked_at, published_at }: StoredReport) => ({
  run_id,
  dataset,
  passed,
  row_counts,
  newest_at: newest_at?.toISOString() ?? null,
  checked_at: checked_at.toISOString(),
  published_at: published_at?.toISOString() ?? null,
});

/** Which rules were broken and by which rows. */
export function brokenRulesText({ run_id, dataset, rules }: StoredReport): string {
  const failed = rules.filter(({ passed }) => !passed);
  const described = failed.map(({ rule, detail, sample }) => {
    const rows = sample.slice(0, 3).map(({ line, reason }) => `line ${line}: ${reason}`);
    return `${rule}: ${detail}${rows.length > 0 ? ` (${rows.join('; ')})` : ''}`;
  });
  return `${dataset} is not published, for it breaks ${failed.length} of ${rules.length} rules: ${described.join('; ')}. \`npx mlops data quality ${run_id}\` shows them all`;
}
