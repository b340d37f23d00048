import type { MirrorState } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';

/** How long a process that was killed keeps others from going on. Renewed before each request, which takes a third of it at most. */
const LEASED_FOR = '30 seconds';
/** What the server did not take is offered again after this, for its reason may lie there. */
const OFFERED_AGAIN_AFTER = '10 minutes';

/** Takes or renews the right to log to the server. @returns whether it is this owner's */
export async function leaseMirror(db: Database, target: string, owner: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into registry_mirrors as m (target, owner, leased_until) values ($1, $2, now() + interval '${LEASED_FOR}')
     on conflict (target) do update set owner = excluded.owner, leased_until = excluded.leased_until where m.owner = $2 or m.leased_until <= now()`,
    [target, owner],
  );
  return rowCount === 1;
}

/** Lets go of the server and keeps whether it was reached. @param failure why it was not; null where it was */
export async function releaseMirror(db: Database, target: string, owner: string, failure: string | null): Promise<void> {
  await db.query(
    `update registry_mirrors set owner = null, leased_until = '-infinity', failure = $3,
       reached_at = case when $3::text is null then now() else reached_at end, failed_at = case when $3::text is null then failed_at else now() end
     where target = $1 and owner = $2`,
    [target, owner, failure],
  );
}

const text = (rows: string) => `array(${rows} order by 1)::text`;

/** All that is logged of a run, in short: another one where something of it changed. */
const RUN_FINGERPRINT = `md5(row(r.name, r.status, r.ended_at,
  ${text('select (p.key, p.value) from registry_run_params p where p.registry_run_id = r.registry_run_id')},
  ${text('select (t.key, t.value) from registry_run_tags t where t.registry_run_id = r.registry_run_id')},
  ${text('select (m.key, m.step, m.recorded_at, m.value) from registry_run_latest_metrics m where m.registry_run_id = r.registry_run_id')})::text)`;
const VERSION_FINGERPRINT = `md5(row(v.description,
  ${text('select (t.key, t.value) from model_version_tags t where t.name = v.name and t.version = v.version')},
  ${text('select a.alias from model_aliases a where a.name = v.name and a.version = v.version')})::text)`;

/** Those of our own trainings and sweeps: what made them has a name. */
const KINDS = {
  run: `select r.registry_run_id as id, r.started_at as at, ${RUN_FINGERPRINT} as fingerprint from registry_runs r
    where r.origin is not null and r.lifecycle_stage = 'active'`,
  version: `select v.name || '/' || v.version as id, v.created_at as at, ${VERSION_FINGERPRINT} as fingerprint from model_versions v
    where v.origin is not null`,
} as const;
export type Kind = keyof typeof KINDS;

export interface Behind {
  readonly id: string;
  readonly fingerprint: string;
  /** Its id on the server; null where it is not known to be there */
  readonly mirroredAs: string | null;
}

const behindOf = (
  kind: Kind,
) => `from (${KINDS[kind]}) o left join registry_mirrored d on d.target = $1 and d.kind = '${kind}' and d.id = o.id
  where (d.fingerprint is distinct from o.fingerprint or d.refusal is not null)`;

/** What is not logged yet as it is now, oldest first. What the server refused as it is now comes again after a while. */
export async function listBehind(db: Database, target: string, kind: Kind, limit: number): Promise<Behind[]> {
  const { rows } = await db.query<Behind>(
    `select o.id, o.fingerprint, d.mirrored_as as "mirroredAs" ${behindOf(kind)}
       and (d.refusal is null or d.fingerprint <> o.fingerprint or d.tried_at < now() - interval '${OFFERED_AGAIN_AFTER}')
     order by o.at, o.id limit $2`,
    [target, limit],
  );
  return rows;
}

interface Mark extends Behind {
  readonly kind: Kind;
  readonly refusal: string | null;
}

export async function keepMark(db: Database, target: string, { kind, id, fingerprint, mirroredAs, refusal }: Mark): Promise<void> {
  await db.query(
    `insert into registry_mirrored as m (target, kind, id, fingerprint, mirrored_as, refusal) values ($1, $2, $3, $4, $5, $6)
     on conflict (target, kind, id) do update set fingerprint = excluded.fingerprint, mirrored_as = coalesce(excluded.mirrored_as, m.mirrored_as),
       refusal = excluded.refusal, tried_at = now()`,
    [target, kind, id, fingerprint, mirroredAs, refusal],
  );
}

/** What was logged has another id on the server now. */
export async function moveMark(db: Database, target: string, kind: Kind, id: string, mirroredAs: string): Promise<void> {
  await db.query('update registry_mirrored set mirrored_as = $4 where target = $1 and kind = $2 and id = $3', [
    target,
    kind,
    id,
    mirroredAs,
  ]);
}

/** The id that something has on the server; null where it is not there. */
export async function mirroredAs(db: Database, target: string, kind: Kind, id: string): Promise<string | null> {
  const { rows } = await db.query<{ mirrored_as: string | null }>(
    'select mirrored_as from registry_mirrored where target = $1 and kind = $2 and id = $3',
    [target, kind, id],
  );
  return rows[0]?.mirrored_as ?? null;
}

/** Whether the server was reached, and how far behind it is. */
export async function readMirror(db: Database, target: string): Promise<MirrorState> {
  const { rows } = await db.query<{ reached_at: Date | null; failure: string | null; runs: number; versions: number }>(
    `select m.reached_at, m.failure, (select count(*)::int ${behindOf('run')}) as runs, (select count(*)::int ${behindOf('version')}) as versions
     from (values ($1::text)) wanted (target) left join registry_mirrors m using (target)`,
    [target],
  );
  const refusals = await db.query<{ what: string }>(
    `select kind || ' ' || id || ': ' || refusal as what from registry_mirrored where target = $1 and refusal is not null order by tried_at desc limit 5`,
    [target],
  );
  const { reached_at, failure, runs, versions } = rows[0]!;
  return {
    target,
    reached_at: reached_at?.toISOString() ?? null,
    failure,
    behind: { runs, versions },
    refused: refusals.rows.map(({ what }) => what),
  };
}
