import type { Database } from '../../platform/postgres.ts';

/**
 * Counts anew which share of the users had chosen each movie, once a day and after each set that is published: too much to read at each look.
 * One user more than there are is taken to have chosen each movie, so that one that nobody chose has a share too.
 */
export async function keepPopularity(db: Database): Promise<void> {
  const { rows } = await db.query(IS_OLD);
  if (rows.length === 0) return;
  await db.query(
    'update outcome_state set popularity_at = now(), users = (select count(distinct user_id) from user_choices where is_chosen)',
  );
  await db.query('delete from movie_popularity');
  await db.query(COUNT_SHARES);
}

const IS_OLD = `
  select from outcome_state
  where popularity_at is null or popularity_at < now() - interval '1 day' or popularity_at <= (select max(published_at) from data_sets)`;

const COUNT_SHARES = `
  insert into movie_popularity (movie_id, share)
  select movie_id, (count(*) + 1.0) / (users + 1) from user_choices cross join outcome_state where is_chosen group by movie_id, users`;
