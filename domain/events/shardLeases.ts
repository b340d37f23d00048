import { withTransaction, type Database, type Pool } from '../../platform/postgres.ts';

/** The shards that a relay holds, each with the fence under which it may read and delete. */
export type ShardLeases = ReadonlyMap<number, number>;

/**
 * Renews a relay's leases and evens them out: it takes free shards up to its share, and lets go of what is above it when others have come.
 * Until a lease that is not renewed ends, nobody else takes the shard. All times are the database's.
 */
export const renewShardLeases = (pool: Pool, relay: string, leaseMs: number): Promise<ShardLeases> =>
  withTransaction(pool, async (db) => {
    const share = await fairShare(db, relay, leaseMs);
    const held = await leasesOf(
      db,
      `update outbox_shards set leased_until = now() + $2 * interval '1 ms' where owner = $1 returning shard, fence`,
      [relay, leaseMs],
    );
    const surplus = [...held.keys()].slice(share);
    await db.query(`update outbox_shards set owner = null, leased_until = '-infinity' where shard = any ($1::smallint[])`, [surplus]);
    for (const shard of surplus) held.delete(shard);
    const taken = await leasesOf(
      db,
      `update outbox_shards set owner = $1, fence = fence + 1, leased_until = now() + $2 * interval '1 ms'
       where shard in (
         select shard from outbox_shards where owner is null or leased_until < now() order by shard limit $3 for update skip locked
       )
       returning shard, fence`,
      [relay, leaseMs, share - held.size],
    );
    return new Map([...held, ...taken]);
  });

/** Lets go of everything at once, so that others need not wait for the leases to end. */
export async function releaseShardLeases(db: Database, relay: string): Promise<void> {
  await db.query(
    `with gone as (delete from outbox_relays where relay = $1)
     update outbox_shards set owner = null, leased_until = '-infinity' where owner = $1`,
    [relay],
  );
}

/** Says that this relay is alive. @returns how many shards each live relay should hold */
async function fairShare(db: Database, relay: string, leaseMs: number): Promise<number> {
  await db.query(
    `insert into outbox_relays (relay, alive_until) values ($1, now() + $2 * interval '1 ms')
     on conflict (relay) do update set alive_until = excluded.alive_until`,
    [relay, leaseMs],
  );
  await db.query(`delete from outbox_relays where alive_until < now() - interval '1 hour'`);
  const { rows } = await db.query<{ share: number }>(
    `select ceil((select count(*) from outbox_shards)::numeric / (select count(*) from outbox_relays where alive_until > now()))::int as share`,
  );
  return rows[0]?.share ?? 0;
}

async function leasesOf(db: Database, sql: string, values: unknown[]): Promise<Map<number, number>> {
  const { rows } = await db.query<{ shard: number; fence: number }>(sql, values);
  return new Map(rows.map(({ shard, fence }) => [shard, fence]));
}
