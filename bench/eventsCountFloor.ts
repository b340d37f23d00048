/** What reading a topic costs at least: `eventsCountFloor.ts <broker> <topic> <messages>`, a consumer that only counts, and tells how fast it did. */
import kafkajs from 'kafkajs';
import { randomUUID } from 'node:crypto';
import { CONSUMER_SETTINGS } from '../platform/kafka/consumer.ts';
import type { Counted } from './eventsIngest.ts';

const [broker, topic, messages] = process.argv.slice(2);
const kafka = new kafkajs.Kafka({ clientId: 'bare', brokers: [broker!], logLevel: kafkajs.logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: randomUUID(), ...CONSUMER_SETTINGS });

const batches: { readonly at: number; readonly count: number }[] = [];
let counted = 0;
await consumer.connect();
await consumer.subscribe({ topics: [topic!], fromBeginning: true });
const done = new Promise<void>((resolve) => {
  void consumer.run({
    eachBatch: async ({ batch }) => {
      batches.push({ at: performance.now(), count: batch.messages.length });
      counted += batch.messages.length;
      if (counted >= Number(messages)) resolve();
    },
  });
});
await done;
const [first, last] = [batches[0]!, batches.at(-1)!];
const result: Counted = { counted, perSecond: (1_000 * (counted - last.count)) / (last.at - first.at) };
process.send!(result);
await consumer.disconnect();
process.disconnect();
