import type { DriftDecision } from '../../contracts/drift.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';
import { countHeldBack } from '../pushes/pushes.ts';
import { resolveEpisode } from './keepReport.ts';

export interface OpenedDecision {
  readonly run_id: string;
  readonly model_name: DriftDecision['model_name'];
  readonly alerts: readonly string[];
  readonly most_a_day: number;
}

/**
 * Keeps that alerts lead to a training; the same again changes nothing.
 * @returns 0, or how long it must wait first (ms) where as many of the model began within the last 24 hours as may; then nothing is kept
 */
export async function openDecision(db: Database, { run_id, model_name, alerts, most_a_day }: OpenedDecision): Promise<number> {
  const { rows } = await db.query<{ wait: number }>(
    `select ceil(extract(epoch from started_at + interval '1 day' - now()) * 1000)::float8 as wait from drift_decisions
     where model_name = $1 and started_at > now() - interval '1 day' and not exists (select from drift_decisions where run_id = $2)
     order by started_at desc offset $3 limit 1`,
    [model_name, run_id, most_a_day - 1],
  );
  if (rows[0]) return Math.max(1, rows[0].wait);
  await db.query('insert into drift_decisions (run_id, model_name, alerts) values ($1, $2, $3) on conflict (run_id) do nothing', [
    run_id,
    model_name,
    alerts,
  ]);
  return 0;
}

export interface ClosedDecision {
  readonly run_id: string;
  readonly outcome: Exclude<DriftDecision['outcome'], 'training'>;
  readonly version: string | null;
  readonly reason: string;
}

/**
 * Keeps what became of a training, and tells whoever listens: a webhook of it, and where the challenger was promoted, that the model's open alert is over.
 * The same again changes nothing and tells nobody.
 */
export const closeDecision = (pool: Pool, { run_id, outcome, version, reason }: ClosedDecision): Promise<void> =>
  withTransaction(pool, async (db) => {
    const { rows } = await db.query<{ model_name: DriftDecision['model_name'] }>(
      `update drift_decisions set outcome = $2, version = $3, reason = $4, held_choices = $5, decided_at = now()
       where run_id = $1 and outcome = 'training' returning model_name`,
      [run_id, outcome, version, reason, await countHeldBack(db)],
    );
    if (!rows[0]) return;
    const { model_name } = rows[0];
    await db.query(`select tell_webhooks('drift_retrain.decided', $1)`, [
      JSON.stringify({ name: model_name, version, run_id, outcome, reason }),
    ]);
    if (outcome === 'promoted' && version !== null) await resolveEpisode(db, { model_name, model_version: version });
  });

/** Newest first. @param alert that they answer */
export async function listDecisions(
  db: Database,
  { model, alert, limit }: { model?: string | undefined; alert?: string; limit: number },
): Promise<DriftDecision[]> {
  const { rows } = await db.query<DecisionRow>(
    `select d.run_id, d.model_name, d.alerts, d.outcome, d.version, d.reason, d.held_choices, d.started_at, d.decided_at,
       coalesce(a.alert ->> 'quality', 'unknown') as quality, coalesce(a.drift_score, 0) as drift_score, a.alert ->> 'report_id' as report_id
     from drift_decisions d left join lateral (
       select alert, drift_score from drift_alerts where event_id = any (d.alerts) order by alert ? 'report_id' desc, drift_score desc limit 1
     ) a on true
     where ($1::text is null or d.model_name = $1) and ($3::uuid is null or $3 = any (d.alerts)) order by d.started_at desc, d.run_id limit $2`,
    [model ?? null, limit, alert ?? null],
  );
  return rows.map((row) => ({ ...row, started_at: row.started_at.toISOString(), decided_at: row.decided_at?.toISOString() ?? null }));
}

type DecisionRow = Omit<DriftDecision, 'started_at' | 'decided_at'> & { started_at: Date; decided_at: Date | null };
