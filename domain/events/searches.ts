import type { SearchEvent } from '../../contracts/events.ts';
import type { Database } from '../../platform/postgres.ts';

/** Keeps what users searched for, once per event id. @returns how many were new */
export async function recordSearches(db: Database, events: readonly SearchEvent[]): Promise<number> {
  if (events.length === 0) return 0;
  const { rowCount } = await db.query(
    `insert into searches (event_id, user_id, query, session_id, occurred_at)
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) on conflict (event_id) do nothing`,
    [
      events.map((event) => event.event_id),
      events.map((event) => event.user_id),
      events.map((event) => event.query),
      events.map((event) => event.session_id ?? null),
      events.map((event) => event.timestamp),
    ],
  );
  return rowCount ?? 0;
}
