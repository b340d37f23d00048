import type { FeatureView } from './view.ts';
import { USER } from './entities.ts';

/** Interactions that are kept of a user. */
export const RECENT_INTERACTIONS = 50;

/** For a backfill: one row at the midnight (UTC) after each day on which the user did something. Events write rows at their own times. */
const SOURCE = `
  with log as (
    select user_id, array_agg(movie_id::text order by occurred_at, movie_id, interaction_type) as movie_ids,
      array_agg(interaction_type order by occurred_at, movie_id, interaction_type) as interaction_types,
      array_agg(coalesce(rating, 0) order by occurred_at, movie_id, interaction_type) as ratings,
      array_agg((extract(epoch from occurred_at) * 1000)::bigint order by occurred_at, movie_id, interaction_type) as occurred_ms
    from user_movie_events
    where user_id in (select user_id from user_movie_events where occurred_at >= $1::timestamptz - interval '1 day' and occurred_at < $2::timestamptz)
    group by user_id
  ),
  days as (
    select user_id, (occurred_at at time zone 'UTC')::date + 1 as day,
      sum(count(*)) over (partition by user_id order by (occurred_at at time zone 'UTC')::date)::integer as seen
    from user_movie_events group by user_id, (occurred_at at time zone 'UTC')::date
  )
  select user_id as entity_id, day::timestamp at time zone 'UTC' as event_timestamp,
    movie_ids[seen - ${RECENT_INTERACTIONS - 1} : seen] as movie_ids, interaction_types[seen - ${RECENT_INTERACTIONS - 1} : seen] as interaction_types,
    ratings[seen - ${RECENT_INTERACTIONS - 1} : seen] as ratings, occurred_ms[seen - ${RECENT_INTERACTIONS - 1} : seen] as occurred_ms
  from log join days using (user_id)
  where day::timestamp at time zone 'UTC' > $1::timestamptz and day::timestamp at time zone 'UTC' <= $2::timestamptz`;

const FINGERPRINTS = `
  select user_id as entity_id, bit_xor(hash) filter (where occurred_at < $1::timestamptz) as before,
    bit_xor(hash) filter (where occurred_at < $2::timestamptz) as upto
  from (
    select user_id, occurred_at, hash_record_extended((movie_id, rating, interaction_type, occurred_at), 0) as hash from user_movie_events
  ) source
  group by user_id`;

export const userRecent: FeatureView = {
  name: 'user_recent',
  entity: USER,
  description: `A user's last ${RECENT_INTERACTIONS} interactions, the latest last; the lists belong together`,
  owner: 'recommendation',
  tags: { refreshed: 'with each event' },
  ttlSeconds: 365 * 86_400,
  kind: 'stream',
  offlineTable: 'feature_user_recent',
  features: [
    { name: 'movie_ids', type: 'string_list', description: 'Movies', provenance: 'platform', rule: { maxNullRate: 0 } },
    {
      name: 'interaction_types',
      type: 'string_list',
      description: 'What was done with each',
      provenance: 'platform',
      rule: { oneOf: ['view', 'click', 'watch', 'like', 'dislike', 'rating', 'purchase'] },
    },
    {
      name: 'ratings',
      type: 'float64_list',
      description: 'Its rating; 0 where none was given',
      provenance: 'platform',
      rule: { min: 0, max: 5 },
    },
    { name: 'occurred_ms', type: 'int64_list', description: 'When, in milliseconds since 1970', provenance: 'platform' },
  ],
  sourceSql: SOURCE,
  fingerprintSql: FINGERPRINTS,
};
