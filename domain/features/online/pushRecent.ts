import type { UserInteractionEvent } from '../../../contracts/events.ts';
import type { Database } from '../../../platform/postgres.ts';
import type { FeatureView } from '../views/view.ts';
import { RECENT_INTERACTIONS } from '../views/userRecent.ts';
import { encodeValues } from './encoding.ts';
import type { OnlineStore } from './store.ts';

interface Recent {
  readonly user_id: string;
  readonly as_of: Date;
  readonly movie_ids: string[];
  readonly interaction_types: string[];
  readonly ratings: number[];
  readonly occurred_ms: number[];
}

/**
 * Brings what users did last online, once their events are recorded: made anew from all that is recorded, so that an event that comes twice, or
 * late, is in its place once, and one of the future is in none until its day has come. The rows hold from now on: a materialization, which reads whole days, replaces none of them with an older one.
 */
export async function pushRecent(
  { db, store, view }: { db: Database; store: Pick<OnlineStore, 'push'>; view: FeatureView },
  events: readonly UserInteractionEvent[],
): Promise<void> {
  const { rows } = await db.query<Recent>(
    `select u.user_id, now() as as_of, recent.*
     from unnest($1::text[]) as u (user_id)
     cross join lateral (
       select array_agg(movie_id::text order by at) as movie_ids, array_agg(interaction_type order by at) as interaction_types,
         array_agg(coalesce(rating, 0) order by at) as ratings,
         array_agg(floor(extract(epoch from occurred_at) * 1000)::float8 order by at) as occurred_ms
       from (
         select *, row(occurred_at, movie_id, interaction_type) as at from user_movie_events e
         where e.user_id = u.user_id and occurred_at <= latest_time()
         order by occurred_at desc, movie_id desc, interaction_type desc limit ${RECENT_INTERACTIONS}
       ) latest
     ) recent
     where recent.movie_ids is not null`,
    [[...new Set(events.map(({ user_id }) => user_id))]],
  );
  await store.push(
    view.name,
    rows.map(({ user_id, as_of, ...values }) => ({
      entityId: user_id,
      eventMs: as_of.getTime(),
      createdMs: as_of.getTime(),
      text: encodeValues(view.features, { ...values }),
    })),
  );
}
