import { invalid } from '../../../contracts/failures.ts';
import type { UserRange } from '../../../contracts/batch.ts';
import type { Database } from '../../../platform/postgres.ts';

/**
 * Everybody who rated or did something, cut into ranges of so many users, in the database's order.
 * @throws Failure `invalid` where that makes more than `mostShards`
 */
export async function cutIntoShards(db: Database, usersPerShard: number, mostShards: number): Promise<UserRange[]> {
  const { rows } = await db.query<{ user_id: string }>(
    `select user_id from (
       select user_id, row_number() over (order by user_id) as nth, count(*) over () as total
       from (select user_id from ratings union select user_id from interactions) as known
     ) as numbered
     where nth % $1 = 0 or nth = total order by user_id limit $2`,
    [usersPerShard, mostShards + 1],
  );
  if (rows.length > mostShards)
    throw invalid('users_per_shard', `${usersPerShard} users a shard make more than ${mostShards} shards; give more`);
  return rows.map(({ user_id: upTo }, at) => ({ after: at === 0 ? '' : rows[at - 1]!.user_id, upTo }));
}

export interface UserSeen {
  readonly user_id: string;
  /** All that they rated or interacted with */
  readonly movies: readonly string[];
  /** Those of them that they chose (the view `user_choices`), oldest first: what a model may score by */
  readonly chosen: readonly string[];
}

/** The users of a range, each with the movies they have met. */
export async function readUsers(db: Database, { after, upTo }: UserRange): Promise<UserSeen[]> {
  const { rows } = await db.query<UserSeen>(
    `select user_id, array_agg(movie_id)::text[] as movies,
       coalesce(array_agg(movie_id order by happened_at, place nulls first, movie_id) filter (where is_chosen), '{}')::text[] as chosen
     from user_choices where user_id > $1 and user_id <= $2
     group by user_id order by user_id`,
    [after, upTo],
  );
  return rows;
}
