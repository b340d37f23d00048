import { Gauge } from 'prom-client';
import { measureOutbox } from '../../domain/events/outbox.ts';
import type { Config } from '../../platform/config.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import { createPool, POOL_WAITS } from '../../platform/postgres.ts';
import type { ProcessContext } from '../../platform/process.ts';

interface Backlog {
  readonly kafka: Pick<Kafka, 'lag'>;
  readonly group: string;
  readonly topics: readonly string[];
}

/**
 * Gauges of what waits: in the outbox, and on each topic. Looked up at each scrape, by a connection that waits no longer than a request does; an
 * engine that is down or frozen leaves the last value.
 */
export function measureBacklog(
  {
    config,
    log,
    metrics,
    onShutdown,
  }: Pick<ProcessContext, 'log' | 'metrics' | 'onShutdown'> & { readonly config: Pick<Config, 'database'> },
  { kafka, group, topics }: Backlog,
): void {
  const pool = createPool({ ...config.database, poolSize: 1, log, waits: POOL_WAITS.request });
  onShutdown('backlog', () => pool.end());
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
