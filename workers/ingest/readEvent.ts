import { REPLAY_OF } from '../../contracts/deadLetters.ts';
import { refuseSchema, refuseType, refuseVersion } from '../../contracts/eventTypes.ts';
import { findUnkeepable } from '../../contracts/text.ts';
import { nameUuid } from '../../domain/events/nameUuid.ts';
import type { IncomingMessage, MessageBatch } from '../../platform/kafka/kafka.ts';

type Fields = Readonly<Record<string, unknown>>;
type Place = Pick<MessageBatch, 'topic' | 'partition'>;

/**
 * What a message says, whoever wrote it: plain JSON, or a CloudEvent 1.0 in binary or structured mode. An id that is missing is CloudEvents' own, or
 * derives from where the message lies; a time that is missing is CloudEvents', or the message's.
 * @throws Error where it is no JSON in UTF-8, holds what would be lost on its way, or is of a type or a version that is not read from this topic
 */
export function readEvent(message: IncomingMessage, place: Place): unknown {
  const content = readJson(message.value);
  const envelope = envelopeOf(message, content);
  const data = envelope.isStructured ? envelope.fields['data'] : content;
  const refusal = refuse(envelope.fields, data, place.topic);
  if (refusal) throw new Error(refusal);
  if (!isFields(data)) return data;
  const fields = withoutNulls(data);
  const origin = originOf(message, place);
  return {
    ...fields,
    event_id: fields['event_id'] ?? idOf(envelope.fields) ?? nameUuid(origin.name),
    timestamp: timeOf(fields['timestamp'] ?? envelope.fields['time'], origin.timestampMs),
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readJson(content: Buffer | null): unknown {
  if (content === null) throw new Error('it has no value, as a tombstone');
  const value: unknown = JSON.parse(utf8.decode(content));
  const unkeepable = findUnkeepable(value, 'value');
  if (unkeepable) throw new Error(`${unkeepable.at} ${unkeepable.why}`);
  return value;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Attributes of CloudEvents by their names; none where it is no CloudEvent. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
function envelopeOf({ headers }: IncomingMessage, content: unknown): { isStructured: boolean; fields: Fields } {
  const texts = new Map(headers.map(({ name, value }) => [name.toLowerCase(), value?.toString('utf8')]));
  if (/^application\/cloudevents\+json\s*(;|$)/i.test(texts.get('content-type') ?? ''))
    return { isStructured: true, fields: isFields(content) ? content : {} };
  const attributes = [...texts].flatMap(([name, value]) => (name.startsWith('ce_') ? [[name.slice(3), value] as const] : []));
  return { isStructured: false, fields: Object.fromEntries(attributes) };
}

/** @returns why it is not read from the topic; undefined where nothing stands against it */
function refuse({ specversion, type, dataschema }: Fields, data: unknown, topic: string): string | undefined {
  if (specversion !== undefined && specversion !== '1.0') return `CloudEvents ${JSON.stringify(specversion)} is not read here, "1.0" is`;
  const schemaVersion = isFields(data) ? data['schema_version'] : undefined;
  return (
    (isGiven(type) ? refuseType(type, topic) : undefined) ??
    (typeof dataschema === 'string' ? refuseSchema(dataschema, topic) : undefined) ??
    (isGiven(schemaVersion) ? refuseVersion(schemaVersion, topic) : undefined)
  );
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

/** Python writes a field that has no value as null. */
const withoutNulls = (fields: Fields): Fields => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

/** Where it was first: a replay keeps its identity, and is judged by the time at which it was written first. */
function originOf({ headers, offset, timestamp }: IncomingMessage, { topic, partition }: Place) {
  const first = headers.find(({ name }) => name === REPLAY_OF)?.value?.toString('utf8');
  const name = first ?? `${topic}/${partition}/${offset}/${timestamp}`;
  return { name, timestampMs: Number(name.slice(name.lastIndexOf('/') + 1)) };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The source and the id together tell an event of CloudEvents from any other. */
function idOf({ id, source }: Fields): string | undefined {
  if (typeof id !== 'string' || id === '') return undefined;
  return UUID.test(id) ? id : nameUuid(`cloudevent ${JSON.stringify([source, id])}`);
}

const LOCAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/;
/** Further than any zone is from UTC (UTC+14), with an hour for clocks that differ. */
const LOCAL_MS = 15 * 3_600_000;

/** A time that names no zone is some machine's local time: which, nobody knows, but the message was written then. Else it is in UTC, as at the other doors. */
function timeOf(time: unknown, messageMs: number): unknown {
  const written = messageMs >= 0 && messageMs < LATEST_MS ? new Date(messageMs).toISOString() : undefined;
  if (time === undefined) return written;
  if (typeof time !== 'string' || written === undefined || !LOCAL_TIME.test(time)) return time;
  return Math.abs(Date.parse(`${time}Z`) - messageMs) <= LOCAL_MS ? written : time;
}
const LATEST_MS = Date.UTC(2200, 0);
