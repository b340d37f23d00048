const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of bytes that are UTF-8, as in MovieLens' newer sets, or else Latin-1, as in 100K and 1M. A byte order mark stays: inside a file it is text. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }
}

/** The first line of a file, without the byte order mark that the file may begin with. */
export const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');
