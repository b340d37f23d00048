import { LETTER_HEADERS, REPLAY_OF, type DeadLetter, type LetterState } from '../../contracts/deadLetters.ts';
import { deadLetterTopic } from '../../contracts/events.ts';
import { missing } from '../../contracts/failures.ts';
import { SHOWN_BYTES } from '../../contracts/sizes.ts';
import type { IncomingMessage, Kafka } from '../../platform/kafka/kafka.ts';
import type { Pool } from '../../platform/postgres.ts';
import { findMessage } from './findMessage.ts';
import { findMarks, type LetterMark, type LetterPlace } from './letterMarks.ts';
import { timeText, toMessage } from './messageText.ts';
import { readTopic, type PlacedMessage, type Positions } from './readTopic.ts';

interface Parts {
  readonly pool: Pool;
  readonly kafka: Pick<Kafka, 'browse'>;
}
interface Page {
  readonly letters: DeadLetter[];
  readonly next: Positions;
  readonly isAtEnd: boolean;
}
interface Asked {
  /** That the messages came from */
  readonly topic: string;
  readonly state: LetterState | 'all';
  readonly after: Positions;
  readonly limit: number;
}

/** A topic's dead letters, oldest first. */
export async function listDeadLetters({ pool, kafka }: Parts, { topic, state, after, limit }: Asked): Promise<Page> {
  const letterTopic = deadLetterTopic(topic);
  const marks = new Map<PlacedMessage, LetterMark>();
  const choose = async (messages: readonly PlacedMessage[]) => {
    const found = await findMarks(
      pool,
      messages.map((message) => placeOf(letterTopic, message)),
    );
    found.forEach((mark, at) => marks.set(messages[at]!, mark));
    return messages.filter((message) => state === 'all' || marks.get(message)!.state === state);
  };
  const { messages, ...rest } = await readTopic(kafka.browse, letterTopic, { from: 'earliest', after, limit, waitMs: 0, choose });
  return { letters: messages.map((message) => toLetter(letterTopic, message, marks.get(message)!, SHOWN_BYTES.listed)), ...rest };
}

/** @throws Failure `missing` where it is not there, or not any more */
export async function getDeadLetter({ pool, kafka }: Parts, id: string): Promise<DeadLetter> {
  const { topic, message } = await findLetter(kafka.browse, id);
  const [mark] = await findMarks(pool, [placeOf(topic, message)]);
  return toLetter(topic, message, mark!, SHOWN_BYTES.alone);
}

/** @throws Failure `missing` where it is not there, or not any more */
export async function findLetter(browse: Kafka['browse'], id: string): Promise<{ topic: string; message: PlacedMessage }> {
  const [topic = '', partition, offset = ''] = id.split(':');
  const message = topic.endsWith(deadLetterTopic('')) ? await findMessage(browse, topic, Number(partition), offset) : undefined;
  if (!message) throw missing(`There is no dead letter ${id}`);
  return { topic, message };
}

export const placeOf = (topic: string, { partition, message }: PlacedMessage): LetterPlace => ({
  topic,
  partition,
  offset: message.offset,
  writtenMs: message.timestamp,
});

/** The last of a name is the letter's own. */
export const ownHeader = ({ headers }: IncomingMessage, name: string): string | undefined =>
  headers.findLast((header) => header.name === name)?.value?.toString('utf8');

/** Topic/partition/offset/timestamp where the message was first: of one that was sent again and refused again, where it was before all that. */
export function originOf(message: IncomingMessage): string | undefined {
  const first = message.headers.find(({ name }) => name === REPLAY_OF)?.value?.toString('utf8');
  const parts = [LETTER_HEADERS.topic, LETTER_HEADERS.partition, LETTER_HEADERS.offset, LETTER_HEADERS.timestamp];
  const told = parts.map((name) => ownHeader(message, name));
  return first ?? (told.includes(undefined) ? undefined : told.join('/'));
}

function toLetter(topic: string, { partition, message }: PlacedMessage, mark: LetterMark, valueBytes: number): DeadLetter {
  const own = (name: keyof typeof LETTER_HEADERS) => ownHeader(message, LETTER_HEADERS[name]);
  const origin = own('topic');
  return {
    ...toMessage(partition, message, valueBytes),
    id: `${topic}:${partition}:${message.offset}`,
    because: own('because') ?? null,
    error: [own('error'), own('message')].filter(Boolean).join(': '),
    origin:
      origin === undefined
        ? null
        : {
            topic: origin,
            partition: Number(own('partition')),
            offset: Number(own('offset')),
            timestamp: timeText(own('timestamp') ?? '-1'),
          },
    is_cut: own('cut') !== undefined,
    state: mark.state,
    decided_by: mark.decidedBy,
    decided_at: mark.decidedAt?.toISOString() ?? null,
  };
}
