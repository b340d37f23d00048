import type { FeatureView } from './view.ts';
import { USER } from './entities.ts';
import { GENRE_DAMPING, GENRES } from './genres.ts';

const count = { min: 0, maxNullRate: 0, severity: 'refuse' } as const;

const eachGenre = (column: (genre: string, at: number) => string) => GENRES.map(column).join(', ');

/** One row at the midnight (UTC) after each day on which something changed, as for movies; a user with an age and no event has one of its own. */
const SOURCE = `
  with days as (
    select e.user_id, (e.occurred_at at time zone 'UTC')::date as day, count(*) as events, max(e.occurred_at) as last_seen_at,
      count(e.rating) as ratings, coalesce(sum(e.rating), 0) as rating_sum,
      ${eachGenre((genre, at) => `count(e.rating) filter (where m.genres @> '{${genre}}') as n${at}`)},
      ${eachGenre((genre, at) => `coalesce(sum(e.rating) filter (where m.genres @> '{${genre}}'), 0) as s${at}`)}
    from user_movie_events e left join movies m using (movie_id)
    where e.user_id in (
      select user_id from user_movie_events where occurred_at >= $1::timestamptz - interval '31 days' and occurred_at < $2::timestamptz
    )
    group by 1, 2
  ),
  changes as (
    select user_id, day + after_days as day, case when total = 1 then last_seen_at end as last_seen_at, events * total as events,
      events * week as week, events * month as month, ratings * total as ratings, rating_sum * total as rating_sum,
      ${eachGenre((_, at) => `n${at} * total as n${at}, s${at} * total as s${at}`)}
    from days cross join (values (1, 1, 1, 1), (8, 0, -1, 0), (31, 0, 0, -1)) as step (after_days, total, week, month)
    union all
    select user_id, (updated_at at time zone 'UTC')::date + 1, null, 0, 0, 0, 0, 0, ${eachGenre(() => '0, 0')} from users
  ),
  running as (
    select user_id, day, max(max(last_seen_at)) over so_far as last_seen_at, sum(sum(events)) over so_far as events,
      sum(sum(week)) over so_far as week, sum(sum(month)) over so_far as month, sum(sum(ratings)) over so_far as ratings,
      sum(sum(rating_sum)) over so_far as rating_sum,
      ${eachGenre((_, at) => `sum(sum(n${at})) over so_far as n${at}, sum(sum(s${at})) over so_far as s${at}`)}
    from changes group by user_id, day
    window so_far as (partition by user_id order by day)
  ),
  described as (
    select *, rating_sum / nullif(ratings, 0) as mean,
      case when ratings > 0 then array[${eachGenre((_, at) => `((s${at} - n${at} * rating_sum / ratings) / (n${at} + ${GENRE_DAMPING}))::float8`)}] end
        as genre_vector
    from running
  )
  select user_id as entity_id, day::timestamp at time zone 'UTC' as event_timestamp, age::bigint as age, (
      select (array[${eachGenre((genre) => `'${genre}'`)}])[place]
      from unnest(genre_vector, array[${eachGenre((_, at) => `n${at}`)}]) with ordinality as genre (liking, times, place)
      where times > 0 order by liking desc, times desc, place limit 1
    ) as genre_preference, genre_vector, mean as rating_mean, ratings::bigint as rating_count, events::bigint as interaction_count,
    week::bigint as activity_7d, month::bigint as activity_30d, last_seen_at
  from described left join users using (user_id)
  where day::timestamp at time zone 'UTC' > $1::timestamptz and day::timestamp at time zone 'UTC' <= $2::timestamptz`;

const FINGERPRINTS = `
  select user_id as entity_id, bit_xor(hash) filter (where occurred_at < $1::timestamptz) as before,
    bit_xor(hash) filter (where occurred_at < $2::timestamptz) as upto
  from (
    select e.user_id, e.occurred_at, hash_record_extended((e.movie_id, e.rating, e.interaction_type, e.occurred_at, m.genres), 0) as hash
    from user_movie_events e left join movies m using (movie_id)
    union all
    select user_id, '-infinity', hash_record_extended((age, updated_at), 0) from users
  ) source
  group by user_id`;

export const userFeatures: FeatureView = {
  name: 'user_features',
  entity: USER,
  description: 'How a user rates, which genres they like better than others, and how active they are',
  owner: 'recommendation',
  tags: { refreshed: 'daily' },
  ttlSeconds: null,
  kind: 'batch',
  offlineTable: 'feature_user_features',
  features: [
    {
      name: 'age',
      type: 'int64',
      description: 'In years, as last told; null where nobody said. The same at every time',
      provenance: 'platform',
      rule: { min: 0, max: 130 },
    },
    {
      name: 'genre_preference',
      type: 'string',
      description: 'The genre that stands highest in the genre vector, among those rated; null before the first rating',
      provenance: 'movielens',
      rule: { oneOf: GENRES },
    },
    {
      name: 'genre_vector',
      type: 'float64_list',
      description: `For each of the ${GENRES.length} genres, how far its ratings lie above the user's own mean, credited with ${GENRE_DAMPING} at the mean; null before the first rating`,
      provenance: 'movielens',
      rule: { min: -4.5, max: 4.5, severity: 'refuse' },
    },
    {
      name: 'rating_mean',
      type: 'float64',
      description: 'Mean of all ratings so far; null before the first',
      provenance: 'movielens',
      rule: { min: 0.5, max: 5, severity: 'refuse' },
    },
    { name: 'rating_count', type: 'int64', description: 'Ratings so far', provenance: 'movielens', rule: count },
    { name: 'interaction_count', type: 'int64', description: 'Interactions of any kind so far', provenance: 'platform', rule: count },
    { name: 'activity_7d', type: 'int64', description: 'Interactions of the last 7 days', provenance: 'platform', rule: count },
    { name: 'activity_30d', type: 'int64', description: 'Interactions of the last 30 days', provenance: 'platform', rule: count },
    { name: 'last_seen_at', type: 'timestamp', description: 'Time of the latest interaction', provenance: 'platform' },
  ],
  sourceSql: SOURCE,
  fingerprintSql: FINGERPRINTS,
};
