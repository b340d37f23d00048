import type { BackfillInput, BackfillProgress, BackfillResult } from '../../contracts/schedules.ts';
import type { RunState } from '../../contracts/runs.ts';
import type { Database } from '../../platform/postgres.ts';

/**
 * Which of these runs a backfill leaves alone: those that ran, or are running, before.
 * @param reprocess `failed`: one that ended badly is not left alone
 */
export async function keepRunBefore(db: Database, runIds: readonly string[], reprocess: BackfillInput['reprocess']): Promise<Set<string>> {
  const { rows } = await db.query<{ run_id: string }>(
    `select run_id from runs where run_id = any($1) and ($2 = 'none' or state not in ('failed', 'cancelled'))`,
    [runIds, reprocess],
  );
  return new Set(rows.map(({ run_id }) => run_id));
}

const MAX_LISTED = 20;

/** The latest backfills of a schedule, newest first, with how far they have come. */
export async function listBackfills(db: Database, scheduleId: string): Promise<BackfillProgress[]> {
  const { rows } = await db.query<BackfillRow>(
    `select b.run_id, b.state, b.error, b.input, b.result, b.created_at, b.ended_at,
       count(*) filter (where r.state in ('queued', 'running')) as running, count(*) filter (where r.state = 'success') as succeeded,
       count(*) filter (where r.state in ('failed', 'cancelled')) as failed
     from (select * from runs where workflow = 'scheduleBackfill' and input->>'schedule_id' = $1 order by created_at desc limit $2) b
     left join runs r on r.started_by = b.run_id and r.run_type = 'backfill'
     group by b.run_id, b.state, b.error, b.input, b.result, b.created_at, b.ended_at order by b.created_at desc`,
    [scheduleId, MAX_LISTED],
  );
  return rows.map(({ input, result, created_at, ended_at, ...row }) => ({
    ...row,
    start: input.start,
    end: input.end,
    max_concurrent: input.max_concurrent ?? 1,
    times: input.times ?? null,
    already_run: result?.already_run ?? null,
    created_at: created_at.toISOString(),
    ended_at: ended_at?.toISOString() ?? null,
  }));
}

interface BackfillRow {
  run_id: string;
  state: RunState;
  error: string | null;
  input: Pick<BackfillInput, 'start' | 'end'> & Partial<BackfillInput>;
  result: BackfillResult | null;
  created_at: Date;
  ended_at: Date | null;
  running: number;
  succeeded: number;
  failed: number;
}
