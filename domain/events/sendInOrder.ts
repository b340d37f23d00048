import { clip } from '../../contracts/bounded.ts';
import { schemaUriOfType } from '../../contracts/eventTypes.ts';
import { FAULTS } from '../../contracts/sizes.ts';
import { cloudEventPlace, type MessageProducer, type OutgoingMessage } from '../../platform/kafka/kafka.ts';
import { isRecordRefused } from '../../platform/kafka/recordRefused.ts';
import type { OutboxRow } from './outbox.ts';

/** A row that Kafka refuses for itself. */
export interface Refusal {
  readonly row: OutboxRow;
  readonly reason: string;
}

interface Sent {
  readonly sent: readonly OutboxRow[];
  readonly refusal?: Refusal;
}

/** How often a row that is refused is sent by itself. */
const TRIES = 3;

/**
 * Sends rows of one topic in their order, up to one that Kafka refuses for itself, which halving finds; what stands behind it is for another call.
 * @throws when Kafka did not say that it has the others
 */
export async function sendInOrder(producer: MessageProducer, topic: string, rows: readonly OutboxRow[]): Promise<Sent> {
  if (rows.length === 1) return sendAlone(producer, topic, rows[0]!);
  try {
    await producer.send(topic, rows.map(toMessage));
    return { sent: rows };
  } catch (error) {
    if (!isRecordRefused(error)) throw error;
    const half = Math.floor(rows.length / 2);
    const first = await sendInOrder(producer, topic, rows.slice(0, half));
    if (first.refusal) return first;
    const second = await sendInOrder(producer, topic, rows.slice(half));
    return { ...second, sent: [...first.sent, ...second.sent] };
  }
}

async function sendAlone(producer: MessageProducer, topic: string, row: OutboxRow): Promise<Sent> {
  for (let tries = 1; ; tries += 1) {
    try {
      await producer.send(topic, [toMessage(row)]);
      return { sent: [row] };
    } catch (error) {
      if (!isRecordRefused(error)) throw error;
      if (tries === TRIES) return { sent: [], refusal: { row, reason: clip(error.message, FAULTS.textCharacters) } };
    }
  }
}

const HEADER_BYTES = 400;
/** Bytes of a row as a message, about. */
export const bytesOf = ({ key, payload }: OutboxRow) => Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(payload)) + HEADER_BYTES;

/** A CloudEvent in binary mode: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
function toMessage({ id, key, type, payload, trace }: OutboxRow): OutgoingMessage {
  const schema = schemaUriOfType(type);
  return {
    key,
    trace: trace ?? undefined,
    value: JSON.stringify(payload),
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: '/movie-mlops/api',
      ce_type: type,
      ce_time: payload.timestamp,
      ...(schema && { ce_dataschema: schema }),
      ...(trace && cloudEventPlace(trace)),
      'content-type': 'application/json',
      id,
    },
  };
}
