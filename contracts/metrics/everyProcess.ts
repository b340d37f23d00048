import type { MetricDefinitions } from './definition.ts';

/** Shown by every process, of the machine it runs on: by one of a machine they are enough. */
const SYSTEM = {
  system_cpu_usage_percent: {
    kind: 'gauge',
    help: 'Of all processors that this machine or container may use, since the scrape before; 0 to 100',
  },
  system_memory_used_bytes: { kind: 'gauge', help: 'Memory in use, without what the system would give back' },
  system_memory_size_bytes: { kind: 'gauge', help: 'Memory that this machine or container may use' },
  system_disk_free_bytes: { kind: 'gauge', help: 'Free on the disk that the state lies on' },
  system_disk_size_bytes: { kind: 'gauge', help: 'Of the disk that the state lies on' },
  system_network_received_bytes_total: {
    kind: 'counter',
    help: 'Bytes received by this machine or container, beside what it says to itself',
  },
  system_network_sent_bytes_total: { kind: 'counter', help: 'Bytes sent by this machine or container, beside what it says to itself' },
} as const satisfies MetricDefinitions;

const LOOP = { loop: 'name of a loop, or of a topic and its partition' };
const LOOPS = {
  loop_turns_total: { kind: 'counter', help: 'Turns of a loop, or of the taking of a partition, that went well', labels: LOOP },
  loop_failures_total: { kind: 'counter', help: 'Turns of a loop, or of the taking of a partition, that failed', labels: LOOP },
  loop_last_success_timestamp_seconds: { kind: 'gauge', help: 'When a turn went well the last time', labels: LOOP },
  loop_stalled_seconds: {
    kind: 'gauge',
    help: 'Time since a loop or a partition fails at each turn, 0 while it goes on',
    labels: LOOP,
  },
  loop_busy_seconds: { kind: 'gauge', help: 'Time since the turn began that a loop or a partition is in, 0 between turns', labels: LOOP },
} as const satisfies MetricDefinitions;

const REQUEST = {
  method: 'of HTTP, or FLIGHT',
  route: 'pattern of a route, or unmatched',
  status: 'code of HTTP; of FLIGHT the name of a status of gRPC',
};
const REQUESTS = {
  http_requests_total: { kind: 'counter', help: 'HTTP requests answered', labels: REQUEST },
  http_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time from request to the end of the answer',
    labels: REQUEST,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
} as const satisfies MetricDefinitions;

const POOL = { pool: 'request, report, serving or step' };
const DATABASE = {
  database_connections_active: { kind: 'gauge', help: 'Connections to Postgres that a query or a transaction has', labels: POOL },
  database_connections_idle: { kind: 'gauge', help: 'Connections to Postgres that nobody has', labels: POOL },
  database_requests_waiting: { kind: 'gauge', help: 'Queries and transactions that wait for a connection', labels: POOL },
  database_query_duration_seconds: {
    kind: 'histogram',
    help: 'From sending a statement to its end',
    labels: POOL,
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
  },
} as const satisfies MetricDefinitions;

export const EVERY_PROCESS = { system: SYSTEM, loops: LOOPS, requests: REQUESTS, database: DATABASE };
