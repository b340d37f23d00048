import { TREND_BUCKET_SECONDS, type TrendWindow } from '../../contracts/trends.ts';
import type { Database } from '../../platform/postgres.ts';
import { removeBefore } from '../../platform/removeBefore.ts';

const HOUR_MS = 3_600_000;
const KEPT_HOURS = 25;

/**
 * SQL that counts what `added`, new rows of `interactions`, says of what trends, in the statement that adds them: so each event counts once, however often it
 * comes. Nothing is counted of what happened more than a day ago, or happens more than a day from now; what is a little ahead happened now.
 */
export const COUNT_TRENDS = `
  insert into trend_latest as t (user_id, movie_id, bucket)
  select user_id, movie_id, max(date_bin(make_interval(secs => ${TREND_BUCKET_SECONDS}), least(occurred_at, now()), 'epoch'))
  from added
  where is_choice(interaction_type, rating) and occurred_at > now() - interval '1 day' and occurred_at <= latest_time()
  group by user_id, movie_id order by user_id, movie_id
  on conflict (user_id, movie_id) do update set bucket = excluded.bucket where t.bucket < excluded.bucket`;

export interface Trend {
  readonly movieId: string;
  /** Who chose it in the window, each once. */
  readonly users: number;
}

/** Movies of the catalogue that users chose in the last hour or day, those of most users first, the latest chosen first of as many. */
export async function listTrends(db: Database, window: TrendWindow, limit: number): Promise<Trend[]> {
  const { rows } = await db.query<Trend>(LIST_TRENDS, [`1 ${window}`, limit]);
  return rows;
}

const inWindow = (window: string) => `bucket > now() - ${window} - make_interval(secs => ${TREND_BUCKET_SECONDS})`;

const LIST_TRENDS = `
  select movie_id::text as "movieId", sum(users) as users
  from trend_counts join movies using (movie_id)
  where ${inWindow('$1::interval')} and not exists (select from gone_movies g where g.movie_id = trend_counts.movie_id)
  group by movie_id having sum(users) > 0 order by sum(users) desc, max(bucket) filter (where users > 0) desc, movie_id limit $2`;

/** What trends says of a movie. */
export interface MovieTrends {
  readonly movie_id: string;
  readonly trending_hour: number;
  readonly trending_day: number;
}

/** Of every movie that somebody chose lately, those that nobody chose in the last day any more too. */
export async function readMovieTrends(db: Database): Promise<MovieTrends[]> {
  const { rows } = await db.query<MovieTrends>(
    `select movie_id::text, coalesce(sum(users) filter (where ${inWindow("interval '1 hour'")}), 0) as trending_hour,
       coalesce(sum(users) filter (where ${inWindow("interval '1 day'")}), 0) as trending_day
     from trend_counts group by movie_id`,
  );
  return rows;
}

/** Removes what is in no window any more. @returns as `removeBefore` */
export async function removeOldTrends(db: Database): Promise<number> {
  const before = new Date(Date.now() - KEPT_HOURS * HOUR_MS);
  const removed = await removeBefore(db, { table: 'trend_latest', column: 'bucket' }, before);
  return removed + (await removeBefore(db, { table: 'trend_counts', column: 'bucket' }, before));
}
