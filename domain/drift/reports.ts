import type { DriftReport, DriftSummary } from '../../contracts/drift.ts';
import { BlobMissing, type BlobStore } from '../../platform/blobs/store.ts';
import type { Database } from '../../platform/postgres.ts';

/** Newest first. */
export async function listReports(db: Database, { model, limit }: { model?: string | undefined; limit: number }): Promise<DriftSummary[]> {
  const { rows } = await db.query<{ report: DriftReport }>(
    `select report - 'columns' - 'pushes' as report from drift_reports where $1::text is null or model_name = $1
     order by created_at desc, report_id limit $2`,
    [model ?? null, limit],
  );
  return rows.map(({ report }) => report);
}

export async function readReport(db: Database, reportId: string): Promise<DriftReport | null> {
  const { rows } = await db.query<{ report: DriftReport }>('select report from drift_reports where report_id = $1', [reportId]);
  return rows[0]?.report ?? null;
}

/** The report as a page; null where there is none, or none any more. */
export async function readReportPage({ db, blobs }: { db: Database; blobs: BlobStore }, reportId: string): Promise<string | null> {
  const { rows } = await db.query<{ html_uri: string }>('select html_uri from drift_reports where report_id = $1', [reportId]);
  if (!rows[0]) return null;
  try {
    return (await blobs.get(rows[0].html_uri)).toString();
  } catch (error) {
    if (error instanceof BlobMissing) return null;
    throw error;
  }
}

/** The latest report of each model. */
export async function latestReports(db: Database): Promise<DriftReport[]> {
  const { rows } = await db.query<{ report: DriftReport }>(
    'select distinct on (model_name) report from drift_reports order by model_name, window_to desc, created_at desc',
  );
  return rows.map(({ report }) => report);
}
