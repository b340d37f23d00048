import { clip, isDeeperThan } from '../../contracts/bounded.ts';
import { BODY_DEPTH, LEDGER } from '../../contracts/sizes.ts';
import { toStorable } from '../../contracts/text.ts';
import { storableJson } from '../../platform/postgres.ts';

/** Text as the ledger keeps it: bounded, and without what Postgres refuses (U+0000, half of a surrogate pair). */
export function keptText(text: string): string;
export function keptText(text: string | null | undefined): string | null;
export function keptText(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : toStorable(clip(text, LEDGER.textCharacters));
}

/**
 * A value as JSON text for the ledger. One that is larger than `mostBytes`, or that cannot be written at all, is left out, and it says so.
 * @param what such as `result`
 */
export function keptJson(value: unknown, what: string, mostBytes: number): string {
  const omitted = (why: string) => JSON.stringify({ omitted: `the ${what} ${why}` });
  if (isDeeperThan(value, BODY_DEPTH)) return omitted(`nests deeper than ${BODY_DEPTH}`);
  const text = storableJson(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > mostBytes) return omitted(`has ${bytes} bytes as JSON; at most ${mostBytes} are kept`);
  return text;
}
