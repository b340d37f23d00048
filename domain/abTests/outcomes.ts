import type { Database } from '../../platform/postgres.ts';
import { CREDITED } from '../outcomes/credited.ts';
import type { LoggedAnswer } from './offPolicy.ts';

/** Sums over the users of a variant. */
export interface VariantSums {
  readonly revision: number;
  readonly variant: string;
  readonly users: number;
  readonly answers: number;
  readonly answer_squares: number;
  readonly clicks: number;
  readonly click_squares: number;
  readonly clicks_by_answers: number;
  readonly clicked: number;
  readonly liked: number;
  readonly ranks: number;
  readonly rank_squares: number;
  readonly mean_rating: number | null;
  readonly mean_position: number | null;
  readonly since: Date;
}

/** The answers that a test is about, and what users did with the movies in them. */
const OUTCOMES = `
  shown as (
    select recommendation_id, user_id, revision, variant, served_at, movie_ids, ordering from served_answers
    where route = $1 and revision = any ($2::int[]) and not is_shadow and assignment = 'user' and user_id is not null
  ),
  ${CREDITED},
  outcomes as (select c.*, s.variant, s.revision from credited c join shown s using (recommendation_id))`;

/** One row a variant that somebody was given an answer of, of each of these revisions of the route. */
export async function sumOutcomes(db: Database, route: string, revisions: readonly number[]): Promise<VariantSums[]> {
  const { rows } = await db.query<VariantSums>(
    `with ${OUTCOMES},
     given as (select revision, variant, user_id, count(*)::float8 as answers, min(served_at) as since from shown group by revision, variant, user_id),
     done as (
       select revision, variant, user_id, count(distinct (recommendation_id, movie_id)) filter (where is_click)::float8 as clicks, bool_or(is_like) as has_liked,
         coalesce(max(1.0 / place) filter (where is_click), 0)::float8 as rank
       from outcomes group by revision, variant, user_id
     ),
     users as (
       select g.revision, g.variant, g.answers, g.since, coalesce(d.clicks, 0) as clicks, coalesce(d.has_liked, false) as has_liked, coalesce(d.rank, 0) as rank
       from given g left join done d using (revision, variant, user_id)
     ),
     means as (
       select revision, variant, avg(rating)::float8 as mean_rating, (avg(place) filter (where is_click))::float8 as mean_position
       from outcomes group by revision, variant
     )
     select revision, variant, count(*) as users, sum(answers) as answers, sum(answers * answers) as answer_squares, sum(clicks) as clicks,
       sum(clicks * clicks) as click_squares, sum(clicks * answers) as clicks_by_answers, count(*) filter (where clicks > 0) as clicked,
       count(*) filter (where has_liked) as liked, sum(rank) as ranks, sum(rank * rank) as rank_squares, mean_rating, mean_position,
       min(since) as since
     from users left join means using (revision, variant) group by revision, variant, mean_rating, mean_position order by revision, variant`,
    [route, revisions],
  );
  return rows;
}

const ANSWERS_LOOKED_AT = 200_000;

/** For each answer of a variant that explores, whether a shadow would have put the same movie first, and whether it was clicked; by user. */
export async function listLogged(
  db: Database,
  { route, revision, shadow }: { route: string; revision: number; shadow: string },
): Promise<LoggedAnswer[]> {
  const { rows } = await db.query<LoggedAnswer>(
    `with ${OUTCOMES},
     latest as (select * from shown where ordering -> 'propensities' is not null order by served_at desc limit $4)
     select l.user_id as "user", (l.ordering -> 'propensities' ->> 0)::float8 as "loggedPropensity",
       case when other.movie_ids[1] = l.movie_ids[1] then 1 else 0 end as "newPropensity",
       case when exists (
         select from outcomes o where o.recommendation_id = l.recommendation_id and o.place = 1 and o.is_click
       ) then 1 else 0 end as reward
     from latest l join served_answers other on (other.recommendation_id, other.variant) = (l.recommendation_id, $3) and other.is_shadow
     order by l.user_id`,
    [route, [revision], shadow, ANSWERS_LOOKED_AT],
  );
  return rows;
}
