import { Gauge, Histogram, type Registry } from 'prom-client';
import type { Pool } from './postgres.ts';

/** Shows a process's pools of database connections, each by its name: how many are in use, idle and waited for, and how long queries take. */
export function measurePools(registry: Registry, pools: Readonly<Record<string, Pool>>): void {
  const labelNames = ['pool'] as const;
  const registers = [registry];
  const gauge = (name: string, help: string, of: (pool: Pool) => number) =>
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        for (const [name, pool] of Object.entries(pools)) this.set({ pool: name }, of(pool));
      },
    });
  gauge(
    'database_connections_active',
    'Connections to Postgres that a query or a transaction has',
    (pool) => pool.totalCount - pool.idleCount,
  );
  gauge('database_connections_idle', 'Connections to Postgres that nobody has', (pool) => pool.idleCount);
  gauge('database_requests_waiting', 'Queries and transactions that wait for a connection', (pool) => pool.waitingCount);
  const durations = new Histogram({
    ...{ name: 'database_query_duration_seconds', help: 'From sending a statement to its end', labelNames, registers },
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
  });
  for (const [name, pool] of Object.entries(pools)) {
    const observe = durations.labels({ pool: name });
    pool.on('connect', (client) => timeQueries(client, (seconds) => observe.observe(seconds)));
  }
}

type Query = (...given: unknown[]) => unknown;

/** Queries come with a callback, from the pool itself, or give a promise; COPY streams itself, and is as slow as who feeds it. */
function timeQueries(client: object, observe: (seconds: number) => void): void {
  const timed = client as { query: Query };
  const query = timed.query.bind(client);
  timed.query = (...given) => {
    const startedAt = performance.now();
    const end = () => observe((performance.now() - startedAt) / 1_000);
    const callback = given.at(-1);
    if (typeof callback === 'function')
      return query(...given.slice(0, -1), (...result: unknown[]) => {
        end();
        (callback as Query)(...result);
      });
    const answer = query(...given);
    if (answer instanceof Promise) answer.then(end, end);
    return answer;
  };
}
