import type { SystemHealthEvent } from '../../contracts/events.ts';
import type { Database } from '../../platform/postgres.ts';

/** Keeps how services do, once per event id. @returns how many were new */
export async function recordSystemHealth(db: Database, events: readonly SystemHealthEvent[]): Promise<number> {
  const { rowCount } = await db.query(
    `insert into system_health (event_id, service_name, status, cpu_usage, memory_usage, response_time_ms, occurred_at)
     select * from unnest($1::uuid[], $2::text[], $3::text[], $4::float8[], $5::float8[], $6::float8[], $7::timestamptz[])
     on conflict (event_id) do nothing`,
    [
      events.map((event) => event.event_id),
      events.map((event) => event.service_name),
      events.map((event) => event.status ?? null),
      events.map((event) => event.cpu_usage),
      events.map((event) => event.memory_usage),
      events.map((event) => event.response_time_ms ?? null),
      events.map((event) => event.timestamp),
    ],
  );
  return rowCount ?? 0;
}

const ROWS_OF_REMOVAL = 10_000;

/** Removes what came in before. @returns how many went; as many as one call takes where there are more */
export async function removeHealthBefore(db: Database, before: Date): Promise<number> {
  const { rowCount } = await db.query(
    `delete from system_health where ctid = any (array(select ctid from system_health where received_at < $1 limit $2))`,
    [before, ROWS_OF_REMOVAL],
  );
  return rowCount ?? 0;
}
