import { deadLetterTopic, TOPICS } from '../../contracts/events.ts';

/** Every topic of the platform with its partitions. A dead-letter twin has as many, so that a dead letter keeps its partition. */
export const ALL_TOPICS: readonly { name: string; partitions: number }[] = Object.entries(TOPICS).flatMap(
  ([name, { partitions, consumed }]) => [{ name, partitions }, ...(consumed ? [{ name: deadLetterTopic(name), partitions }] : [])],
);
