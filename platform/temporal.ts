import { Client, Connection, isGrpcServiceError } from '@temporalio/client';

export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
}

/** A client whose connection is made at first use and mended by gRPC, so that a process starts while Temporal is down. */
export function createTemporalClient({ address, namespace }: TemporalSettings): Client {
  return new Client({ connection: Connection.lazy({ address, connectTimeout: '2s' }), namespace });
}

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html: DEADLINE_EXCEEDED, UNAVAILABLE
const UNAVAILABLE_CODES = [4, 14];

/** Whether Temporal could not be reached, as opposed to refusing the call. */
export function isTemporalUnavailable(error: unknown): boolean {
  if (isGrpcServiceError(error)) return UNAVAILABLE_CODES.includes(error.code);
  if (!(error instanceof Error)) return false;
  return /Failed to connect before the deadline/.test(error.message) || isTemporalUnavailable(error.cause);
}
