import { topics } from '../../contracts/endpoints/topics.ts';
import { invalid, missing } from '../../contracts/failures.ts';
import { SHOWN_BYTES } from '../../contracts/sizes.ts';
import type { GroupRow, TopicRow } from '../../contracts/topics.ts';
import { findMessage } from '../../domain/events/findMessage.ts';
import { messageFilter } from '../../domain/events/messageFilter.ts';
import { toMessage } from '../../domain/events/messageText.ts';
import { offsetsText, parseOffsets, readTopic } from '../../domain/events/readTopic.ts';
import { auditedRequest } from '../../platform/audit.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import { isRecordRefused } from '../../platform/kafka/recordRefused.ts';
import { endpoint, type Endpoint } from './endpoint.ts';

type Group = Awaited<ReturnType<Kafka['browse']['groups']>>[number];
type Topic = Awaited<ReturnType<Kafka['browse']['topics']>>[number];

const toTopicRow = ({ name, partitions }: Topic): TopicRow => ({
  topic: name,
  messages: partitions.reduce((sum, { first, next }) => sum + Number(next) - Number(first), 0),
  partitions: partitions.map(({ partition, first, next }) => ({ partition, first_offset: Number(first), next_offset: Number(next) })),
});

function toGroupRow({ name, state, members, topics: committed }: Group): GroupRow {
  const rows = committed.map(({ topic, partitions }) => {
    const told = partitions.map(({ partition, committed: at, first, next }) => ({
      partition,
      committed_offset: at === undefined ? null : Number(at),
      next_offset: Number(next),
      lag: Math.max(0, Number(next) - Math.max(Number(first), Number(at ?? 0))),
    }));
    return { topic, lag: lagOf(told), partitions: told };
  });
  return { group: name, state, members, lag: lagOf(rows), topics: rows };
}
const lagOf = (some: readonly { lag: number }[]) => some.reduce((sum, { lag }) => sum + lag, 0);

export const createTopicEndpoints = ({ kafka }: { kafka: Kafka }): Endpoint[] => [
  endpoint(topics.list, async () => ({ topics: (await kafka.browse.topics()).map(toTopicRow) })),
  endpoint(topics.groups, async () => ({ groups: (await kafka.browse.groups()).map(toGroupRow) })),
  endpoint(topics.messages, async ({ params, query }) => {
    const isWanted = messageFilter(query.filter);
    const { messages, next, isAtEnd } = await readTopic(kafka.browse, params.topic, {
      from: query.from,
      sinceMs: query.since === undefined ? undefined : Date.parse(query.since),
      after: parseOffsets(query.after),
      limit: query.limit,
      waitMs: query.wait_ms,
      choose: async (some) => some.filter(isWanted),
    });
    const shown = messages.map(({ partition, message }) => toMessage(partition, message, SHOWN_BYTES.listed));
    return { messages: shown, next: offsetsText(next), is_at_end: isAtEnd };
  }),
  endpoint(topics.message, async ({ params: { topic, partition, offset } }) => {
    const found = await findMessage(kafka.browse, topic, Number(partition), offset);
    if (!found) throw missing(`There is no message ${partition}:${offset} on ${topic}, or not any more`);
    return toMessage(found.partition, found.message, SHOWN_BYTES.alone);
  }),
  endpoint(topics.produce, async ({ params: { topic }, body: { key = null, value, headers = {} } }) => {
    if (kafka.browse.isInternal(topic)) throw invalid('path.topic', `${topic} is an internal topic of Kafka: it is not written to`);
    await kafka.browse.ranges(topic);
    await auditedRequest()?.begin();
    const producer = kafka.createProducer();
    try {
      await producer.send(topic, [{ key, value, headers }]);
    } catch (error) {
      if (isRecordRefused(error)) throw invalid('body.value', `Kafka does not take it: ${error.message}`);
      throw error;
    } finally {
      await producer.close();
    }
    return { topic, status: 'sent' as const };
  }),
];
