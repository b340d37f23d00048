import type { BytesText, TopicMessage } from '../../contracts/topics.ts';
import type { IncomingMessage } from '../../platform/kafka/kafka.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The first bytes, as text where they are some; a character that is cut in the middle is left out. */
function toText(bytes: Buffer | null, most = Infinity): BytesText {
  if (bytes === null) return null;
  const shown = bytes.subarray(0, Math.min(most, bytes.length));
  try {
    return utf8.decode(shown, { stream: shown.length < bytes.length });
  } catch {
    return { base64: shown.toString('base64') };
  } finally {
    utf8.decode(); // forgets a half of a character
  }
}

const LATEST_MS = 8.64e15;

export const timeText = (ms: string): string | null =>
  Number(ms) >= 0 && Number(ms) <= LATEST_MS ? new Date(Number(ms)).toISOString() : null;

export const toMessage = (partition: number, message: IncomingMessage, valueBytes: number): TopicMessage => ({
  partition,
  offset: Number(message.offset),
  timestamp: timeText(message.timestamp),
  key: toText(message.key, valueBytes),
  value: toText(message.value, valueBytes),
  value_bytes: message.value?.length ?? null,
  headers: message.headers.map(({ name, value }) => ({ name, value: toText(value, valueBytes) })),
});
