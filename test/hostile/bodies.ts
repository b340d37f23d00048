/** Bodies that are too large, too deep or as large as can be, as data for the tests of every surface that takes one. */
import { METRIC_NAME_CHARACTERS, METRICS_OF_ALERT, ID_CHARACTERS } from '../../contracts/sizes.ts';

/** Characters that grow on the way: in UTF-8, or when they are escaped in JSON. Text bounds count UTF-16 units, of which each of these is one or two. */
export const WIDE_CHARACTERS = {
  'three bytes in UTF-8': '€',
  'four bytes, a pair of units': '😀',
  'a quote, which is escaped': '"',
  'a backslash, which is escaped': '\\',
} as const;

/** Six characters each as JSON escapes; no text of an event may hold one. */
export const REFUSED_CHARACTERS = { 'U+0000': '\0', 'U+0001': '\u0001', 'U+001F': '\u001f', 'half of a pair': '\ud83d' } as const;

/** `n` units of one character. */
export const textOf = (character: string, units: number): string => character.repeat(Math.floor(units / character.length));

/** The largest interaction that is valid. */
export const largestInteraction = (character: string, eventId: string) => ({
  event_id: eventId,
  user_id: textOf(character, ID_CHARACTERS),
  movie_id: 'movie_2147483647',
  interaction_type: 'purchase',
  rating: 4.999999999999999,
  session_id: textOf(character, ID_CHARACTERS),
  timestamp: '2026-01-02T03:04:05.123456789+14:00',
});

/** The largest drift alert that is valid. */
export const largestAlert = (character: string, eventId: string) => ({
  event_id: eventId,
  model_name: 'movie_predictor',
  model_version: textOf(character, 100),
  drift_score: 1.2345678901234567e300,
  threshold: 1.2345678901234567e-300,
  metrics: Object.fromEntries(
    Array.from({ length: METRICS_OF_ALERT }, (_, n) => [
      `${n}`.padStart(4, '0') + textOf(character, METRIC_NAME_CHARACTERS - 4),
      -1.2345678901234567e-300,
    ]),
  ),
  timestamp: '2026-01-02T03:04:05.123456789+14:00',
});

/** An alert with so many metrics. */
export const alertWithMetrics = (count: number, eventId: string) => ({
  ...largestAlert('a', eventId),
  metrics: Object.fromEntries(Array.from({ length: count }, (_, n) => [`metric_${n}`, n])),
});

/** JSON text: objects, or lists, so many within each other. */
export const deepObject = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
export const deepList = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** An object of so many keys that no schema knows. */
export const manyKeys = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`unknown_key_${n}`, n]));
