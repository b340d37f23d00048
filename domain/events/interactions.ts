import type { UserInteractionEvent } from '../../contracts/events.ts';
import type { Database } from '../../platform/postgres.ts';
import { movieIdsOf } from '../catalogue/movieRefs.ts';
import { COUNT_TRENDS } from '../trends/trends.ts';

/** The events with the catalogue's ids of their movies. @throws Failure `missing` for a movie of a name that nobody has */
export async function byMovieId(db: Database, events: readonly UserInteractionEvent[]): Promise<UserInteractionEvent[]> {
  const ids = await movieIdsOf(
    db,
    events.map(({ movie_id }) => movie_id),
  );
  return events.map((event, at) => ({ ...event, movie_id: ids[at]! }));
}

/** Keeps what users did, once per event id, and counts what trends by it. @returns how many were new */
export async function recordInteractions(db: Database, events: readonly UserInteractionEvent[]): Promise<number> {
  if (events.length === 0) return 0;
  const { rows } = await db.query<{ added: number }>(RECORD, [
    events.map((event) => event.event_id),
    events.map((event) => event.user_id),
    events.map((event) => event.movie_id),
    events.map((event) => event.interaction_type),
    events.map((event) => event.rating ?? null),
    events.map((event) => event.session_id ?? null),
    events.map((event) => event.timestamp),
    events.map((event) => event.recommendation_id ?? null),
  ]);
  return rows[0]!.added;
}

const RECORD = `
  with added as (
    insert into interactions (event_id, user_id, movie_id, interaction_type, rating, session_id, occurred_at, recommendation_id)
    select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::real[], $6::text[], $7::timestamptz[], $8::uuid[])
    on conflict (event_id) do nothing
    returning user_id, movie_id, interaction_type, rating, occurred_at
  ),
  counted as (${COUNT_TRENDS})
  select count(*) as added from added`;
