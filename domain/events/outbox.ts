import { hash } from 'node:crypto';
import { EVENTS_OF_STATEMENT } from '../../contracts/sizes.ts';
import type { TraceCarrier } from '../../contracts/traceContext.ts';
import type { Database } from '../../platform/postgres.ts';
import { activeCarrier } from '../../platform/traces/traces.ts';
import type { ShardLeases } from './shardLeases.ts';

const OUTBOX_SHARDS = 16;

export interface OutboxEvent {
  readonly id: string;
  readonly topic: string;
  /** Events of one key are sent in the order in which they were acknowledged */
  readonly key: string;
  /** CloudEvents type */
  readonly type: string;
  /** The event as it will stand on the topic */
  readonly payload: { readonly timestamp: string };
  /** Where it belongs in a trace, null in none; in that of whoever puts it on its way when missing */
  readonly trace?: TraceCarrier | null;
}

export interface OutboxRow extends OutboxEvent {
  readonly seq: number;
  readonly shard: number;
}

/**
 * Puts an event on its way; when this resolves (outside a transaction) the event is durable and may be acknowledged. The same id again changes
 * nothing while the first is waiting. Once that has been relayed its row is gone, and a retry is sent again: whoever consumes drops it by its id.
 */
export async function enqueue(db: Database, event: OutboxEvent): Promise<void> {
  const { id, topic, key, type, payload } = event;
  await db.query(
    `insert into outbox (id, shard, aggregatetype, aggregateid, type, payload, trace) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (id) do nothing`,
    [id, shardOf(key), topic, key, type, JSON.stringify(payload), traceOf(event)],
  );
}

/** Puts events on their way, many in one statement; otherwise as `enqueue`. All or none where `db` is in a transaction. */
export async function enqueueAll(db: Database, events: readonly OutboxEvent[]): Promise<void> {
  for (let from = 0; from < events.length; from += EVENTS_OF_STATEMENT) await insertAll(db, events.slice(from, from + EVENTS_OF_STATEMENT));
}

async function insertAll(db: Database, events: readonly OutboxEvent[]): Promise<void> {
  await db.query(
    `insert into outbox (id, shard, aggregatetype, aggregateid, type, payload, trace)
     select * from unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[]) on conflict (id) do nothing`,
    [
      events.map(({ id }) => id),
      events.map(({ key }) => shardOf(key)),
      events.map(({ topic }) => topic),
      events.map(({ key }) => key),
      events.map(({ type }) => type),
      events.map(({ payload }) => JSON.stringify(payload)),
      events.map(traceOf),
    ],
  );
}

function traceOf({ trace = activeCarrier() }: OutboxEvent): string | null {
  return trace ? JSON.stringify(trace) : null;
}

/** The same for a key always and everywhere. */
const shardOf = (key: string): number => Number.parseInt(hash('sha256', key, 'hex').slice(0, 2), 16) % OUTBOX_SHARDS;

/** The oldest rows of each leased shard, by seq; none of a shard whose lease is lost. */
export async function readOutbox(db: Database, leases: ShardLeases, rowsPerShard: number): Promise<OutboxRow[]> {
  const { rows } = await db.query<OutboxRow>(
    `select o.seq, o.shard, o.id, o.aggregatetype as topic, o.aggregateid as key, o.type, o.payload, o.trace
     from unnest($1::smallint[], $2::bigint[]) as lease (shard, fence)
     join outbox_shards s on (s.shard, s.fence) = (lease.shard, lease.fence) and s.leased_until > now()
     cross join lateral (select * from outbox where outbox.shard = s.shard order by seq limit $3) o
     order by o.seq`,
    [[...leases.keys()], [...leases.values()], rowsPerShard],
  );
  return rows;
}

/**
 * Deletes rows that Kafka has, in those shards alone whose fence is still the lease's.
 * @returns how many went; fewer than were given when a lease was lost
 */
export async function deleteRelayed(db: Database, leases: ShardLeases, rows: readonly OutboxRow[]): Promise<number> {
  // `for share` makes a takeover that is going on come first; then its new fence is seen here.
  const { rowCount } = await db.query(
    `with held as (
       select s.shard from outbox_shards s
       join unnest($1::smallint[], $2::bigint[]) as lease (shard, fence) on (s.shard, s.fence) = (lease.shard, lease.fence)
       for share of s
     )
     delete from outbox using held where outbox.shard = held.shard and outbox.seq = any ($3::bigint[])`,
    [[...leases.keys()], [...leases.values()], rows.map(({ seq }) => seq)],
  );
  return rowCount ?? 0;
}

/**
 * Moves a row that Kafka refuses for itself to `outbox_refused`, where its shard's fence is still the lease's.
 * @returns whether it was moved
 */
export async function setAside(db: Database, leases: ShardLeases, { seq, shard }: OutboxRow, reason: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `with held as (select shard from outbox_shards where (shard, fence) = ($1, $2) for share),
     gone as (delete from outbox using held where outbox.shard = held.shard and outbox.seq = $3 returning outbox.*)
     insert into outbox_refused (id, shard, aggregatetype, aggregateid, type, payload, created_at, reason)
     select id, shard, aggregatetype, aggregateid, type, payload, created_at, $4 from gone
     on conflict (id) do update set refused_at = excluded.refused_at, reason = excluded.reason`,
    [shard, leases.get(shard), seq, reason],
  );
  return rowCount === 1;
}

/** How many events wait, and for how many seconds the oldest has. */
export async function measureOutbox(db: Database): Promise<{ pending: number; oldestSeconds: number }> {
  const { rows } = await db.query<{ pending: number; oldest: number }>(
    `select count(*) as pending, coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as oldest from outbox`,
  );
  return { pending: rows[0]?.pending ?? 0, oldestSeconds: rows[0]?.oldest ?? 0 };
}
