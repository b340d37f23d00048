import pMap from 'p-map';
import type { RunType } from '../../contracts/runs.ts';
import { LEDGER } from '../../contracts/sizes.ts';
import { isStorable } from '../../contracts/text.ts';
import { runOf } from '../../contracts/workflows.ts';
import { RUNS_AT_ONCE } from './syncRun.ts';
import type { Database } from '../../platform/postgres.ts';
import { keptJson } from './kept.ts';
import { makeRoom, type Execution } from './makeRoom.ts';

/** A run as the workflow engine lists it. */
export interface ListedRun {
  readonly runId: string;
  readonly temporalRunId: string;
  readonly workflow: string;
  readonly startedAt: Date;
  readonly scheduleId: string | null;
  readonly scheduledAt: Date | null;
  /** The workflow that started it */
  readonly parentId: string | null;
  /** Who started it, where that was said there */
  readonly startedBy: string | null;
}

interface Engine {
  /** Runs that have started since, whatever became of them. */
  readonly listStarted: (since: Date) => Promise<ListedRun[]>;
  /** How a run began, and with what; `missing` when it is known no more. */
  readonly readStart: (runId: string, temporalRunId: string) => Promise<Start | 'missing'>;
}
type Start = Omit<Execution, 'temporalRunId'> & { readonly input: unknown };

/**
 * Brings into the ledger the runs that nobody reserved there: those of schedules, of backfills, of the Temporal UI. Each gets its real input, start
 * and origin. Where an id ran several times each of them is a run, the latest under the id.
 * @returns how many there were, and the latest start that was seen
 */
export async function adoptRuns(db: Database, { listStarted, readStart }: Engine, since: Date): Promise<{ adopted: number; latest: Date }> {
  const listed = (await listStarted(since)).filter(isOurs);
  const unknown = await keepUnknown(db, listed);
  const adoptEach = async (runs: readonly ListedRun[]) => {
    for (const run of runs) {
      const start = await readStart(run.runId, run.temporalRunId);
      if (start !== 'missing') await adopt(db, run, start);
    }
  };
  await pMap(inOrderById(unknown), adoptEach, { concurrency: RUNS_AT_ONCE });
  const latest = new Date(Math.max(since.getTime(), ...listed.map(({ startedAt }) => startedAt.getTime())));
  return { adopted: unknown.length, latest };
}

/** The steps of a part are shown with the run that it belongs to, which is the one to adopt. An id that no row can hold is nobody's. */
const isOurs = ({ runId, parentId }: ListedRun) => runOf(runId, parentId).subject === null && isStorable(runId);

/** An id that ran again is listed once for each time; the earliest of an id comes first. */
function inOrderById(runs: readonly ListedRun[]): ListedRun[][] {
  const ordered = runs.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
  const ids = [...new Set(ordered.map(({ runId }) => runId))];
  return ids.map((id) => ordered.filter(({ runId }) => runId === id));
}

async function keepUnknown(db: Database, runs: readonly ListedRun[]): Promise<ListedRun[]> {
  const { rows } = await db.query<{ temporal_run_id: string }>(
    `select l.temporal_run_id from unnest($1::text[], $2::text[], $3::timestamptz[]) as l (run_id, temporal_run_id, started_at)
     left join runs r on r.run_id = l.run_id
     where (r.run_id is null or (r.input is null and r.temporal_run_id is not distinct from l.temporal_run_id)
         or (r.temporal_run_id <> l.temporal_run_id
           and not exists (select from run_steps s where s.workflow_id = l.run_id and s.temporal_run_id = l.temporal_run_id)))
       and not exists (select from runs e where e.earlier_of = l.run_id and e.temporal_run_id = l.temporal_run_id)
       and not exists (
         select from deleted_runs d
         where d.run_id in (l.run_id, l.run_id || '@' || l.temporal_run_id) and d.deleted_at >= l.started_at
       )`,
    [runs.map(({ runId }) => runId), runs.map(({ temporalRunId }) => temporalRunId), runs.map(({ startedAt }) => startedAt)],
  );
  const unknown = new Set(rows.map(({ temporal_run_id }) => temporal_run_id));
  return runs.filter(({ temporalRunId }) => unknown.has(temporalRunId));
}

async function adopt(db: Database, run: ListedRun, { input, firstRunId, isReset }: Start): Promise<void> {
  const { runId, workflow, temporalRunId, startedAt, scheduleId, scheduledAt } = run;
  const { runType, startedBy } = originOf(run);
  const isEarlier = await isBeforeWhatStands(db, run);
  if (!isEarlier) await makeRoom(db, runId, { temporalRunId, firstRunId, isReset });
  await db.query(
    `insert into runs (run_id, workflow, temporal_run_id, state, input, started_by, run_type, schedule_id, logical_date, created_at, started_at,
       first_run_id, earlier_of)
     values ($1, $2, $3, 'running', $4, $5, $6, $7, $8, $9, $9, $10, $11)
     on conflict (run_id) do update set workflow = excluded.workflow, input = coalesce(runs.input, excluded.input),
       temporal_run_id = excluded.temporal_run_id, first_run_id = coalesce(runs.first_run_id, excluded.first_run_id), set_back = false,
       started_by = case when runs.started_by = 'temporal' then excluded.started_by else runs.started_by end,
       run_type = excluded.run_type, schedule_id = excluded.schedule_id, logical_date = coalesce(excluded.logical_date, runs.logical_date),
       created_at = least(runs.created_at, excluded.created_at), started_at = least(runs.started_at, excluded.started_at),
       state = case when runs.temporal_run_id <> excluded.temporal_run_id then 'running' else runs.state end,
       ended_at = case when runs.temporal_run_id <> excluded.temporal_run_id then null else runs.ended_at end,
       result = case when runs.temporal_run_id <> excluded.temporal_run_id then null else runs.result end,
       error = case when runs.temporal_run_id <> excluded.temporal_run_id then null else runs.error end`,
    [
      isEarlier ? `${runId}@${temporalRunId}` : runId,
      workflow,
      temporalRunId,
      keptJson(input ?? {}, 'input', LEDGER.inputBytes),
      startedBy,
      runType,
      scheduleId,
      scheduledAt,
      startedAt,
      firstRunId,
      isEarlier ? runId : null,
    ],
  );
}

/** Whether a later run stands at the id already. */
async function isBeforeWhatStands(db: Database, { runId, temporalRunId, startedAt }: ListedRun): Promise<boolean> {
  const sql = 'select from runs where run_id = $1 and temporal_run_id <> $2 and started_at > $3';
  return (await db.query(sql, [runId, temporalRunId, startedAt])).rows.length > 0;
}

function originOf({ parentId, scheduleId, startedBy }: ListedRun): { runType: RunType; startedBy: string } {
  // Temporal itself starts a schedule's runs without a parent.
  if (parentId !== null && scheduleId !== null) return { runType: 'backfill', startedBy: parentId };
  if (scheduleId !== null) return { runType: 'scheduled', startedBy: `schedule/${scheduleId}` };
  return { runType: 'manual', startedBy: parentId ?? startedBy ?? 'temporal' };
}
