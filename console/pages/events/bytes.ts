import type { BytesText, TopicMessage } from '../../../contracts/topics.ts';

/** Bytes as they are shown in a line. */
export const bytesText = (bytes: BytesText): string => (bytes === null ? '–' : typeof bytes === 'string' ? bytes : bytes.base64);

/** The value as JSON where it is some, else as it is. */
export function readValue({ value }: Pick<TopicMessage, 'value'>): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** What people look for a message by, each with how a filter of the API begins that does. */
const LOOKED_FOR = { event: 'event_id=', user: 'user_id=' } as const;
export type LookedFor = keyof typeof LOOKED_FOR | 'text';

export const filterOf = (by: LookedFor, wanted: string): string => (by === 'text' || wanted === '' ? wanted : LOOKED_FOR[by] + wanted);

export function readFilter(filter: string): readonly [by: LookedFor, wanted: string] {
  for (const [by, begin] of Object.entries(LOOKED_FOR) as ['event' | 'user', string][])
    if (filter.startsWith(begin)) return [by, filter.slice(begin.length)];
  return ['text', filter];
}

/** How many messages lie behind a place in a topic. @param next of each partition the offset that comes next, such as `0:17,1:4` */
export function leftBehind(next: string, partitions: readonly { readonly partition: number; readonly next_offset: number }[]): number {
  const places = new Map(next.split(',').map((part) => part.split(':').map(Number) as [number, number]));
  return partitions.reduce((sum, { partition, next_offset: end }) => sum + Math.max(0, end - (places.get(partition) ?? end)), 0);
}
