import type { Canary, CanaryPlan, CanaryReport } from '../../contracts/canary.ts';
import { missing } from '../../contracts/failures.ts';
import type { RouteSpec } from '../../contracts/routes.ts';
import { canaryId } from '../../contracts/workflows.ts';
import type { Database } from '../../platform/postgres.ts';

/** A rollout as its steps see it. */
export interface Rollout {
  readonly rollout_id: string;
  readonly route: string;
  readonly model: string;
  readonly version: string;
  readonly champion: string | null;
  readonly plan: Pick<CanaryPlan, 'stages' | 'limits' | 'alpha' | 'max_minutes' | 'check_seconds'>;
  readonly state: Canary['state'];
  readonly paused: boolean;
  readonly reason: string;
  readonly before: RouteSpec;
  readonly before_revision: number;
  /** Of the route as the rollout set it last. */
  readonly revision: number;
  /** From 0; null before the first. */
  readonly stage: number | null;
}

const COLUMNS =
  'rollout_id, route, model, version::text, champion::text, plan, state, paused, reason, before, before_revision, revision, stage, started_at, ended_at';

/** Where it is held, nobody else changes it until the transaction ends. */
export const holdRollout = (db: Database, id: string): Promise<Rollout> => selectOne(db, id, 'for update');
export const readRollout = (db: Database, id: string): Promise<Rollout> => selectOne(db, id, '');

async function selectOne(db: Database, id: string, lock: string): Promise<Rollout> {
  const { rows } = await db.query<Rollout>(`select ${COLUMNS} from canary_rollouts where rollout_id = $1 ${lock}`, [id]);
  if (!rows[0]) throw missing(`there is no rollout ${id}`);
  return rows[0];
}

export async function findRunning(db: Database, route: string): Promise<Rollout | null> {
  const { rows } = await db.query<Rollout>(`select ${COLUMNS} from canary_rollouts where route = $1 and state = 'running'`, [route]);
  return rows[0] ?? null;
}

export async function isKnown(db: Database, id: string): Promise<boolean> {
  const { rows } = await db.query('select from canary_rollouts where rollout_id = $1', [id]);
  return rows.length > 0;
}

export async function insertRollout(
  db: Database,
  {
    rollout_id,
    route,
    model,
    version,
    champion,
    plan,
    reason,
    before,
    before_revision,
  }: Omit<Rollout, 'state' | 'paused' | 'stage' | 'revision'>,
): Promise<void> {
  await db.query(
    `insert into canary_rollouts (rollout_id, route, model, version, champion, plan, reason, before, before_revision, revision)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
    [rollout_id, route, model, version, champion, JSON.stringify(plan), reason, JSON.stringify(before), before_revision],
  );
}

/** @param revision of the route that the stage made */
export async function recordStage(
  db: Database,
  id: string,
  { stage, share, revision }: { stage: number; share: number; revision: number },
): Promise<void> {
  await db.query('insert into canary_stages (rollout_id, stage, share, revision) values ($1, $2, $3, $4)', [id, stage, share, revision]);
  await db.query('update canary_rollouts set stage = $2, revision = $3 where rollout_id = $1', [id, stage, revision]);
}

interface Look {
  readonly stage: number;
  readonly paused: boolean;
  readonly verdict: string;
  readonly reason: string;
  readonly report: CanaryReport | null;
}

export async function recordLook(db: Database, id: string, { stage, paused, verdict, reason, report }: Look): Promise<void> {
  await db.query('update canary_rollouts set paused = $2 where rollout_id = $1 and paused <> $2', [id, paused]);
  await db.query(
    `update canary_stages set checked_at = clock_timestamp(), verdict = $3, reason = $4, report = coalesce($5, report)
     where rollout_id = $1 and stage = $2`,
    [id, stage, verdict, reason, report && JSON.stringify(report)],
  );
}

export async function recordEnd(db: Database, id: string, outcome: Canary['state'], reason: string): Promise<void> {
  await db.query(`update canary_rollouts set state = $2, reason = $3, paused = false, ended_at = clock_timestamp() where rollout_id = $1`, [
    id,
    outcome,
    reason,
  ]);
}

export async function stagesOf(db: Database, id: string): Promise<{ share: number; revision: number }[]> {
  const { rows } = await db.query<{ share: number; revision: number }>(
    'select share, revision from canary_stages where rollout_id = $1 order by stage',
    [id],
  );
  return rows;
}

type StageRow = Omit<Canary['stages'][number], 'started_at' | 'checked_at'> & {
  rollout_id: string;
  started_at: Date;
  checked_at: Date | null;
};

/** Newest first. @param route of which; of all where it is undefined */
export async function listRollouts(db: Database, { route, limit }: { route?: string | undefined; limit: number }): Promise<Canary[]> {
  const { rows } = await db.query<Rollout & { started_at: Date; ended_at: Date | null }>(
    `select ${COLUMNS} from canary_rollouts where $1::text is null or route = $1 order by started_at desc limit $2`,
    [route ?? null, limit],
  );
  const ids = rows.map(({ rollout_id }) => rollout_id);
  const { rows: stages } = await db.query<StageRow>(
    `select rollout_id, stage + 1 as stage, share, revision, started_at, checked_at, verdict, reason, report
     from canary_stages where rollout_id = any ($1) order by rollout_id, stage`,
    [ids],
  );
  return rows.map(({ rollout_id, route: on, model, version, champion, state, paused, reason, stage, plan, started_at, ended_at }) => ({
    ...{ rollout_id, run_id: canaryId(on), route: on, model, version, champion, state, paused, reason, plan },
    stage: stage === null ? null : stage + 1,
    stages: stages
      .filter((row) => row.rollout_id === rollout_id)
      .map(({ rollout_id: _, ...row }) => ({
        ...row,
        started_at: row.started_at.toISOString(),
        checked_at: row.checked_at?.toISOString() ?? null,
      })),
    started_at: started_at.toISOString(),
    ended_at: ended_at?.toISOString() ?? null,
  }));
}

/** How many rollouts there were of each outcome, and the share that each has that goes on. */
export async function countRollouts(
  db: Database,
): Promise<{ byState: { state: string; count: number }[]; shares: { route: string; share: number }[] }> {
  const { rows: byState } = await db.query<{ state: string; count: number }>('select state, count(*) from canary_rollouts group by state');
  const { rows: shares } = await db.query<{ route: string; share: number }>(
    `select route, coalesce((select share from canary_stages s where (s.rollout_id, s.stage) = (r.rollout_id, r.stage)), 0) as share
     from canary_rollouts r where state = 'running'`,
  );
  return { byState, shares };
}
