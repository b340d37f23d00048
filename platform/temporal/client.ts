import { Client, Connection, defaultGrpcRetryOptions, isGrpcServiceError, makeGrpcRetryInterceptor } from '@temporalio/client';
import { traceCalls } from './traceCalls.ts';
import type { TemporalConnection } from '../connections/temporal.ts';

/** What the client and the workers connect with. */
export const temporalOptions = ({ address, tls, apiKey, metadata }: TemporalConnection) => ({
  address,
  ...(tls !== undefined && { tls }),
  ...(apiKey !== undefined && { apiKey }),
  ...(metadata !== undefined && { metadata }),
});

/** A client whose connection is made at first use and mended by gRPC, so that a process starts while Temporal is down. */
export function createTemporalClient(settings: TemporalConnection): Client {
  // gRPC would wait up to two minutes between its attempts to connect again, long after Temporal is back.
  const channelArgs = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 1_000 };
  // A call that fails is tried again within a second and no longer: its caller waits, and can try again itself.
  const interceptors = [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 4 }))];
  return new Client({
    connection: Connection.lazy({ ...temporalOptions(settings), connectTimeout: '2s', channelArgs, interceptors }),
    namespace: settings.namespace,
    interceptors: { workflow: [traceCalls] },
  });
}

/** Long enough for Temporal to answer on a busy machine with two cores, where a schedule was seen to take more than three seconds. */
const CALL_DEADLINE_MS = 20_000;
/** A check is made again soon. */
const CHECK_DEADLINE_MS = 3_000;

/** Ends the calls made by `body` within the deadline: a server that takes a call and does not answer would hold its caller for ever. */
export const withTemporalDeadline = <T>(client: Client, body: () => Promise<T>): Promise<T> =>
  client.connection.withDeadline(Date.now() + CALL_DEADLINE_MS, body);

/** @throws when Temporal does not answer, or does not serve our namespace */
export async function checkTemporal(client: Client): Promise<string> {
  const { namespace } = client.options;
  const deadline = Date.now() + CHECK_DEADLINE_MS;
  await client.connection.withDeadline(deadline, () => client.workflowService.describeNamespace({ namespace }));
  return `namespace ${namespace}`;
}

/** @throws when Temporal does not answer */
export async function readTemporalVersion(client: Client): Promise<string> {
  const deadline = Date.now() + CHECK_DEADLINE_MS;
  const { serverVersion } = await client.connection.withDeadline(deadline, () => client.workflowService.getSystemInfo({}));
  return serverVersion;
}

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE
const UNAVAILABLE_CODES = [4, 8, 14];

const NOT_FOUND_CODES = [5];

/** Whether Temporal knows no workflow or schedule of this name (any more). */
export const isTemporalMissing = (error: unknown): boolean => isGrpcServiceError(error) && NOT_FOUND_CODES.includes(error.code);

/** Whether Temporal could not be reached, or has no room for the call now, as opposed to refusing it. */
export function isTemporalUnavailable(error: unknown): boolean {
  if (isGrpcServiceError(error)) return UNAVAILABLE_CODES.includes(error.code);
  if (!(error instanceof Error)) return false;
  return /Failed to connect before the deadline/.test(error.message) || isTemporalUnavailable(error.cause);
}
