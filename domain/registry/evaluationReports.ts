import { BlobMissing, type BlobStore } from '../../platform/blobs/store.ts';
import type { Database } from '../../platform/postgres.ts';

export type ReportForm = 'json' | 'html';

const TAGS: Record<ReportForm, string> = { json: 'report_uri', html: 'report_html_uri' };
/** A client can write a run's tags; nothing but a report is read by them. */
const REPORT_URI = /^blob:runs(\/[A-Za-z0-9][A-Za-z0-9._:+-]*)+\/report\.(json|html)$/;

/** The evaluation report of a version, as its run's tags name it; null where there is no such version, or none of its own. */
export async function readEvaluationReport(
  { db, blobs }: { db: Database; blobs: BlobStore },
  { name, version, form }: { name: string; version: string; form: ReportForm },
): Promise<Buffer | null> {
  const { rows } = await db.query<{ uri: string }>(
    `select t.value as uri from model_versions v join registry_run_tags t using (registry_run_id)
     where v.name = $1 and v.version = $2 and t.key = $3`,
    [name, Number(version), TAGS[form]],
  );
  const uri = rows[0]?.uri;
  if (uri === undefined || !REPORT_URI.test(uri) || !uri.endsWith(form)) return null;
  try {
    return await blobs.get(uri);
  } catch (error) {
    if (error instanceof BlobMissing) return null;
    throw error;
  }
}
