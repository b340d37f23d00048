import type { MetricDefinitions } from './definition.ts';

const TOPIC = { topic: "one of the platform's topics" };

const RELAY = {
  outbox_relayed_total: { kind: 'counter', help: 'Events that Kafka acknowledged, by topic', labels: TOPIC },
  outbox_refused_total: {
    kind: 'counter',
    help: 'Events that Kafka refuses for themselves, set aside in outbox_refused, by topic',
    labels: TOPIC,
  },
} as const satisfies MetricDefinitions;

const BACKLOG = {
  outbox_pending: { kind: 'gauge', help: 'Events accepted that Kafka does not have yet' },
  outbox_oldest_seconds: { kind: 'gauge', help: 'Age of the oldest event that Kafka does not have yet' },
  kafka_consumer_lag: { kind: 'gauge', help: 'Messages that the consumer group has yet to take, by topic', labels: TOPIC },
} as const satisfies MetricDefinitions;

const INTAKE = {
  events_taken_total: { kind: 'counter', help: 'Events that came by Kafka and were recorded, by topic', labels: TOPIC },
  events_last_taken_timestamp_seconds: { kind: 'gauge', help: 'When events of a topic were recorded the last time', labels: TOPIC },
} as const satisfies MetricDefinitions;

const DEAD_LETTERS = {
  dead_letters_total: {
    kind: 'counter',
    help: 'Messages, or whole batches that cannot be read, that went to the dead-letter topic, by topic and reason',
    labels: { ...TOPIC, reason: 'unreadable, refused, failed or undecodable' },
  },
} as const satisfies MetricDefinitions;

export const INGEST = { relay: RELAY, backlog: BACKLOG, intake: INTAKE, deadLetters: DEAD_LETTERS };
