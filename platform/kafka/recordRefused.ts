/** Errors of Kafka's protocol that say: this batch is larger than what the topic takes. */
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];
/** Those that say: this record, or the batch with it, is not taken, today or later. */
const REFUSALS = [...TOO_LARGE, 'INVALID_RECORD', 'INVALID_TIMESTAMP'];

export const isTooLarge = (error: unknown): error is Error => isOfType(error, TOO_LARGE);

/** Whether a broker answered that it refuses what was sent for itself; a broker that is away, busy or without the topic says nothing of the record. */
export const isRecordRefused = (error: unknown): error is Error => isOfType(error, REFUSALS);

/** kafkajs wraps what a broker said once or more. */
function isOfType(error: unknown, types: readonly string[]): boolean {
  if (!(error instanceof Error)) return false;
  return ('type' in error && types.includes(String(error.type))) || isOfType(error.cause, types);
}

/** Whether it is kafkajs that says what is wrong: the broker is away, or cannot or will not do it now. */
export const isKafkaTrouble = (error: unknown): boolean => error instanceof Error && error.name.startsWith('KafkaJS');
