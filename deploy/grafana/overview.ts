import type { Page } from './page.ts';
import { graph, stat } from './panels.ts';
import { orNone, p95, rate, since } from './promql.ts';
import { OBJECTIVES } from '../prometheus/objectives.ts';

/** What is asked about us is no request of a user. */
const ASKED = 'http_requests_total{route!~"/health.*|/metrics"}';
const FAULTS = 'http_requests_total{route!~"/health.*|/metrics", status=~"5.."}';
/** Every process shows the machine's: one of them is enough. */
const ofMachine = (expr: string) => `max by (job) (${expr})`;

/** Whether all is well, at a glance; the guide's address for it is `/d/mlops-overview`. */
export const overview: Page = {
  uid: 'mlops-overview',
  title: 'MLOps overview',
  description: 'Whether all is well: processes, the nine systems, requests, the machine, the database.',
  rows: {
    'At a glance': [
      stat('Processes down', [orNone('count(up{job="mlops"} == 0)'), ''], { red: 1 }),
      stat('Alerts', [orNone('count(ALERTS{alertstate="firing"})'), ''], {
        yellow: 1,
        description: 'docs/runbooks.md says of each what to do.',
      }),
      stat('Systems not well', ['sum(system_check_state{state="failed"})', ''], {
        red: 1,
        description: 'Of the nine, as the latest fullSystemCheck found them.',
      }),
      stat('Requests', [rate(ASKED), ''], { unit: 'reqps' }),
      stat('Faults', [`${orNone(rate(FAULTS))} / ${rate(ASKED)}`, ''], {
        ...{ unit: 'percentunit', yellow: 1 - OBJECTIVES.availability, red: 0.05 },
        description: 'Share of requests that were answered with a fault of ours; so much of it as turns yellow may be, over 30 days.',
      }),
      stat('Models loaded', ['count(model_loaded)', '']),
    ],
    Requests: [
      graph('Requests', [[rate(ASKED, 'service'), '{{service}}']], { unit: 'reqps' }),
      graph('By status', [[rate(ASKED, 'status'), '{{status}}']], { unit: 'reqps' }),
      graph('Time to answer, 95 of 100', [[p95('http_request_duration_seconds', 'service'), '{{service}}']], { unit: 's' }),
    ],
    Machine: [
      graph('Processors', [[ofMachine('system_cpu_usage_percent'), 'busy']], { unit: 'percent', width: 6 }),
      graph(
        'Memory and disk',
        [
          [ofMachine('system_memory_used_bytes / system_memory_size_bytes'), 'memory'],
          [ofMachine('1 - system_disk_free_bytes / system_disk_size_bytes'), 'disk'],
        ],
        { unit: 'percentunit', width: 6 },
      ),
      graph(
        'Network',
        [
          [ofMachine('rate(system_network_received_bytes_total[$__rate_interval])'), 'received'],
          [ofMachine('rate(system_network_sent_bytes_total[$__rate_interval])'), 'sent'],
        ],
        { unit: 'Bps', width: 6 },
      ),
      graph('Memory of each process', [['process_resident_memory_bytes{job="mlops"}', '{{service}}']], { unit: 'bytes', width: 6 }),
    ],
    Database: [
      graph(
        'Connections',
        [
          ['sum by (service, pool) (database_connections_active)', '{{service}} {{pool}}'],
          ['sum(database_connections_idle)', 'idle'],
        ],
        {},
      ),
      graph('Waiting for a connection', [['sum by (service) (database_requests_waiting)', '{{service}}']]),
      graph('Time of queries, 95 of 100', [[p95('database_query_duration_seconds', 'service'), '{{service}}']], { unit: 's' }),
    ],
    'What stands still, and the nine systems': [
      graph('Loops that fail at each turn', [['max by (service, loop) (loop_stalled_seconds)', '{{service}} {{loop}}']], { unit: 's' }),
      graph('Time that systems take to say how they are', [['system_check_answer_seconds', '{{system}} {{part}}']], { unit: 's' }),
      graph('Since they were asked', [[since('system_check_last_timestamp_seconds'), 'fullSystemCheck']], { unit: 's' }),
    ],
  },
};
