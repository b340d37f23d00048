import { LETTER_HEADERS, REPLAY_OF, type LetterOutcome } from '../../contracts/deadLetters.ts';
import { deadLetterTopic } from '../../contracts/events.ts';
import { Failure } from '../../contracts/failures.ts';
import type { IncomingMessage, Kafka, OutgoingMessage } from '../../platform/kafka/kafka.ts';
import { isRecordRefused } from '../../platform/kafka/recordRefused.ts';
import { oneLine } from '../../platform/oneLine.ts';
import { withTransaction, type Pool } from '../../platform/postgres.ts';
import { findLetter, originOf, ownHeader, placeOf } from './deadLetters.ts';
import { findMessage } from './findMessage.ts';
import { findMarks, markLetter } from './letterMarks.ts';
import type { PlacedMessage } from './readTopic.ts';

interface Parts {
  readonly pool: Pool;
  readonly kafka: Pick<Kafka, 'browse' | 'createProducer'>;
  /** Who decides */
  readonly by: string;
}

/** Marks letters as done with. @returns what became of each, in their order */
export const dropLetters = ({ pool, kafka, by }: Parts, ids: readonly string[]): Promise<LetterOutcome[]> =>
  eachInTurn(ids, async (id) => {
    const { topic, message } = await findLetter(kafka.browse, id);
    const place = placeOf(topic, message);
    if (await markLetter(pool, place, { state: 'dropped', by })) return { id, outcome: 'dropped' };
    const [mark] = await findMarks(pool, [place]);
    return { id, outcome: mark!.state === 'replayed' ? 'already_replayed' : 'already_dropped' };
  });

/**
 * Sends what the letters hold to its topic again, byte for byte, each once: a letter is marked in the transaction that ends when Kafka has the message. Killed between
 * the two it may be sent once more, and is the same event then.
 * @returns what became of each, in their order
 */
export async function replayLetters({ pool, kafka, by }: Parts, ids: readonly string[]): Promise<LetterOutcome[]> {
  const producer = kafka.createProducer();
  const replay = async (id: string): Promise<LetterOutcome> => {
    const { topic, message: letter } = await findLetter(kafka.browse, id);
    const target = topic.slice(0, -deadLetterTopic('').length);
    const original = await originalOf(kafka.browse, target, letter.message);
    if (typeof original === 'string') return { id, outcome: 'refused', detail: original };
    return withTransaction(pool, async (db) => {
      if (!(await markLetter(db, placeOf(topic, letter), { state: 'replayed', by }))) return { id, outcome: 'already_replayed' };
      await producer.send(target, [
        { ...original, partition: Number(ownHeader(letter.message, LETTER_HEADERS.partition) ?? letter.partition) },
      ]);
      return { id, outcome: 'replayed' };
    });
  };
  try {
    return await eachInTurn(ids, (id) =>
      replay(id).catch((error: unknown) => {
        if (isRecordRefused(error)) return { id, outcome: 'refused', detail: oneLine(error) };
        throw error;
      }),
    );
  } finally {
    await producer.close();
  }
}

/** One after the other: the connection of a transaction is held while Kafka is waited for. */
async function eachInTurn(ids: readonly string[], settle: (id: string) => Promise<LetterOutcome>): Promise<LetterOutcome[]> {
  const outcomes: LetterOutcome[] = [];
  for (const id of ids) {
    outcomes.push(
      await settle(id).catch((error: unknown): LetterOutcome => {
        if (error instanceof Failure && error.kind === 'missing') return { id, outcome: 'missing', detail: error.message };
        throw error;
      }),
    );
  }
  return outcomes;
}

/** @returns the message as it was; or why there is none to send */
async function originalOf(browse: Kafka['browse'], topic: string, letter: IncomingMessage): Promise<OutgoingMessage | string> {
  if (ownHeader(letter, LETTER_HEADERS.lastOffset) !== undefined) return 'it is a batch that nobody can read, not a message';
  const origin = originOf(letter);
  const mark = origin === undefined ? {} : { [REPLAY_OF]: origin };
  if (ownHeader(letter, LETTER_HEADERS.cut) === undefined) {
    const { key, value } = letter;
    return { key, value, headers: { ...headersOf(withoutOwn(letter)), ...mark } };
  }
  const whole = await findOriginal(browse, topic, letter);
  if (!whole) return 'the letter holds a part of the message, and the message is gone from its topic';
  const { key, value, headers } = whole.message;
  return { key, value, headers: { ...headersOf(headers), ...mark } };
}

async function findOriginal(browse: Kafka['browse'], topic: string, letter: IncomingMessage): Promise<PlacedMessage | undefined> {
  const [partition, offset, timestamp] = [LETTER_HEADERS.partition, LETTER_HEADERS.offset, LETTER_HEADERS.timestamp].map((name) =>
    ownHeader(letter, name),
  );
  if (partition === undefined || offset === undefined) return undefined;
  const found = await findMessage(browse, topic, Number(partition), offset);
  return found?.message.timestamp === timestamp ? found : undefined;
}

type Headers = IncomingMessage['headers'];
const OWN = new Set<string>(Object.values(LETTER_HEADERS));

/** What the message had of the names that a letter has stays: of each name the last is the letter's own. */
function withoutOwn({ headers }: IncomingMessage): Headers {
  const lastOf = new Map(headers.map(({ name }, at) => [name, at]));
  return headers.filter(({ name }, at) => !OWN.has(name) || lastOf.get(name) !== at);
}

function headersOf(headers: Headers): Record<string, Buffer[]> {
  const values = new Map<string, Buffer[]>();
  for (const { name, value } of headers) values.set(name, [...(values.get(name) ?? []), value ?? Buffer.alloc(0)]);
  return Object.fromEntries(values);
}
