import {
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  ServerListenerBuilder,
  status,
  type handleBidiStreamingCall,
  type ServerDuplexStream,
  type ServerInterceptor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { once } from 'node:events';
import type { Registry } from 'prom-client';
import { unavailable } from '../../../contracts/failures.ts';
import { BODY_BYTES, OFFLINE_TABLE } from '../../../contracts/sizes.ts';
import type { Asking } from '../../../platform/http/access.ts';
import { requestMetrics } from '../../../platform/http/measure.ts';
import type { Http2Side } from '../../../platform/http/splitProtocols.ts';
import type { Logger } from '../../../platform/log.ts';
import { batchMessages, decodeFlightData, encodeFlightData, schemaMessage, type FlightData } from './flightData.ts';
import { toGrpcStatus } from './grpcStatus.ts';
import type { TableWriter } from './table.ts';

/** One call of Arrow Flight. */
export interface FlightCall {
  readonly asking: Asking;
  readonly messages: AsyncIterable<FlightData>;
  readonly writer: TableWriter;
  /** Aborts when the caller hangs up, and when the call has taken as long as one may */
  readonly signal: AbortSignal;
}

type Stream = ServerDuplexStream<FlightData, FlightData>;

const method = (name: string) => ({
  path: `/arrow.flight.protocol.FlightService/${name}`,
  requestStream: true,
  responseStream: true,
  requestDeserialize: decodeFlightData,
  responseSerialize: encodeFlightData,
  // Of a client, which nobody makes of this.
  requestSerialize: encodeFlightData,
  responseDeserialize: decodeFlightData,
});
/** The two calls that Feast's `offline_store: {type: remote}` makes: to ask with a table, and to hand one over. */
const FLIGHT: ServiceDefinition = { DoExchange: method('DoExchange'), DoPut: method('DoPut') };

/** A table and what is around it. */
const CALL_BYTES = OFFLINE_TABLE.bytes + 2 * BODY_BYTES;
/** A caller that sends nothing, or reads nothing, this long is given up, and so is a call that takes CALL_MS in all. */
const PATIENCE_MS = 120_000;
const CALL_MS = 900_000;

/**
 * A server of Arrow Flight for connections that are handed to it.
 * @param answer answers one call, and says what it was about; what it throws is the call's status
 */
export function createFlightServer(seen: Seen, answer: (call: FlightCall) => Promise<string>): Http2Side {
  const server = new Server({
    'grpc.max_receive_message_length': CALL_BYTES,
    'grpc.max_connection_idle_ms': 5 * PATIENCE_MS,
    interceptors: [refuseTooMuch],
  });
  const handle: handleBidiStreamingCall<FlightData, FlightData> = (stream) => {
    const report = startReport(seen);
    answer(toCall(stream)).then(
      (api) => {
        stream.end();
        report(api, status.OK);
      },
      (error: unknown) => {
        const answered = toGrpcStatus(error);
        stream.emit('error', answered);
        report(stream.getPath(), answered.code, error);
      },
    );
  };
  server.addService(FLIGHT, { DoExchange: handle, DoPut: handle });
  const connections = server.createConnectionInjector(ServerCredentials.createInsecure());
  return { take: (socket) => connections.injectConnection(socket), drain: () => connections.drain(PATIENCE_MS) };
}

/** grpc-js reads ahead of whoever takes the messages, so that what comes is counted before. */
const refuseTooMuch: ServerInterceptor = (_method, call) => {
  let bytes = 0;
  const count = new ServerListenerBuilder().withOnReceiveMessage((message: FlightData, next) => {
    bytes += message.header.length + message.body.length;
    if (bytes <= CALL_BYTES) next(message);
    else call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details: TOO_LARGE });
  });
  return new ServerInterceptingCall(call, { start: (next) => next(count.build()) });
};
const TOO_LARGE = `The table is too large: send at most ${OFFLINE_TABLE.bytes / 2 ** 20} MB at once`;

interface Seen {
  readonly log: Logger;
  readonly metrics: Registry;
}

/** One line a call, and counted with the requests by HTTP. */
function startReport({ log, metrics }: Seen) {
  const startedAt = performance.now();
  const { http_requests_total: total, http_request_duration_seconds: duration } = requestMetrics(metrics);
  const stop = duration.startTimer();
  return (path: string, code: status, error?: unknown) => {
    if (code === status.INTERNAL) log.error({ err: error }, 'request failed');
    const labels = { method: 'FLIGHT', route: path, status: status[code] };
    total.inc(labels);
    stop(labels);
    const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
    log.info({ method: 'FLIGHT', path, status: status[code], duration_ms: durationMs }, 'request');
  };
}

function toCall(stream: Stream): FlightCall {
  const gone = new AbortController();
  stream.once('cancelled', () => gone.abort(unavailable('the caller, who has hung up,')));
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(CALL_MS)]);
  return { asking: askingOf(stream), messages: messagesOf(stream, signal), writer: createWriter(stream, signal), signal };
}

/** grpc-js has the address with the port behind it. */
const askingOf = (stream: Stream): Asking => ({
  method: 'POST',
  address: stream.getPeer().replace(/:\d+$/, ''),
  header: (name) => (name === 'host' ? stream.getHost() : stream.metadata.get(name)[0]?.toString()),
});

async function* messagesOf(stream: Stream, signal: AbortSignal): AsyncGenerator<FlightData> {
  // Not the stream as it is, which would close the way back with the way here.
  const messages = stream.iterator({ destroyOnReturn: false });
  for (;;) {
    const next = await within(messages.next() as Promise<IteratorResult<FlightData>>, signal);
    if (next.done) return;
    yield next.value;
  }
}

function createWriter(stream: Stream, signal: AbortSignal): TableWriter {
  async function send(message: FlightData) {
    signal.throwIfAborted();
    if (!stream.write(message)) await within(once(stream, 'drain'), signal);
  }
  return {
    begin: (schema) => send(schemaMessage(schema)),
    async write(batch) {
      for (const message of batchMessages(batch)) await send(message);
    },
  };
}

/** @throws the signal's reason, or Failure `unavailable` when nothing comes for PATIENCE_MS */
async function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  let patience: NodeJS.Timeout | undefined;
  const givenUp = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort);
    patience = setTimeout(() => reject(unavailable('the caller, of whom nothing is heard,')), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, givenUp]);
  } finally {
    clearTimeout(patience);
    signal.removeEventListener('abort', onAbort!);
  }
}
