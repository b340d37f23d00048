import { ERASURE_TOMBSTONE } from '../../contracts/erasure.ts';
import type { IncomingMessage, Kafka } from '../../platform/kafka/kafka.ts';
import { ALL_TOPICS } from '../events/topics.ts';
import { namingOf, readJson, type Naming } from './namesUser.ts';
import type { Found, Pass, Store, Whose } from './store.ts';

/** All topics, and their dead letters: a producer may put what is of a user on any of them. */
const TOPIC_NAMES: readonly string[] = ALL_TOPICS.map(({ name }) => name);

type Topics = Pick<Kafka, 'browse' | 'retention' | 'createProducer'>;

/**
 * Messages cannot be taken out of a topic one by one: where it is compacted a tombstone of the user's key takes the place of those before it, and all others go with
 * their segment, when Kafka says. Until then what consumes them passes them over.
 */
export const createTopicStore = (kafka: Topics): Store => ({
  async erase({ userId, before }, pass) {
    let sent = 0;
    for (const topic of await compacted(kafka)) {
      if ((await countOn(kafka, topic, { userId, before }, pass)).keyed === 0) continue;
      const producer = kafka.createProducer();
      try {
        await producer.send(topic, [{ key: userId, value: null, headers: { [ERASURE_TOMBSTONE]: '1' } }]);
        sent += 1;
      } finally {
        await producer.close();
      }
    }
    return sent;
  },
  async look(whose, pass) {
    let count = 0;
    const kept: TopicKept[] = [];
    for (const topic of await present(kafka)) {
      const { messages } = await countOn(kafka, topic, whose, pass);
      if (messages === 0) continue;
      count += messages;
      kept.push({ topic, messages, ...(await keptBy(kafka, topic)) });
    }
    return count === 0 ? { count } : { count, kept: tellKept(kept) };
  },
});

/** Those of the topics that are there. */
export async function present({ browse }: Pick<Kafka, 'browse'>): Promise<string[]> {
  const there = new Set((await browse.topics()).map(({ name }) => name));
  return TOPIC_NAMES.filter((topic) => there.has(topic));
}

async function compacted(kafka: Topics): Promise<string[]> {
  const found: string[] = [];
  for (const topic of await present(kafka)) if ((await kafka.retention(topic))?.isCompacted) found.push(topic);
  return found;
}

/** Messages that name a user on a topic, as it ends now. */
export async function* userMessages(
  { browse }: Pick<Kafka, 'browse'>,
  topic: string,
  { userId, before }: Whose,
  { signal, onProgress }: Pick<Pass, 'signal' | 'onProgress'>,
): AsyncGenerator<{ readonly partition: number; readonly message: IncomingMessage; readonly naming: Naming }> {
  const howNamed = namingOf(userId);
  const ranges = new Map((await browse.ranges(topic)).map((range) => [range.partition, range]));
  let from = new Map([...ranges].map(([partition, { first }]) => [partition, first]));
  while (from.size > 0) {
    signal.throwIfAborted();
    const next = new Map<number, string>();
    for (const { partition, messages, next: at, failure, isAtEnd } of await browse.read(topic, from, 0)) {
      if (failure !== undefined) throw new Error(`partition ${partition} of ${topic} cannot be read: ${failure}`);
      for (const message of messages) {
        const naming = howNamed(message);
        const isBefore = Number(message.timestamp) <= before.getTime() || (naming && timeOf(message) <= before.getTime());
        if (naming && isBefore) yield { partition, message, naming };
      }
      if (!isAtEnd && BigInt(at) < BigInt(ranges.get(partition)!.next)) next.set(partition, at);
    }
    from = next;
    onProgress({ topic, offsets: Object.fromEntries(from) });
  }
}

async function countOn(kafka: Topics, topic: string, whose: Whose, pass: Pass): Promise<{ messages: number; keyed: number }> {
  const counts = { messages: 0, keyed: 0 };
  for await (const { message } of userMessages(kafka, topic, whose, pass)) {
    if (message.value === null) continue; // a tombstone says nothing of the user but that they are gone
    counts.messages += 1;
    if (message.key?.toString() === whose.userId) counts.keyed += 1;
  }
  return counts;
}

/** When what it tells of happened; NaN where it does not say. */
const timeOf = ({ value }: IncomingMessage): number =>
  Date.parse(String(value && (readJson(value) as { timestamp?: unknown } | null | undefined)?.timestamp));

interface TopicKept {
  readonly topic: string;
  readonly messages: number;
  readonly until: Date | null;
  readonly rule: string;
}

async function keptBy({ retention }: Topics, topic: string): Promise<Pick<TopicKept, 'until' | 'rule'>> {
  const settings = await retention(topic);
  if (settings === undefined) return { until: null, rule: 'Kafka does not tell us for how long' };
  const { isCompacted, isDeleted, retentionMs, segmentMs } = settings;
  if (isCompacted && !isDeleted) return { until: null, rule: 'a tombstone was sent; they go when Kafka compacts the topic' };
  if (retentionMs < 0) return { until: null, rule: 'it keeps messages for ever: remove them with kafka-delete-records' };
  // The segment that holds the last of them may go on being written to for as long as a segment may, and goes when it is old enough itself.
  return {
    until: new Date(Date.now() + segmentMs + retentionMs),
    rule: `it keeps messages for ${hours(retentionMs)}, in segments of ${hours(segmentMs)}`,
  };
}
const hours = (ms: number) => `${Number((ms / 3_600_000).toPrecision(3))} hours`;

function tellKept(kept: readonly TopicKept[]): NonNullable<Found['kept']> {
  const untils = kept.map(({ until }) => until);
  const reason = kept.map(({ topic, messages, rule }) => `${messages} on ${topic}: ${rule}`).join('; ');
  return { reason, until: untils.includes(null) ? null : untils.reduce((last, until) => (until! > last! ? until : last))! };
}
