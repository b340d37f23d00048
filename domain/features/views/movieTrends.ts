import type { FeatureView } from './view.ts';
import { MOVIE } from './entities.ts';

/**
 * One row at the end of each hour (UTC) in which somebody chose a movie, or at whose end a choice left the hour or the day. A user counts once in each: a
 * choice counts for the day from the end of its hour until a day later, or until the same user's next one takes its place.
 */
const SOURCE = `
  with chosen as (
    select distinct movie_id, user_id, date_trunc('hour', occurred_at, 'UTC') + interval '1 hour' as hour from interactions
    where is_choice(interaction_type, rating) and occurred_at >= $1::timestamptz - interval '26 hours' and occurred_at < $2::timestamptz
  ),
  followed as (
    select *, least(lead(hour) over (partition by movie_id, user_id order by hour), hour + interval '24 hours') as day_ends from chosen
  ),
  changes as (
    select movie_id, hour, 1 as in_hour, 1 as in_day from followed
    union all
    select movie_id, hour + interval '1 hour', -1, 0 from followed
    union all
    select movie_id, day_ends, 0, -1 from followed
  ),
  running as (
    select movie_id, hour, sum(sum(in_hour)) over so_far as trending_hour, sum(sum(in_day)) over so_far as trending_day
    from changes group by movie_id, hour
    window so_far as (partition by movie_id order by hour)
  )
  select movie_id::text as entity_id, hour as event_timestamp, trending_hour::bigint as trending_hour, trending_day::bigint as trending_day
  from running join movies using (movie_id)
  where hour > $1::timestamptz and hour <= $2::timestamptz`;

const FINGERPRINTS = `
  select movie_id::text as entity_id, bit_xor(hash) filter (where occurred_at < $1::timestamptz) as before,
    bit_xor(hash) filter (where occurred_at < $2::timestamptz) as upto
  from (
    select movie_id, occurred_at, hash_record_extended((user_id, occurred_at, event_id), 0) as hash
    from interactions where is_choice(interaction_type, rating)
  ) source
  group by movie_id`;

const count = { min: 0, maxNullRate: 0, severity: 'refuse' } as const;

export const movieTrends: FeatureView = {
  name: 'movie_trends',
  entity: MOVIE,
  description: 'How many users chose a movie lately, by events alone',
  owner: 'recommendation',
  tags: { refreshed: 'online with each event' },
  ttlSeconds: 86_400,
  kind: 'batch',
  offlineTable: 'feature_movie_trends',
  features: [
    {
      name: 'trending_hour',
      type: 'int64',
      description: 'Users who chose it in the last hour, each once',
      provenance: 'platform',
      rule: count,
    },
    {
      name: 'trending_day',
      type: 'int64',
      description: 'Users who chose it in the last day, each once',
      provenance: 'platform',
      rule: count,
    },
  ],
  sourceSql: SOURCE,
  fingerprintSql: FINGERPRINTS,
};
