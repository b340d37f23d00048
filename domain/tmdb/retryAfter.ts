const WITHOUT_WORD_MS = 2_000;
/** A service that asks for more is asked again after this long; it can say so again. */
const MAX_MS = 10 * 60_000;

/**
 * How long a Retry-After header asks to wait (RFC 9110, 10.2.3: seconds, or an HTTP date); two seconds where there is none that can be read.
 * @param now milliseconds since the epoch
 */
export function retryAfterMs(header: string | string[] | undefined, now: number): number {
  const text = [header].flat()[0]?.trim() ?? '';
  const asked = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(asked) ? WITHOUT_WORD_MS : Math.min(Math.max(asked, 0), MAX_MS);
}
