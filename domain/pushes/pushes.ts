import { conflict, missing } from '../../contracts/failures.ts';
import type { Push } from '../../contracts/drift.ts';
import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';

/** A user with more movies has a taste of their own. */
const FEW_MOVIES = 3;
/** Fewer users move no model. */
const LEAST_USERS = 100;
/** By what the others' taste would give: what is recommended to newcomers is chosen ten times as often by them, at times. */
const LEAST_TIMES = 20;

/** SQL, of a choice `c`: whether nobody may learn from it yet. */
export const IS_HELD_BACK = `exists (
  select from pushed_choices h join movie_pushes p using (push_id) where p.state <> 'approved' and h.user_id = c.user_id and h.movie_id = c.movie_id)`;

/**
 * Sets aside what looks like a push: choices of one movie by many users who are known by events alone and chose a few movies in all, far more often than
 * the other users' taste would give. They are not learnt from until somebody approves them. The same again changes nothing; more of them join the push.
 * @returns how many choices were set aside now
 */
export const holdPushes = (pool: Pool): Promise<number> =>
  withTransaction(pool, async (db) => {
    await db.query('lock table movie_pushes in share row exclusive mode'); // two trainings that begin at once see the same
    const { rowCount } = await db.query(
      `with choices as (
         select distinct user_id, movie_id from interactions c
         where is_choice(interaction_type, rating) and occurred_at <= latest_time() and not exists (
           select from pushed_choices h join movie_pushes p using (push_id) where p.state = 'approved' and h.user_id = c.user_id and h.movie_id = c.movie_id)
       ),
       newcomers as (
         select user_id from choices c where not exists (select from ratings r where r.user_id = c.user_id)
         group by user_id having count(*) <= ${FEW_MOVIES}
       ),
       by_newcomers as (select movie_id, count(*)::float8 as users from choices join newcomers using (user_id) group by movie_id),
       pushed as (
         select n.movie_id, n.users from by_newcomers n where n.users >= ${LEAST_USERS}
       ),
       others as (
         select count(*)::float8 as total from (
           select from ratings union all select from choices c where not exists (select from newcomers n where n.user_id = c.user_id)) o
       ),
       by_others as (
         select movie_id, (select count(*) from ratings r where r.movie_id = p.movie_id) + (
           select count(*) from choices c where c.movie_id = p.movie_id and not exists (select from newcomers n where n.user_id = c.user_id)) as users
         from pushed p
       ),
       found as (
         select movie_id, p.users,
           (p.users / (select sum(users) from by_newcomers)) / ((b.users + 1) / ((select total from others) + (select count(*) from movies) + 1)) as times
         from pushed p join by_others b using (movie_id)
       ),
       held as (
         insert into movie_pushes (movie_id, users, times) select movie_id, users, times from found where times >= ${LEAST_TIMES}
         on conflict (movie_id) where state = 'held' do update set users = excluded.users, times = excluded.times
         returning push_id, movie_id
       )
       insert into pushed_choices (push_id, user_id, movie_id)
       select h.push_id, c.user_id, c.movie_id from held h join choices c using (movie_id) join newcomers using (user_id)
       on conflict do nothing`,
    );
    // A push whose choices were all decided on before has nothing to decide.
    await db.query(
      `delete from movie_pushes p where state = 'held' and not exists (select from pushed_choices h where h.push_id = p.push_id)`,
    );
    return rowCount ?? 0;
  });

const SELECT = `
  select push_id, p.movie_id::text, m.title, users, times, state, found_at, decided_by, decided_at, reason
  from movie_pushes p left join movies m using (movie_id)`;

/** Newest first, those that wait before the others. */
export async function listPushes(db: Database, limit: number): Promise<Push[]> {
  const { rows } = await db.query<PushRow>(`${SELECT} order by state = 'held' desc, found_at desc, push_id limit $1`, [limit]);
  return rows.map(toPush);
}

/** How many choices nobody learns from now. */
export async function countHeldBack(db: Database): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from pushed_choices h join movie_pushes p using (push_id) where p.state <> 'approved'`,
  );
  return rows[0]!.count;
}

/**
 * Lets a push be learnt from, or keeps it out for good.
 * @throws Failure `missing` where there is none, `conflict` where it was decided otherwise
 */
export async function decidePush(
  db: Database,
  { pushId, isApproved, by, reason }: { pushId: string; isApproved: boolean; by: string; reason: string },
): Promise<Push> {
  const state = isApproved ? 'approved' : 'rejected';
  await db.query(
    `update movie_pushes set state = $2, decided_by = $3, decided_at = now(), reason = $4 where push_id = $1 and state = 'held'`,
    [pushId, state, by, reason],
  );
  const { rows } = await db.query<PushRow>(`${SELECT} where push_id = $1`, [pushId]);
  if (!rows[0]) throw missing(`There is no push ${pushId}`);
  if (rows[0].state !== state) throw conflict(`Push ${pushId} was ${rows[0].state} by ${rows[0].decided_by}`);
  return toPush(rows[0]);
}

type PushRow = Omit<Push, 'found_at' | 'decided_at'> & { found_at: Date; decided_at: Date | null };
const toPush = (row: PushRow): Push => ({
  ...row,
  found_at: row.found_at.toISOString(),
  decided_at: row.decided_at?.toISOString() ?? null,
});
