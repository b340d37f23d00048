import type { FeatureView } from './view.ts';
import { MOVIE } from './entities.ts';

const count = { min: 0, maxNullRate: 0, severity: 'refuse' } as const;

/**
 * One row at the midnight (UTC) after each day on which something changed: something happened, or left the 7 or 30 days. The first row, without
 * any event, is of 1 January of the release year (1970 where nobody knows it), so that genres are known before the first rating.
 */
const SOURCE = `
  with days as (
    select movie_id, (occurred_at at time zone 'UTC')::date as day,
      count(*) filter (where opinion_of(interaction_type, rating) is distinct from 'dislike') as events,
      count(rating) as ratings, coalesce(sum(rating), 0) as rating_sum
    from user_movie_events
    where movie_id in (
      select movie_id from user_movie_events where occurred_at >= $1::timestamptz - interval '31 days' and occurred_at < $2::timestamptz
    )
    group by 1, 2
  ),
  changes as (
    select movie_id, day + after_days as day, events * total as events, events * week as week, events * month as month,
      ratings * total as ratings, rating_sum * total as rating_sum
    from days cross join (values (1, 1, 1, 1), (8, 0, -1, 0), (31, 0, 0, -1)) as step (after_days, total, week, month)
    union all
    select movie_id, make_date(coalesce(release_year, 1970), 1, 1), 0, 0, 0, 0, 0 from movies
  ),
  running as (
    select movie_id, day, sum(sum(events)) over so_far as events, sum(sum(week)) over so_far as week, sum(sum(month)) over so_far as month,
      sum(sum(ratings)) over so_far as ratings, sum(sum(rating_sum)) over so_far as rating_sum
    from changes group by movie_id, day
    window so_far as (partition by movie_id order by day)
  )
  select movie_id::text as entity_id, day::timestamp at time zone 'UTC' as event_timestamp, rating_sum / nullif(ratings, 0) as rating,
    ratings::bigint as rating_count, events::bigint as popularity, week::bigint as popularity_7d, month::bigint as popularity_30d,
    genres[1] as genre, genres, release_year::bigint as release_year, (day - make_date(release_year, 1, 1))::bigint as age_days
  from running join movies using (movie_id)
  where day::timestamp at time zone 'UTC' > $1::timestamptz and day::timestamp at time zone 'UTC' <= $2::timestamptz`;

const FINGERPRINTS = `
  select m.movie_id::text as entity_id,
    hash_record_extended((m.genres, m.release_year), 0) # coalesce(bit_xor(e.hash) filter (where e.occurred_at < $1::timestamptz), 0) as before,
    hash_record_extended((m.genres, m.release_year), 0) # coalesce(bit_xor(e.hash) filter (where e.occurred_at < $2::timestamptz), 0) as upto
  from movies m
  left join (
    select movie_id, occurred_at, hash_record_extended((user_id, rating, interaction_type, occurred_at), 0) as hash from user_movie_events
  ) e using (movie_id)
  group by m.movie_id`;

export const movieFeatures: FeatureView = {
  name: 'movie_features',
  entity: MOVIE,
  description: 'How a movie is rated and how often it is chosen, by our own count, and what it is',
  owner: 'recommendation',
  tags: { refreshed: 'daily' },
  ttlSeconds: null,
  kind: 'batch',
  offlineTable: 'feature_movie_features',
  features: [
    {
      name: 'rating',
      type: 'float64',
      description: 'Mean of all ratings so far; null before the first',
      provenance: 'movielens',
      rule: { min: 0.5, max: 5, severity: 'refuse' },
    },
    { name: 'rating_count', type: 'int64', description: 'Ratings so far', provenance: 'movielens', rule: count },
    {
      name: 'popularity',
      type: 'int64',
      description: 'Interactions of any kind but a dislike, so far',
      provenance: 'platform',
      rule: count,
    },
    { name: 'popularity_7d', type: 'int64', description: 'The same, of the last 7 days', provenance: 'platform', rule: count },
    { name: 'popularity_30d', type: 'int64', description: 'The same, of the last 30 days', provenance: 'platform', rule: count },
    { name: 'genre', type: 'string', description: 'The genre that is named first', provenance: 'movielens', rule: { maxNullRate: 0.2 } },
    { name: 'genres', type: 'string_list', description: 'All genres; none where nobody named one', provenance: 'movielens' },
    {
      name: 'release_year',
      type: 'int64',
      description: 'Year of the first release',
      provenance: 'movielens',
      rule: { min: 1870, max: 2200, maxNullRate: 0.2 },
    },
    {
      name: 'age_days',
      type: 'int64',
      description: "Days from 1 January of the release year to the row's own time; negative for a movie seen before its release",
      provenance: 'movielens',
    },
  ],
  sourceSql: SOURCE,
  fingerprintSql: FINGERPRINTS,
};
