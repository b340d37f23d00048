import { z } from 'zod';
import { namesOffset, parseTime } from './time.ts';

/**
 * A time zone by its name in IANA's list, as written there. Offsets such as `+09:00` are none: they know no summer time, and Temporal takes none.
 * @returns undefined where there is no such zone
 */
export function zoneNamed(name: string): string | undefined {
  if (!/^[A-Za-z]/.test(name)) return undefined;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // An older name stays as it was given, in whatever letters the list has the newer one.
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name;
  } catch {
    return undefined;
  }
}

export const timeZoneSchema = z
  .string()
  .max(100)
  .transform((name, context) => {
    const zone = zoneNamed(name);
    if (zone === undefined) context.addIssue(`${name} is no time zone${likeOf(name)}`);
    return zone ?? z.NEVER;
  });

function likeOf(name: string): string {
  const city = name.split('/').at(-1)!.replaceAll(' ', '_').toLowerCase();
  const like = Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase().endsWith(`/${city}`));
  return like ? `; did you mean ${like}?` : ' such as Asia/Seoul, Europe/Berlin or UTC';
}

const HOUR_MS = 3_600_000;
/** No zone was ever further from UTC. */
const FURTHEST_MS = 16 * HOUR_MS;

/** What a clock in a zone shows, as if it were UTC, in milliseconds; to the second. */
function clockOf(ms: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-US', { ...CLOCK, timeZone: zone });
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
const CLOCK = {
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const;

/** `2026-03-29T03:00:00+02:00`: a moment as clocks in a zone show it, and how far they are from UTC. */
export function inZone(time: string, zone: string): string {
  const ms = Math.floor(Date.parse(time) / 1_000) * 1_000;
  const clock = clockOf(ms, zone);
  const minutes = Math.round((clock - ms) / 60_000);
  const pad = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${pad(Math.abs(minutes) / 60)}:${pad(Math.abs(minutes) % 60)}`;
  return `${new Date(clock).toISOString().slice(0, 19)}${offset}`;
}

/** The first moment at which clocks in a zone show this much or later: where summer time skips it, that of the skip. Both in ms. */
function momentOf(clock: number, zone: string): number {
  let [before, from] = [clock - FURTHEST_MS, clock + FURTHEST_MS];
  while (from - before > 1_000) {
    const middle = Math.floor((before + from) / 2_000) * 1_000;
    if (clockOf(middle, zone) >= clock) from = middle;
    else before = middle;
  }
  const earlier = from - HOUR_MS; // the same time of day comes twice where summer time ends
  return clockOf(earlier, zone) >= clock ? earlier : from;
}

const DAY_MS = 24 * HOUR_MS;
const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text);

/**
 * Both ends of a span, of texts that `parseTime` takes, as moments. A day at its end is the whole day; a day, or a time without an offset, is one in the
 * zone.
 */
export function spanIn({ start, end }: { start: string; end: string }, zone: string): { start: string; end: string } {
  const toMs = (text: string) => (namesOffset(text) ? parseTime(text) : momentOf(parseTime(text), zone));
  const endMs = isDay(end) ? momentOf(parseTime(end) + DAY_MS, zone) - 1 : toMs(end);
  const toText = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
  return { start: toText(toMs(start)), end: toText(endMs) };
}
