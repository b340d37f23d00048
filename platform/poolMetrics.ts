import type { Registry } from 'prom-client';
import { EVERY_PROCESS } from '../contracts/metrics/everyProcess.ts';
import { addMetrics, atScrape } from './metrics.ts';
import type { Pool } from './postgres.ts';

/** Shows a process's pools of database connections, each by its name: how many are in use, idle and waited for, and how long queries take. */
export function measurePools(registry: Registry, pools: Readonly<Record<string, Pool>>): void {
  const metrics = addMetrics(registry, EVERY_PROCESS.database);
  const gauges = {
    database_connections_active: (pool: Pool) => pool.totalCount - pool.idleCount,
    database_connections_idle: (pool: Pool) => pool.idleCount,
    database_requests_waiting: (pool: Pool) => pool.waitingCount,
  };
  for (const [name, of] of Object.entries(gauges))
    atScrape(metrics[name as keyof typeof gauges], (gauge) => {
      for (const [pool, each] of Object.entries(pools)) gauge.set({ pool }, of(each));
    });
  for (const [name, pool] of Object.entries(pools)) {
    const observe = metrics.database_query_duration_seconds.labels({ pool: name });
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
