import type { Database } from '../../platform/postgres.ts';

export interface UserActivity {
  /** In which something was done in the last 30 minutes */
  readonly sessions: number;
  /** Likes and ratings of 4 or better by all opinions of the last day; null where nobody gave one */
  readonly satisfaction: number | null;
  /** When the latest interaction arrived */
  readonly latest: Date | null;
}

/** Of what arrived in the last day, which the index by arrival finds: how many are at it, and how content they are. */
export async function lookAtUsers(db: Database): Promise<UserActivity> {
  const { rows } = await db.query<UserActivity>(
    `with lately as materialized (
       select user_id, session_id, occurred_at, received_at, rating, opinion_of(interaction_type, rating) as opinion
       from interactions where received_at > now() - interval '1 day'
     )
     select
       (select count(distinct (user_id, session_id)) from lately
        where occurred_at > now() - interval '30 minutes' and occurred_at <= now())::integer as sessions,
       (select avg((opinion = 'like' or coalesce(rating >= 4, false))::integer) from lately where opinion is not null)::float8 as satisfaction,
       (select max(received_at) from lately) as latest`,
  );
  return rows[0]!;
}
