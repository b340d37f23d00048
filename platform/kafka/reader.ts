export type Reader = ReturnType<typeof createReader>;

/** Reads an answer of Kafka's protocol from its beginning on; every call goes past what it read. */
export function createReader(raw: Uint8Array) {
  const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  let at = 0;
  const past = (length: number) => (at += length) - length;
  const bytes = (length: number) => buffer.subarray(past(length), at);
  const int32 = () => buffer.readInt32BE(past(4));
  return {
    bytes,
    int32,
    int16: () => buffer.readInt16BE(past(2)),
    int64: () => buffer.readBigInt64BE(past(8)),
    isTrue: () => buffer.readInt8(past(1)) !== 0,
    /** Empty where it is null */
    text: () => bytes(Math.max(0, buffer.readInt16BE(past(2)))).toString('utf8'),
    array: <T>(readOne: () => T): T[] => Array.from({ length: Math.max(0, int32()) }, readOne),
  };
}
