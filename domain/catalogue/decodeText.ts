const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Text of bytes that are UTF-8, as in MovieLens' newer sets, or else Latin-1, as in 100K and 1M. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }
}
