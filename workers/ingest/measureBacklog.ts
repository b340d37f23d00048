import { INGEST } from '../../contracts/metrics/ingest.ts';
import { measureOutbox } from '../../domain/events/outbox.ts';
import type { Config } from '../../platform/config.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import { addMetrics, atScrape } from '../../platform/metrics.ts';
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
  const { outbox_pending, outbox_oldest_seconds, kafka_consumer_lag } = addMetrics(metrics, INGEST.backlog);
  atScrape(outbox_pending, async () => {
    const measured = await measureOutbox(pool).catch(() => undefined);
    if (!measured) return;
    outbox_pending.set(measured.pending);
    outbox_oldest_seconds.set(measured.oldestSeconds);
  });
  atScrape(kafka_consumer_lag, async () => {
    const looks = topics.map((topic) => kafka.lag(group, topic).then((lag) => kafka_consumer_lag.set({ topic }, lag)));
    await Promise.allSettled(looks);
  });
}
