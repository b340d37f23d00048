import type { DriftReport, DriftSummary } from '../../contracts/drift.ts';
import { EVENT_TYPES } from '../../contracts/eventTypes.ts';
import type { DriftAlertEvent } from '../../contracts/events.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { nameUuid } from '../events/nameUuid.ts';
import { enqueue } from '../events/outbox.ts';
import { alertOfReport } from './alertOfReport.ts';

type Made = Omit<DriftReport, 'alert'>;

/**
 * Keeps a report and, with it, what follows from it: an alert where the window before had drifted too and no alert of the model is open, or the open one was
 * answered by a training after which the champion stayed; and where one is open and the window is calm, or another version serves, that it is over. All of it
 * or nothing, once for a run and model.
 * @returns as it is kept, by whoever was first
 */
export const keepReport = (pool: Pool, made: Made, htmlUri: string): Promise<DriftReport> =>
  withTransaction(pool, async (db) => {
    await db.query('select pg_advisory_xact_lock(hashtextextended($1, 39))', [`drift ${made.model_name}`]);
    const known = await findByRun(db, made.run_id, made.model_name);
    if (known) return known;
    const open = await findOpenEpisode(db, made.model_name);
    const alert = (await hasLater(db, made)) ? 'none' : await nextAlert(db, made, open);
    const report: DriftReport = { ...made, alert };
    await db.query(
      `insert into drift_reports (report_id, run_id, model_name, model_version, window_from, window_to, drifted, report, html_uri, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        made.report_id,
        made.run_id,
        made.model_name,
        made.model_version,
        made.from,
        made.to,
        made.drifted,
        JSON.stringify(report),
        htmlUri,
        made.created_at,
      ],
    );
    if (alert === 'resolved') await resolveEpisode(db, { model_name: made.model_name, model_version: made.model_version, report: made });
    if (alert === 'sent') await openEpisode(db, made);
    return report;
  });

/** @returns the report of a run on a model; null where it made none yet */
export async function findByRun(db: Database, runId: string, name: string): Promise<DriftReport | null> {
  const { rows } = await db.query<{ report: DriftReport }>('select report from drift_reports where run_id = $1 and model_name = $2', [
    runId,
    name,
  ]);
  return rows[0]?.report ?? null;
}

async function nextAlert(db: Database, made: Made, open: Episode | null): Promise<DriftSummary['alert']> {
  const isCalm = !made.drifted && made.columns.some(({ state }) => state === 'stable');
  if (open && (isCalm || open.model_version !== made.model_version)) return 'resolved';
  if (!made.drifted) return 'none';
  if (open) return open.is_answered ? 'sent' : 'open';
  return (await hadDrifted(db, made)) ? 'sent' : 'waits';
}

/** Whether a later window was looked at already: what a backfill finds alarms nobody. */
async function hasLater(db: Database, { model_name, to }: Made): Promise<boolean> {
  const { rowCount } = await db.query('select from drift_reports where model_name = $1 and window_to > $2 limit 1', [model_name, to]);
  return rowCount === 1;
}

/** Whether the same version had drifted in the window before, of which no hour is in this one. */
async function hadDrifted(db: Database, { model_name, model_version, from, to }: Made): Promise<boolean> {
  const { rows } = await db.query<{ drifted: boolean }>(
    `select drifted from drift_reports
     where model_name = $1 and model_version = $2 and window_to <= $3 and window_to > $3::timestamptz - ($4::timestamptz - $3::timestamptz)
     order by window_to desc, created_at desc limit 1`,
    [model_name, model_version, from, to],
  );
  return rows[0]?.drifted ?? false;
}

interface Episode {
  readonly alert_id: string;
  readonly model_version: string;
  /** A training that it led to has ended, and did not end the drift. */
  readonly is_answered: boolean;
}

async function findOpenEpisode(db: Database, name: string): Promise<Episode | null> {
  const { rows } = await db.query<Episode>(
    `select alert_id, model_version,
       exists (select from drift_decisions d where d.model_name = $1 and e.alert_id = any (d.alerts) and d.outcome <> 'training') as is_answered
     from drift_episodes e where model_name = $1 and closed_at is null`,
    [name],
  );
  return rows[0] ?? null;
}

/** One that is open goes on under the new alert. */
async function openEpisode(db: Database, made: Made): Promise<void> {
  const alertId = alertOfReport(made.report_id);
  await db.query(
    `insert into drift_episodes (alert_id, model_name, model_version, report_id) values ($1, $2, $3, $4)
     on conflict (model_name) where closed_at is null do update set alert_id = excluded.alert_id, report_id = excluded.report_id`,
    [alertId, made.model_name, made.model_version, made.report_id],
  );
  await tell(db, { event_id: alertId, model_name: made.model_name, model_version: made.model_version, status: 'open', ...figuresOf(made) });
}

/**
 * Tells that the open alert of a model is over, where there is one.
 * @param report that found the window calm; where there is none another version became champion
 */
export async function resolveEpisode(
  db: Database,
  { model_name, model_version, report }: Pick<Made, 'model_name' | 'model_version'> & { report?: Made },
): Promise<void> {
  const { rows } = await db.query<{ alert_id: string }>(
    'update drift_episodes set closed_at = now() where model_name = $1 and closed_at is null returning alert_id',
    [model_name],
  );
  if (!rows[0]) return;
  const figures = report ? figuresOf(report) : { drift_score: 0, threshold: 1 };
  await tell(db, { event_id: nameUuid(`drift resolved ${rows[0].alert_id}`), model_name, model_version, status: 'resolved', ...figures });
}

/** The score is the largest difference by its threshold, so that what alarms has 1 or more. */
function figuresOf({ report_id, columns, verdict }: Made) {
  const counted = columns.filter(({ state }) => state === 'drifted');
  return {
    drift_score: Math.max(0, ...counted.map(({ score }) => score!)),
    threshold: 1,
    metrics: Object.fromEntries(columns.flatMap(({ column, score }) => (score === null ? [] : [[column, score]]))),
    quality: verdict.quality,
    report_id,
  };
}

const tell = (db: Database, event: Omit<DriftAlertEvent, 'timestamp'>): Promise<void> =>
  enqueue(db, {
    ...EVENT_TYPES.model_drift,
    id: event.event_id,
    key: event.model_name,
    payload: { ...event, timestamp: new Date().toISOString() },
  });
