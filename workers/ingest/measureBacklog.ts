import { Gauge, type Registry } from 'prom-client';
import { measureOutbox } from '../../domain/events/outbox.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import type { Pool } from '../../platform/postgres.ts';

/** Gauges of what waits: in the outbox, and on each topic. Looked up at each scrape; an engine that is down leaves the last value. */
export function measureBacklog({
  pool,
  kafka,
  metrics,
  group,
  topics,
}: {
  pool: Pool;
  kafka: Kafka;
  metrics: Registry;
  group: string;
  topics: readonly string[];
}): void {
  const oldest = new Gauge({
    name: 'outbox_oldest_seconds',
    help: 'Age of the oldest event that Kafka does not have yet',
    registers: [metrics],
  });
  new Gauge({
    name: 'outbox_pending',
    help: 'Events accepted that Kafka does not have yet',
    registers: [metrics],
    async collect() {
      const measured = await measureOutbox(pool).catch(() => undefined);
      if (!measured) return;
      this.set(measured.pending);
      oldest.set(measured.oldestSeconds);
    },
  });
  new Gauge({
    name: 'kafka_consumer_lag',
    help: 'Messages that the consumer group has yet to take, by topic',
    labelNames: ['topic'],
    registers: [metrics],
    async collect() {
      await Promise.all(
        topics.map((topic) =>
          kafka.lag(group, topic).then(
            (lag) => this.set({ topic }, lag),
            () => undefined,
          ),
        ),
      );
    },
  });
}
