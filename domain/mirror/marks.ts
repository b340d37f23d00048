import type { MirrorState } from '../../contracts/registry.ts';
import type { Database } from '../../platform/postgres.ts';
import { behindOf, type Kind } from './kinds.ts';

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

export interface Behind {
  readonly id: string;
  /** Of it as it is now; `GONE` where it was deleted here */
  readonly fingerprint: string;
  /** Its id on the server; null where it is not known to be there */
  readonly mirroredAs: string | null;
}

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

/** From here on the server may have a part of it, which counts as nothing until the mark is kept: it may be as before again when it is looked at next. */
export async function beginMark(db: Database, target: string, kind: Kind, id: string): Promise<void> {
  await db.query(
    `insert into registry_mirrored (target, kind, id, fingerprint) values ($1, $2, $3, '') on conflict (target, kind, id) do update set fingerprint = ''`,
    [target, kind, id],
  );
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

/** It is neither here nor there any more. */
export async function dropMark(db: Database, target: string, kind: Kind, id: string): Promise<void> {
  await db.query('delete from registry_mirrored where target = $1 and kind = $2 and id = $3', [target, kind, id]);
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
  const { rows } = await db.query<{ reached_at: Date | null; failure: string | null } & MirrorState['behind']>(
    `select m.reached_at, m.failure, (select count(*)::int ${behindOf('run')}) as runs, (select count(*)::int ${behindOf('model')}) as models,
       (select count(*)::int ${behindOf('version')}) as versions
     from (values ($1::text)) wanted (target) left join registry_mirrors m using (target)`,
    [target],
  );
  const refusals = await db.query<{ what: string }>(
    `select kind || ' ' || split_part(id, '@', 1) || ': ' || refusal as what from registry_mirrored where target = $1 and refusal is not null order by tried_at desc limit 5`,
    [target],
  );
  const { reached_at, failure, runs, models, versions } = rows[0]!;
  return {
    target,
    reached_at: reached_at?.toISOString() ?? null,
    failure,
    behind: { runs, models, versions },
    refused: refusals.rows.map(({ what }) => what),
  };
}
