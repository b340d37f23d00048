import type { DriftConsequence, DriftReport, DriftSummary } from '../../contracts/drift.ts';
import type { Database } from '../../platform/postgres.ts';
import { alertOfReport } from './alertOfReport.ts';
import { listDecisions } from './decisions.ts';

/** What came of a report: the alert that stands for it, the training that this led to, and where there is none, why. */
export async function readConsequence(db: Database, report: DriftReport): Promise<DriftConsequence> {
  const run_id = `drift-retrain/${report.model_name}`;
  const teller = report.alert === 'open' ? await findTeller(db, report) : report.alert === 'sent' ? report.report_id : null;
  if (teller === null) return { alert: null, retraining: null, state: UNTOLD[report.alert] ?? (report.drifted ? 'late' : 'calm'), run_id };
  const event_id = alertOfReport(teller);
  const [retraining = null] = await listDecisions(db, { alert: event_id, limit: 1 });
  const { rows } = await db.query<{ received_at: Date; signalled_at: Date | null }>(
    'select received_at, signalled_at from drift_alerts where event_id = $1',
    [event_id],
  );
  const alert = { event_id, report_id: teller, received_at: rows[0]?.received_at.toISOString() ?? null };
  return { alert, retraining, state: retraining ? 'retrained' : rows[0]?.signalled_at ? 'gathering' : 'on_its_way', run_id };
}

const UNTOLD: Readonly<Partial<Record<DriftSummary['alert'], DriftConsequence['state']>>> = {
  waits: 'waits',
  resolved: 'resolved',
  open: 'late',
};

/** The report that told the alert which was open when this one was made. */
async function findTeller(db: Database, { model_name, model_version, created_at }: DriftReport): Promise<string | null> {
  const { rows } = await db.query<{ report_id: string }>(
    `select report_id from drift_reports where model_name = $1 and model_version = $2 and created_at <= $3 and report ->> 'alert' = 'sent'
     order by window_to desc, created_at desc limit 1`,
    [model_name, model_version, created_at],
  );
  return rows[0]?.report_id ?? null;
}
