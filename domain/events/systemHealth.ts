import type { SystemHealthEvent } from '../../contracts/events.ts';
import type { Database } from '../../platform/postgres.ts';
import { removeBefore } from '../../platform/removeBefore.ts';

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

/** Removes what came in before. @returns as `removeBefore` */
export const removeHealthBefore = (db: Database, before: Date): Promise<number> =>
  removeBefore(db, { table: 'system_health', column: 'received_at' }, before);
