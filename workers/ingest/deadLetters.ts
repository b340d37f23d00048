import type { Registry } from 'prom-client';
import { LETTER_HEADERS } from '../../contracts/deadLetters.ts';
import { deadLetterTopic } from '../../contracts/events.ts';
import { INGEST } from '../../contracts/metrics/ingest.ts';
import type { IncomingMessage, MessageBatch, MessageProducer, OutgoingMessage } from '../../platform/kafka/kafka.ts';
import { isTooLarge } from '../../platform/kafka/recordRefused.ts';
import type { Logger } from '../../platform/log.ts';
import { addMetrics } from '../../platform/metrics.ts';
import { oneLine } from '../../platform/oneLine.ts';

/**
 * Why something was set aside: it is no event (`unreadable`), the database refuses its data (`refused`), recording it failed again and again
 * while the engines were there (`failed`), or its whole batch is in no readable form (`undecodable`).
 */
export type SetAsideBecause = 'unreadable' | 'refused' | 'failed' | 'undecodable';

export interface SetAside {
  readonly message: IncomingMessage;
  readonly because: SetAsideBecause;
  readonly reason: Error;
  /** Where it stands for a whole batch */
  readonly lastOffset?: string;
}

export interface DeadLetters {
  /**
   * Sends what is set aside to the topic's dead-letter twin.
   * @throws when Kafka does not take it; some may have been sent
   */
  send(batch: Pick<MessageBatch, 'topic' | 'partition'>, messages: readonly SetAside[]): Promise<void>;
}

export function createDeadLetters({ producer, metrics, log }: { producer: MessageProducer; metrics: Registry; log: Logger }): DeadLetters {
  const { dead_letters_total: sent } = addMetrics(metrics, INGEST.deadLetters);
  return {
    async send({ topic, partition }, messages) {
      const letters = messages.map((aside) => ({ aside, own: ownHeaders(topic, partition, aside) }));
      for (const group of inRequests(letters)) {
        await sendFitting(group, (fitting) =>
          producer.send(
            deadLetterTopic(topic),
            fitting.map((letter) => ({ ...letter, partition })),
          ),
        );
        for (const { aside } of group) sent.inc({ topic, reason: aside.because });
        log.warn({ topic, partition, count: group.length, first: oneLine(group[0]?.aside.reason) }, 'dead letters');
      }
    },
  };
}

interface Letter {
  readonly aside: SetAside;
  readonly own: Readonly<Record<string, string>>;
}

/** Where it was and why it was refused. */
const ownHeaders = (topic: string, partition: number, { message, because, reason, lastOffset }: SetAside): Letter['own'] => ({
  [LETTER_HEADERS.topic]: topic,
  [LETTER_HEADERS.partition]: String(partition),
  [LETTER_HEADERS.offset]: message.offset,
  ...(lastOffset !== undefined && { [LETTER_HEADERS.lastOffset]: lastOffset }),
  [LETTER_HEADERS.timestamp]: message.timestamp,
  [LETTER_HEADERS.because]: because,
  [LETTER_HEADERS.error]: reason.name.slice(0, 100),
  [LETTER_HEADERS.message]: oneLine(reason),
});

/** Well below the broker's default bound of 1 MiB a batch; a larger letter goes alone. */
const REQUEST_BYTES = 512 * 1024;

function inRequests(letters: readonly Letter[]): Letter[][] {
  const requests: Letter[][] = [];
  let bytes = Infinity;
  for (const letter of letters) {
    bytes += sizeOf(letter);
    if (bytes > REQUEST_BYTES) {
      requests.push([]);
      bytes = sizeOf(letter);
    }
    requests.at(-1)!.push(letter);
  }
  return requests;
}

/** What our own headers and those of the protocol take at most, nearly. */
const LETTER_BYTES = 2_000;
const sizeOf = ({ aside: { message } }: Letter): number =>
  message.headers.reduce(
    (sum, { name, value }) => sum + Buffer.byteLength(name) + (value?.length ?? 0),
    LETTER_BYTES + (message.key?.length ?? 0) + (message.value?.length ?? 0),
  );

type Send = (messages: readonly OutgoingMessage[]) => Promise<void>;

/** Sends in as large requests as the topic takes. A letter that is too large by itself is cut: the original can be found by its offset. */
async function sendFitting(letters: readonly Letter[], send: Send): Promise<void> {
  try {
    await send(letters.map(whole));
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    const [first] = letters;
    if (letters.length === 1 && first) return sendCut(first, send);
    const half = letters.length >> 1;
    await sendFitting(letters.slice(0, half), send);
    await sendFitting(letters.slice(half), send);
  }
}

async function sendCut(letter: Letter, send: Send): Promise<void> {
  try {
    await send([withoutMostOfTheValue(letter)]);
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    await send([bare(letter)]);
  }
}

/** What it had of our own headers' names stays before them. kafkajs sends no header without a value: those are sent empty. */
function whole({ aside: { message }, own }: Letter): OutgoingMessage {
  const headers = new Map<string, (string | Buffer)[]>();
  const add = (name: string, value: string | Buffer) => {
    const values = headers.get(name);
    if (values) values.push(value);
    else headers.set(name, [value]);
  };
  for (const { name, value } of message.headers) add(name, value ?? '');
  for (const [name, value] of Object.entries(own)) add(name, value);
  const nulls = message.headers.filter(({ value }) => value === null).map(({ name }) => name);
  if (nulls.length > 0) add(LETTER_HEADERS.nullHeaders, JSON.stringify(nulls));
  return { key: message.key, value: message.value, headers: Object.fromEntries(headers) };
}

const FIRST_BYTES = 64 * 1024;
const FEW_BYTES = 512;

function withoutMostOfTheValue(letter: Letter): OutgoingMessage {
  const { value } = letter.aside.message;
  const { headers, ...rest } = whole(letter);
  return { ...rest, value: first(value, FIRST_BYTES), headers: { ...headers, ...cutHeader(value, FIRST_BYTES, '') } };
}

/** It fits wherever anything does. */
function bare({ aside: { message }, own }: Letter): OutgoingMessage {
  const { key, value, headers } = message;
  const gone = `; of the key the first ${Math.min(FEW_BYTES, key?.length ?? 0)} of ${key?.length ?? 0}; none of its ${headers.length} headers`;
  return { key: first(key, FEW_BYTES), value: first(value, FEW_BYTES), headers: { ...own, ...cutHeader(value, FEW_BYTES, gone) } };
}

const first = (bytes: Buffer | null, length: number): Buffer | null => bytes?.subarray(0, length) ?? null;

const cutHeader = (value: Buffer | null, length: number, gone: string) => ({
  [LETTER_HEADERS.cut]: `no larger message fits the topic: of the value the first ${Math.min(length, value?.length ?? 0)} of ${value?.length ?? 0} bytes${gone}`,
});
