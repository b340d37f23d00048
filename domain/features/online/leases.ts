import { withTransaction, type Database, type Pool } from '../../../platform/postgres.ts';

/** How long a view waits for the run that it was reserved for. */
const RESERVED_FOR = '10 minutes';
/** How long a view waits for the next writer after its own was killed. */
const LEASED_FOR = '15 seconds';
const BUSY = `state = 'MATERIALIZING' and leased_until > now()`;

/**
 * Reserves views for a run, so that others see them as busy from now on.
 * @returns the views that are busy with another run; none is reserved then, unless by force
 */
export const reserveViews = (
  pool: Pool,
  { views, owner, force }: { views: readonly string[]; owner: string; force: boolean },
): Promise<string[]> =>
  withTransaction(pool, async (db) => {
    await db.query('insert into feature_materializations (view) select unnest($1::text[]) order by 1 on conflict do nothing', [views]);
    const { rows } = await db.query<{ view: string }>(
      `select view from feature_materializations where view = any ($1) and owner <> $2 and ${BUSY} order by view for update`,
      [views, owner],
    );
    if (rows.length > 0 && !force) return rows.map(({ view }) => view);
    await db.query(
      `update feature_materializations set state = 'MATERIALIZING', owner = $2, leased_until = now() + interval '${RESERVED_FOR}', changed_at = now()
       where view = any ($1)`,
      [views, owner],
    );
    return [];
  });

/** Takes or renews the lease of a view. @returns whether the view is this owner's now */
export async function leaseView(db: Database, view: string, owner: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into feature_materializations as m (view, state, owner, leased_until) values ($1, 'MATERIALIZING', $2, now() + interval '${LEASED_FOR}')
     on conflict (view) do update set state = excluded.state, owner = excluded.owner, leased_until = excluded.leased_until, changed_at = now()
     where m.owner = $2 or not (m.${BUSY.replace('leased_until', 'm.leased_until')})`,
    [view, owner],
  );
  return rowCount === 1;
}

export interface Progress {
  /** null: never brought online */
  readonly materializedTo: Date | null;
  readonly offlineSeenAt: Date | null;
  /** The database's time. */
  readonly now: Date;
}

export async function readProgress(db: Database, view: string): Promise<Progress> {
  const { rows } = await db.query<Progress>(
    `select materialized_to as "materializedTo", offline_seen_at as "offlineSeenAt", now() as now from feature_materializations where view = $1`,
    [view],
  );
  return rows[0] ?? { materializedTo: null, offlineSeenAt: null, now: new Date() };
}

/** How far a view was brought by a run; null where it is as far as before. */
export interface Done {
  readonly materializedTo: Date | null;
  readonly offlineSeenAt: Date | null;
}

/** Lets go of the view; `done` says how far it is now. */
export async function releaseView(db: Database, view: string, owner: string, done?: Done): Promise<void> {
  await db.query(
    `update feature_materializations set owner = null, leased_until = '-infinity', state = $3, changed_at = now(),
       materialized_to = greatest(materialized_to, $4), offline_seen_at = greatest(offline_seen_at, $5)
     where view = $1 and owner = $2`,
    [view, owner, done ? 'AVAILABLE_ONLINE' : 'GENERATED', done?.materializedTo ?? null, done?.offlineSeenAt ?? null],
  );
}
