import type { Page } from './page.ts';
import { graph, stat } from './panels.ts';
import { lastHour, orNone, rate, since } from './promql.ts';

/** Whether events pass, and what is set aside. */
export const events: Page = {
  uid: 'mlops-events',
  title: 'Events',
  description: 'Events from the outbox to Kafka and from there to the tables, what is set aside, services with too much to do, alerts.',
  rows: {
    'At a glance': [
      stat('Not in Kafka yet', ['outbox_pending', '']),
      stat('The oldest of them', ['outbox_oldest_seconds', ''], { unit: 's', yellow: 60, red: 300 }),
      stat('Not taken yet', ['sum(kafka_consumer_lag)', ''], { yellow: 1_000, red: 10_000 }),
      stat('Set aside in the hour', [orNone(lastHour('dead_letters_total')), ''], { yellow: 1 }),
      stat('Refused by Kafka in the hour', [orNone(lastHour('outbox_refused_total')), ''], { yellow: 1 }),
    ],
    'On the way': [
      graph('Given to Kafka', [[rate('outbox_relayed_total', 'topic'), '{{topic}}']], { unit: 'ops' }),
      graph('Taken', [[rate('events_taken_total', 'topic'), '{{topic}}']], { unit: 'ops' }),
      graph('Since the last was taken', [[since('events_last_taken_timestamp_seconds'), '{{topic}}']], { unit: 's' }),
    ],
    'What waits, and what is set aside': [
      graph('Messages that wait', [['kafka_consumer_lag', '{{topic}}']], { width: 12 }),
      graph('Dead letters', [[lastHour('dead_letters_total', 'topic', 'reason'), '{{topic}} {{reason}}']], { width: 12 }),
    ],
    'What follows': [
      graph('Replicas that are wanted', [['wanted_replicas', '{{service}}']], { width: 12 }),
      graph(
        'Alerts that the API was told of, in the hour',
        [[lastHour('alerts_received_total', 'status', 'outcome'), '{{status}} {{outcome}}']],
        { width: 12 },
      ),
    ],
  },
};
