import type { Registry } from 'prom-client';
import { INGEST } from '../../contracts/metrics/ingest.ts';
import { RELAY_REQUEST_BYTES } from '../../contracts/sizes.ts';
import type { MessageProducer } from '../../platform/kafka/kafka.ts';
import type { Logger } from '../../platform/log.ts';
import { startLoop, type Loop } from '../../platform/loop.ts';
import { addMetrics } from '../../platform/metrics.ts';
import type { Pool } from '../../platform/postgres.ts';
import { deleteRelayed, readOutbox, setAside, type OutboxRow } from './outbox.ts';
import { bytesOf, sendInOrder, type Refusal } from './sendInOrder.ts';
import { releaseShardLeases, renewShardLeases, type ShardLeases } from './shardLeases.ts';

export interface RelayParts {
  readonly pool: Pool;
  readonly producer: MessageProducer;
  /** Name of this relay, unlike any other's, also of an earlier start */
  readonly relay: string;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly leaseMs?: number;
}

/** How long a shard waits for a new relay after its own was killed. */
const LEASE_MS = 6_000;
const POLL_MS = 1_000;
const ROWS_PER_SHARD = 64;

/**
 * Sends what is in the outbox to Kafka, in order within each key, and deletes what Kafka has. At least once: after a crash or a lost lease
 * some are sent again. A row that Kafka refuses for itself is set aside; while Kafka is away everything waits, and a relay that alone is kept
 * out leaves its shards to the others. Why rows are deleted rather than read by a cursor: docs/decisions/outbox-delete-on-ack.md.
 */
export function startRelay({ pool, producer, relay, log, metrics, leaseMs = LEASE_MS }: RelayParts): Loop {
  const { outbox_relayed_total: relayed, outbox_refused_total: refused } = addMetrics(metrics, INGEST.relay);
  let leases: ShardLeases = new Map();
  let renewAt = 0;

  async function relayOldest(): Promise<boolean> {
    await throughKafka(() => producer.connect());
    if (performance.now() >= renewAt) {
      leases = await renewShardLeases(pool, relay, leaseMs);
      renewAt = performance.now() + leaseMs / 3;
    }
    const rows = fitting(await readOutbox(pool, leases, ROWS_PER_SHARD));
    if (rows.length === 0) return false;
    for (const topic of new Set(rows.map((row) => row.topic))) {
      const ofTopic = rows.filter((row) => row.topic === topic);
      const { sent, refusal } = await throughKafka(() => sendInOrder(producer, topic, ofTopic));
      relayed.inc({ topic }, sent.length);
      const deleted = await deleteRelayed(pool, leases, sent);
      if (deleted < sent.length) {
        log.warn({ relay, sent: sent.length, deleted }, 'a lease was lost meanwhile; its new owner sends the rest again');
        renewAt = 0;
      }
      if (refusal) await putAside(refusal);
    }
    return true;
  }

  /** Of what fails the shards are let go of, so that they do not wait for one whom Kafka keeps out. */
  async function throughKafka<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      leases = new Map();
      renewAt = 0;
      // Where this fails, too, the leases end by themselves.
      await releaseShardLeases(pool, relay).catch(() => undefined);
      throw error;
    }
  }

  async function putAside({ row, reason }: Refusal): Promise<void> {
    if (!(await setAside(pool, leases, row, reason))) return;
    const { topic, id } = row;
    refused.inc({ topic });
    log.error({ topic, id, bytes: bytesOf(row), reason }, 'Kafka refuses this event; it is set aside in outbox_refused');
  }

  const loop = startLoop({ name: 'outbox relay', restMs: Math.min(POLL_MS, leaseMs / 3), log }, relayOldest);
  return {
    wake: () => loop.wake(),
    async stop() {
      await loop.stop();
      await releaseShardLeases(pool, relay);
    },
  };
}

/** The first rows that one request holds, and one at least. */
function fitting(rows: OutboxRow[]): OutboxRow[] {
  let bytes = 0;
  const count = rows.findIndex((row) => (bytes += bytesOf(row)) > RELAY_REQUEST_BYTES);
  return count === -1 ? rows : rows.slice(0, Math.max(1, count));
}
