import { Counter, type Registry } from 'prom-client';
import type { MessageProducer, OutgoingMessage } from '../../platform/kafka.ts';
import type { Logger } from '../../platform/log.ts';
import { startLoop, type Loop } from '../../platform/loop.ts';
import type { Pool } from '../../platform/postgres.ts';
import { deleteRelayed, readOutbox, type OutboxRow } from './outbox.ts';
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
/** One request must stay below the broker's message.max.bytes, 1 MB by default. */
const MAX_REQUEST_BYTES = 512 * 1024;

/**
 * Sends what is in the outbox to Kafka, in order within each key, and deletes what Kafka has. At least once: after a crash or a lost lease
 * some are sent again. Why rows are deleted rather than read by a cursor: docs/decisions/outbox-delete-on-ack.md.
 */
export function startRelay({ pool, producer, relay, log, metrics, leaseMs = LEASE_MS }: RelayParts): Loop {
  const relayed = new Counter({
    name: 'outbox_relayed_total',
    help: 'Events that Kafka acknowledged, by topic',
    labelNames: ['topic'],
    registers: [metrics],
  });
  let leases: ShardLeases = new Map();
  let renewAt = 0;

  async function relayOldest(): Promise<boolean> {
    if (performance.now() >= renewAt) {
      leases = await renewShardLeases(pool, relay, leaseMs);
      renewAt = performance.now() + leaseMs / 3;
    }
    const rows = fitting(await readOutbox(pool, leases, ROWS_PER_SHARD));
    if (rows.length === 0) return false;
    for (const topic of new Set(rows.map((row) => row.topic))) {
      const ofTopic = rows.filter((row) => row.topic === topic);
      await producer.send(topic, ofTopic.map(toMessage));
      relayed.inc({ topic }, ofTopic.length);
    }
    const deleted = await deleteRelayed(pool, leases, rows);
    if (deleted < rows.length) {
      log.warn({ relay, sent: rows.length, deleted }, 'a lease was lost meanwhile; its new owner sends the rest again');
      renewAt = 0;
    }
    return true;
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
  const count = rows.findIndex((row) => (bytes += bytesOf(row)) > MAX_REQUEST_BYTES);
  return count === -1 ? rows : rows.slice(0, Math.max(1, count));
}

const HEADER_BYTES = 300;
const bytesOf = ({ key, payload }: OutboxRow) => Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(payload)) + HEADER_BYTES;

/** A CloudEvent in binary mode: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
const toMessage = ({ id, key, type, payload }: OutboxRow): OutgoingMessage => ({
  key,
  value: JSON.stringify(payload),
  headers: {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: '/movie-mlops/api',
    ce_type: type,
    ce_time: payload.timestamp,
    'content-type': 'application/json',
    id,
  },
});
