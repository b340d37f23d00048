import type { IncomingMessage, Kafka } from '../../platform/kafka/kafka.ts';

type Browser = Kafka['browse'];
export type Positions = ReadonlyMap<number, string>;

export interface PlacedMessage {
  readonly partition: number;
  readonly message: IncomingMessage;
}

interface Wanted {
  readonly from: 'earliest' | 'latest';
  /** In place of `from`: with the first message of each partition that is no earlier, in milliseconds since 1970 */
  readonly sinceMs?: number | undefined;
  /** Where to go on; partitions that it does not name begin as `from` says */
  readonly after: Positions;
  readonly limit: number;
  readonly waitMs: number;
  /** Those of some messages that are wanted, in their order */
  readonly choose: (messages: readonly PlacedMessage[]) => Promise<readonly PlacedMessage[]>;
}

export interface ReadMessages {
  readonly messages: PlacedMessage[];
  readonly next: Positions;
  readonly isAtEnd: boolean;
}

/** How long a request goes on where what it looks at is not what it wants. */
const LOOK_MS = 2_000;

/**
 * Reads a topic by pages: each partition in its order, and among partitions by time. What a broker cannot give of a partition, and batches that nobody can read, are
 * passed over.
 * @throws Failure `missing` where there is no such topic
 */
export async function readTopic(
  browse: Browser,
  topic: string,
  { from, sinceMs, after, limit, waitMs, choose }: Wanted,
): Promise<ReadMessages> {
  const ranges = await browse.ranges(topic);
  const begin = new Map([...(sinceMs === undefined ? [] : await browse.offsetsAt(topic, sinceMs)), ...after]);
  let positions: Positions = new Map(ranges.map((range) => [range.partition, beginAt(range, from, begin.get(range.partition))]));
  const messages: PlacedMessage[] = [];
  const until = performance.now() + LOOK_MS;
  for (let isFirst = true; ; isFirst = false) {
    const reads = await browse.read(topic, positions, isFirst ? waitMs : 0);
    const inOrder = byTime(reads.map(({ partition, messages: read }) => read.map((message) => ({ partition, message }))));
    const chosen = (await choose(inOrder)).slice(0, limit - messages.length);
    messages.push(...chosen);
    const isFull = messages.length === limit;
    positions = new Map([...positions, ...reads.map(({ partition, next }) => [partition, next] as const)]);
    if (isFull) positions = new Map([...positions, ...firstLeft(inOrder, chosen.at(-1))]);
    const isAtEnd = !isFull && reads.every((read) => read.isAtEnd || read.failure !== undefined);
    if (isFull || isAtEnd || performance.now() > until) return { messages, next: positions, isAtEnd };
  }
}

/** A topic that was made anew has smaller offsets than somebody may remember, and old messages go. */
function beginAt({ first, next }: { first: string; next: string }, from: Wanted['from'], after: string | undefined): string {
  if (after === undefined) return from === 'earliest' ? first : next;
  return BigInt(after) < BigInt(first) || BigInt(after) > BigInt(next) ? first : after;
}

/** Merges partitions by the times of their messages; within each the order stays. */
function byTime(partitions: readonly (readonly PlacedMessage[])[]): PlacedMessage[] {
  const heads = partitions.map(() => 0);
  const merged: PlacedMessage[] = [];
  const timeOf = (at: number) => Number(partitions[at]?.[heads[at]!]?.message.timestamp ?? Infinity);
  for (let left = partitions.reduce((sum, each) => sum + each.length, 0); left > 0; left -= 1) {
    const at = heads.reduce((best, _, each) => (timeOf(each) < timeOf(best) ? each : best), 0);
    merged.push(partitions[at]![heads[at]!]!);
    heads[at]! += 1;
  }
  return merged;
}

/** Of each partition the first message behind the last that was taken. */
function firstLeft(inOrder: readonly PlacedMessage[], last: PlacedMessage | undefined): [number, string][] {
  const left = inOrder.slice(last ? inOrder.indexOf(last) + 1 : 0);
  return left.toReversed().map(({ partition, message }) => [partition, message.offset]);
}

/** As text, and back. */
export const offsetsText = (positions: Positions): string =>
  [...positions].map(([partition, offset]) => `${partition}:${offset}`).join(',');
export const parseOffsets = (text: string | undefined): Positions =>
  new Map(
    (text ?? '').split(',').flatMap((part) => (part ? [[Number(part.split(':')[0]), String(BigInt(part.split(':')[1]!))] as const] : [])),
  );
