import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs/minimal.js';
import { decodeFlightData, encodeFlightData, type FlightData } from '../../api/feast/offline/flightData.ts';

export interface FlightAnswer {
  /** Name of gRPC's status */
  readonly code: string;
  readonly details: string;
  readonly messages: FlightData[];
}

export interface FlightCall {
  /** What the first message says the call is about; an object goes as JSON */
  readonly command: object | string;
  readonly messages?: readonly FlightData[];
  readonly method?: 'DoExchange' | 'DoPut';
  readonly headers?: Readonly<Record<string, string>>;
  /** The name by which the server is called; its address when missing */
  readonly authority?: string;
}

/** Makes one call of Arrow Flight, on a connection of its own. */
export async function callFlight(
  url: string,
  { command, messages = [], method = 'DoExchange', headers = {}, authority }: FlightCall,
): Promise<FlightAnswer> {
  const client = new Client(new URL(url).host, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.use_local_subchannel_pool': 1,
    ...(authority && { 'grpc.default_authority': authority }),
  });
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const path = `/arrow.flight.protocol.FlightService/${method}`;
  const call = client.makeBidiStreamRequest(path, (bytes: Buffer) => bytes, decodeFlightData, metadata);
  const received: FlightData[] = [];
  call.on('data', (message: FlightData) => received.push(message));
  call.on('error', () => undefined); // the status tells
  const ended = new Promise<FlightAnswer>((resolve) =>
    call.on('status', ({ code, details }) => resolve({ code: status[code], details, messages: received })),
  );
  call.write(withCommand(command));
  for (const message of messages) call.write(encodeFlightData(message));
  call.end();
  return ended.finally(() => client.close());
}

/** A message that says what the call is about, and has nothing else. */
function withCommand(command: object | string): Buffer {
  const text = typeof command === 'string' ? command : JSON.stringify(command);
  const descriptor = protobuf.Writer.create()
    .uint32((2 << 3) | 2)
    .string(text)
    .finish();
  return Buffer.from(
    protobuf.Writer.create()
      .uint32((1 << 3) | 2)
      .bytes(descriptor)
      .finish(),
  );
}
