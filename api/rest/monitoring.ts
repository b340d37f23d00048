import type { Registry } from 'prom-client';
import { monitoring } from '../../contracts/endpoints/monitoring.ts';
import type { Figure } from '../../contracts/monitoring.ts';
import type { ApiDeps } from '../deps.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

/** The metric that each figure is read from, and which of its series count. */
const READ: Record<Figure, readonly [metric: string, counts?: (labels: Readonly<Record<string, unknown>>) => boolean]> = {
  requests_total: ['http_requests_total', isOfUser],
  faults_total: ['http_requests_total', (labels) => isOfUser(labels) && String(labels['status']).startsWith('5')],
  cpu_percent: ['system_cpu_usage_percent'],
  memory_used_bytes: ['system_memory_used_bytes'],
  memory_size_bytes: ['system_memory_size_bytes'],
  disk_free_bytes: ['system_disk_free_bytes'],
  disk_size_bytes: ['system_disk_size_bytes'],
  process_memory_bytes: ['process_resident_memory_bytes'],
  connections_active: ['database_connections_active'],
  connections_idle: ['database_connections_idle'],
  requests_waiting: ['database_requests_waiting'],
};

/** What is asked about us is no request of a user. */
function isOfUser({ route }: Readonly<Record<string, unknown>>): boolean {
  return !/^\/(health|metrics)/.test(String(route));
}

export const createMonitoringEndpoints = ({ prometheus, metrics }: Pick<ApiDeps, 'prometheus' | 'metrics'>): Endpoint[] => [
  endpoint(monitoring.watched, () => prometheus.watched()),
  endpoint(monitoring.graph, ({ query }) => prometheus.graph(query)),
  endpoint(monitoring.figures, async () => ({ at: new Date().toISOString(), figures: await readFigures(metrics) })),
];

async function readFigures(metrics: Registry): Promise<Partial<Record<Figure, number>>> {
  const shown = new Map((await metrics.getMetricsAsJSON()).map(({ name, values }) => [name, values]));
  return Object.fromEntries(
    Object.entries(READ).flatMap(([figure, [metric, counts = () => true]]) => {
      const values = shown.get(metric);
      if (!values) return [];
      return [[figure, values.reduce((sum, { value, labels }) => (counts(labels) ? sum + value : sum), 0)]];
    }),
  );
}
