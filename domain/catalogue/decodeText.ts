const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Where Windows-1252 differs from Latin-1, from byte 0x80 to 0x9F; bytes that it leaves open stay as they are
 * (https://encoding.spec.whatwg.org/#windows-1252). Not by TextDecoder: Node's reads these bytes as Latin-1.
 */
const FROM_80_TO_9F = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/**
 * Text of bytes that are UTF-8, as in MovieLens' newer sets, or else Windows-1252, which is the Latin-1 of 100K and 1M with quotation marks, dashes
 * and the euro where Latin-1 has control characters. A byte order mark stays: inside a file it is text.
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return decodeWindows1252(bytes);
  }
}

function decodeWindows1252(bytes: Uint8Array): string {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return latin1.replace(/[\x80-\x9f]/g, (character) => FROM_80_TO_9F[character.charCodeAt(0) - 0x80]!);
}

/** What stands for bytes that are no text in the encoding that was told. */
export const UNREADABLE = '\ufffd';

/** How lines become text. @param encoding a label that `encodingNamed` knows; none where it is to be found line by line */
export function createDecoder(encoding: string | undefined): (bytes: Uint8Array) => string {
  if (encoding === undefined) return decodeText;
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return decoder.encoding === 'windows-1252' ? decodeWindows1252 : (bytes) => decoder.decode(bytes);
}

/** The first line of a file, without the byte order mark that the file may begin with. */
export const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');
