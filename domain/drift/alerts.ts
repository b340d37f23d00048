import type { DriftAlertEvent } from '../../contracts/events.ts';
import type { TraceCarrier } from '../../contracts/traceContext.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { activeCarrier, inSpan, openSpan } from '../../platform/traces/traces.ts';

/** Whether an alert asks for something; one that tells that a drift is over does not. */
export const isOpen = ({ status }: DriftAlertEvent): boolean => status !== 'resolved';

/** Keeps drift alerts, once per event id; they wait for `forwardDriftAlerts`. @returns how many were new */
export async function recordDriftAlerts(db: Database, alerts: readonly DriftAlertEvent[]): Promise<number> {
  const { rowCount } = await db.query(
    `insert into drift_alerts (event_id, model_name, drift_score, threshold, alert, trace)
     select *, $6::jsonb from unnest($1::uuid[], $2::text[], $3::float8[], $4::float8[], $5::jsonb[])
     on conflict (event_id) do nothing`,
    [
      alerts.map((alert) => alert.event_id),
      alerts.map((alert) => alert.model_name),
      alerts.map((alert) => alert.drift_score),
      alerts.map((alert) => alert.threshold),
      alerts.map((alert) => JSON.stringify(alert)),
      activeCarrier() ?? null,
    ],
  );
  return rowCount ?? 0;
}

/**
 * Hands the oldest alert that nobody has yet to `signal`, and keeps that it was. The row is locked meanwhile, so that two processes never hand on
 * the same alert at once. Killed between the two, it hands the alert on again: the workflow drops it by its id.
 * @returns whether there was one
 */
export const forwardDriftAlert = (pool: Pool, signal: (alert: DriftAlertEvent) => Promise<void>): Promise<boolean> =>
  withTransaction(pool, async (db) => {
    const { rows } = await db.query<{ event_id: string; alert: DriftAlertEvent; trace: TraceCarrier | null }>(
      `select event_id, alert, trace from drift_alerts where signalled_at is null order by received_at limit 1 for update skip locked`,
    );
    const [waiting] = rows;
    if (!waiting) return false;
    const { event_id, alert, trace } = waiting;
    await inSpan(openSpan({ name: 'forward drift alert', parent: trace ?? 'none' }), () => signal(alert));
    await db.query(`update drift_alerts set signalled_at = now() where event_id = $1`, [event_id]);
    return true;
  });
