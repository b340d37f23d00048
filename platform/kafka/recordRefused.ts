/** Errors of Kafka's protocol that say: this record, or the batch with it, is not taken, today or later. */
const REFUSALS = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'];

/** Whether a broker answered that it refuses what was sent for itself; a broker that is away, busy or without the topic says nothing of the record. */
export function isRecordRefused(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return ('type' in error && REFUSALS.includes(String(error.type))) || isRecordRefused(error.cause);
}
