import type { Outcome } from '../../contracts/outcomes.ts';
import type { Database } from '../../platform/postgres.ts';

/** Sums over rows of `outcome_sums`, and what they are divided by. */
export const SUMS = `
  coalesce(sum(answers), 0) as answers, coalesce(sum(shown), 0) as shown, coalesce(sum(clicks), 0) as clicks,
  coalesce(sum(clicked_answers), 0) as clicked_answers, coalesce(sum(converted_answers), 0) as converted_answers,
  coalesce(sum(likes), 0) as likes, coalesce(sum(dislikes), 0) as dislikes, coalesce(sum(ratings), 0) as ratings,
  sum(clicks)::float8 / nullif(sum(shown), 0) as click_through_rate,
  sum(clicked_answers)::float8 / nullif(sum(answers), 0) as answer_click_rate,
  sum(converted_answers)::float8 / nullif(sum(answers), 0) as conversion_rate,
  sum(places)::float8 / nullif(sum(clicks), 0) as mean_position,
  sum(reciprocal_ranks) / nullif(sum(answers), 0) as mean_reciprocal_rank,
  sum(rating_sum) / nullif(sum(ratings), 0) as mean_rating,
  sum(likes)::float8 / nullif(sum(likes) + sum(dislikes), 0) as like_share,
  sum(information) / nullif(sum(shown), 0) as novelty`;

/** What became of the answers that a version gave in the hours that begin in [from, to), on all its routes; zeros and nulls where it gave none. */
export async function outcomesOfVersion(
  db: Database,
  { kind, version, from, to }: { kind: string; version: string; from: Date; to: Date },
): Promise<Outcome> {
  const { rows } = await db.query<Outcome>(
    `with chosen as (select * from outcome_sums where model = $1 and version = $2 and hour >= $3 and hour < $4),
     seen as (select count(distinct movie_id) as movies from chosen, unnest(movie_ids) as movie_id)
     select sums.*, seen.movies, seen.movies::float8 / nullif((select count(*) from movies), 0) as coverage
     from (select ${SUMS} from chosen) sums, seen`,
    [kind, version, from, to],
  );
  return rows[0]!;
}
