import { deadLetterTopic, TOPICS } from '../../contracts/events.ts';
import type { TopicSettings } from '../../platform/kafka/kafka.ts';

/** Room for a message as large as a broker takes by default (1 MiB), and for what a dead letter says of it. */
const DEAD_LETTER_BYTES = 2 * 2 ** 20;

/** Every topic of the platform with its partitions. A dead-letter twin has as many, so that a dead letter keeps its partition. */
export const ALL_TOPICS: readonly TopicSettings[] = Object.entries(TOPICS).flatMap(([name, { partitions, consumed }]) => [
  { name, partitions },
  ...(consumed ? [{ name: deadLetterTopic(name), partitions, maxMessageBytes: DEAD_LETTER_BYTES }] : []),
]);
