import kafkajs from 'kafkajs';
import type { Producer } from 'kafkajs';
import type { TraceCarrier } from '../../contracts/traceContext.ts';
import { sendTraced } from './traceMessages.ts';

type Bytes = string | Buffer;

export interface OutgoingMessage {
  readonly key: Bytes | null;
  readonly value: Bytes | null;
  /** A name with several values is sent so many times, in their order */
  readonly headers: Readonly<Record<string, Bytes | readonly Bytes[]>>;
  /** Chosen by the key where it is missing, or the topic has no such partition */
  readonly partition?: number;
  /** Where it belongs in a trace */
  readonly trace?: TraceCarrier | undefined;
}

export interface MessageProducer {
  /** Connects where it is not connected; `send` does so by itself. @throws where no broker lets us in */
  connect(): Promise<void>;
  /**
   * Sends messages in their order and resolves when every in-sync replica has them all. One call at a time keeps the order between calls.
   * @throws what Kafka answered, which recordRefused.ts reads: where it is too large, or refused, none of a partition's arrived. Where Kafka did
   * not say that it has them, some may have arrived
   */
  send(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
  close(): Promise<void>;
}

export interface ProducerSettings {
  readonly compression: 'none' | 'gzip';
}

const { CompressionTypes, Partitioners } = kafkajs;

/** The Java client's choice. Of a partition that is not there kafkajs would keep the message to itself and say nothing. */
const createPartitioner: typeof Partitioners.DefaultPartitioner = () => {
  const byKey = Partitioners.DefaultPartitioner();
  return (args) => {
    const { partition, ...keyed } = args.message;
    if (args.partitionMetadata.some(({ partitionId }) => partitionId === partition)) return partition!;
    return byKey({ ...args, message: keyed });
  };
};

// With one request in flight the idempotent producer keeps the order also where a request has to be sent again.
export const PRODUCER_SETTINGS = { idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false, createPartitioner };

export function createProducer(
  connectNew: () => Producer,
  { prefixed, compression }: { prefixed: (topic: string) => string } & ProducerSettings,
): MessageProducer {
  let current: Producer | undefined;
  async function connected(): Promise<Producer> {
    if (current) return current;
    const fresh = connectNew();
    await fresh.connect();
    return (current = fresh);
  }
  async function close() {
    const closing = current;
    current = undefined;
    await closing?.disconnect().catch(() => undefined);
  }
  return {
    close,
    async connect() {
      await connected();
    },
    async send(topic, messages) {
      const producer = await connected();
      try {
        await sendTraced(topic, messages, async (placed) => {
          await producer.send({
            topic: prefixed(topic),
            acks: -1,
            compression: compression === 'gzip' ? CompressionTypes.GZIP : CompressionTypes.None,
            messages: placed.map(({ headers, trace: _, ...message }) => ({ ...message, headers: headersOf(headers) })),
          });
        });
      } catch (error) {
        // After an unanswered request its sequence numbers no longer agree with the broker's: start with a new producer id.
        await close();
        throw error;
      }
    },
  };
}

const headersOf = (headers: OutgoingMessage['headers']): Record<string, Bytes | Bytes[]> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, isList(value) ? [...value] : value]));
const isList = (value: Bytes | readonly Bytes[]): value is readonly Bytes[] => Array.isArray(value);
