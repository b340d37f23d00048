import type { Kafka } from '../../platform/kafka/kafka.ts';
import type { PlacedMessage } from './readTopic.ts';

/** @returns undefined where it is not there, or not any more */
export async function findMessage(
  browse: Kafka['browse'],
  topic: string,
  partition: number,
  offset: string,
): Promise<PlacedMessage | undefined> {
  const range = (await browse.ranges(topic)).find((each) => each.partition === partition);
  if (!range || BigInt(offset) < BigInt(range.first) || BigInt(offset) >= BigInt(range.next)) return undefined;
  const [read] = await browse.read(topic, new Map([[partition, String(BigInt(offset))]]), 0);
  const message = read?.messages.find((each) => BigInt(each.offset) === BigInt(offset));
  return message && { partition, message };
}
