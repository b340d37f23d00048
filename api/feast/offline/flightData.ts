import { Message, RecordBatchStreamWriter, type RecordBatch, type Schema } from 'apache-arrow';
import protobuf from 'protobufjs/minimal.js';

/** One message of Arrow Flight: a message of Arrow's stream format in two parts, and with the first of a call what the call is about. */
export interface FlightData {
  readonly command?: Uint8Array;
  /** The head, a flatbuffer; empty where there is no message */
  readonly header: Uint8Array;
  readonly body: Uint8Array;
}

/** Numbers of the fields: https://arrow.apache.org/docs/format/Flight.html#protocol-buffer-definitions */
const FIELDS = { descriptor: 1, header: 2, body: 1000 };
const COMMAND_OF_DESCRIPTOR = 2;
const BYTES = 2; // protobuf's wire type of both bytes and messages

/** @throws Error where the bytes are no protobuf */
export function decodeFlightData(bytes: Uint8Array): FlightData {
  const fields = readBytesFields(bytes);
  const descriptor = fields.get(FIELDS.descriptor);
  const command = descriptor && readBytesFields(descriptor).get(COMMAND_OF_DESCRIPTOR);
  return { ...(command && { command }), header: fields.get(FIELDS.header) ?? NOTHING, body: fields.get(FIELDS.body) ?? NOTHING };
}

export function encodeFlightData({ header, body }: FlightData): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32((FIELDS.header << 3) | BYTES).bytes(header);
  writer.uint32((FIELDS.body << 3) | BYTES).bytes(body);
  return Buffer.from(writer.finish());
}

const NOTHING = new Uint8Array();

function readBytesFields(bytes: Uint8Array): Map<number, Uint8Array> {
  const reader = protobuf.Reader.create(bytes);
  const fields = new Map<number, Uint8Array>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if ((tag & 7) === BYTES) fields.set(tag >>> 3, reader.bytes());
    else reader.skipType(tag & 7);
  }
  return fields;
}

/** In the stream format a message begins with this and the length of its head, which is filled up to eight bytes. */
const CONTINUATION = -1;
const PREFIX_BYTES = 8;

/** Messages as Arrow's stream format has them, for its reader. */
export function toArrowStream(messages: readonly FlightData[]): Uint8Array {
  return Buffer.concat(
    messages.flatMap(({ header, body }) => {
      if (header.length === 0) return [];
      const padding = -header.length & 7;
      const prefix = Buffer.alloc(PREFIX_BYTES);
      prefix.writeInt32LE(CONTINUATION, 0);
      prefix.writeInt32LE(header.length + padding, 4);
      return [prefix, header, Buffer.alloc(padding), body];
    }),
  );
}

export const schemaMessage = (schema: Schema): FlightData => ({ header: Message.encode(Message.from(schema)), body: NOTHING });

/** A batch of at least one row as messages, behind one with its schema: the dictionaries that its columns have, then the rows. */
export function batchMessages(batch: RecordBatch): FlightData[] {
  const stream = Buffer.from(RecordBatchStreamWriter.writeAll([batch]).toUint8Array(true));
  const messages: FlightData[] = [];
  for (let at = 0; ;) {
    const headerBytes = stream.readInt32LE(at + 4);
    if (headerBytes === 0) return messages.slice(1); // the end of the stream, which began with the schema
    const header = stream.subarray(at + PREFIX_BYTES, at + PREFIX_BYTES + headerBytes);
    const bodyAt = at + PREFIX_BYTES + headerBytes;
    at = bodyAt + Message.decode(header).bodyLength;
    messages.push({ header, body: stream.subarray(bodyAt, at) });
  }
}
