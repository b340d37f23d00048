import type { BatchRow } from '../recommender/batch/batchTable.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { nameUuid } from './nameUuid.ts';
import { enqueueAll, type OutboxEvent } from './outbox.ts';

interface PublishedShard {
  readonly batch: string;
  readonly shard: number;
  readonly version: string;
  /** Of the batch; the same whenever the shard is tried again. */
  readonly timestamp: string;
  readonly rows: readonly BatchRow[];
}

/**
 * Puts one event a user on its way to `movie-recommendations`, all of a shard or none, once however often it is called.
 * @returns how many events the shard has
 */
export function publishBatchShard(pool: Pool, published: PublishedShard): Promise<number> {
  const { batch, shard } = published;
  const events = toEvents(published);
  return withTransaction(pool, async (db) => {
    const { rowCount } = await db.query('insert into published_shards (batch, shard, events) values ($1, $2, $3) on conflict do nothing', [
      batch,
      shard,
      events.length,
    ]);
    if (rowCount === 1) await enqueueAll(db, events);
    return events.length;
  });
}

function toEvents({ batch, version, timestamp, rows }: PublishedShard): OutboxEvent[] {
  const byUser = new Map<string, BatchRow[]>();
  for (const row of rows) byUser.set(row.user_id, [...(byUser.get(row.user_id) ?? []), row]);
  return [...byUser].map(([user_id, recommended]) => {
    const id = nameUuid(`${batch} ${user_id}`);
    const recommendations = recommended.map(({ movie_id, score, rank }) => ({ movie_id, score, rank }));
    const payload = { event_id: id, batch, user_id, model: { name: recommended[0]!.model, version }, recommendations, timestamp };
    return { id, topic: 'movie-recommendations', key: user_id, type: 'movie_mlops.batch_recommendations', payload };
  });
}
