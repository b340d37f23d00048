import { clip } from '../../../contracts/bounded.ts';
import { invalid } from '../../../contracts/failures.ts';
import {
  FAULTS,
  FEATURE_LIST_ITEMS,
  FEATURE_TEXT_CHARACTERS,
  FEATURES_OF_REQUEST,
  ID_CHARACTERS,
  ROWS_OF_REQUEST,
  TIME_CHARACTERS,
} from '../../../contracts/sizes.ts';
import { isPlainText, isStorable } from '../../../contracts/text.ts';
import { FIRST_MS, LAST_MS, parseTime } from '../../../contracts/time.ts';
import type { Feature, FeatureValue, FeatureView } from '../views/view.ts';

/** A row that somebody sent, checked. */
export interface IncomingRow {
  readonly entityId: string;
  readonly eventMs: number;
  readonly createdMs: number;
  readonly values: Readonly<Record<string, FeatureValue>>;
}

/** Rows that cannot be taken; the message says which value of which column is wrong. */
const refused = (message: string) => invalid('rows', clip(message, FAULTS.messageCharacters));

const EVENT_TIME = 'event_timestamp';
const CREATED = 'created';

/**
 * Rows of a view as they are sent: a list of values for its join key, `event_timestamp`, each feature and, where known, `created` (when the values
 * were computed; now when missing). Columns of other names are passed over.
 * @throws Failure `invalid` that says which value of which column is wrong
 */
export function readIncomingRows(view: FeatureView, columns: Readonly<Record<string, unknown>>, now: number): IncomingRow[] {
  const given = Object.keys(columns).length;
  if (given > FEATURES_OF_REQUEST) throw refused(`${given} columns are too many; send at most ${FEATURES_OF_REQUEST}`);
  const needed = [view.entity.joinKey, EVENT_TIME, ...view.features.map(({ name }) => name)];
  const missing = needed.filter((name) => columns[name] === undefined);
  if (missing.length > 0) throw refused(`[${missing.map((name) => `'${name}'`).join(', ')}] not in index`);
  const lists = Object.entries(columns).map(([name, list]) => {
    if (!Array.isArray(list)) throw refused(`${name}: a list of values, one a row`);
    return [name, list as readonly unknown[]] as const;
  });
  const count = lists[0]?.[1].length ?? 0;
  if (count > ROWS_OF_REQUEST) throw refused(`${count} rows are too many for one request; send at most ${ROWS_OF_REQUEST}`);
  if (lists.some(([, list]) => list.length !== count)) throw refused('All arrays must be of the same length');

  const of = Object.fromEntries(lists);
  return Array.from({ length: count }, (_, row) => ({
    entityId: toEntityId(of[view.entity.joinKey]![row], `${view.entity.joinKey}[${row}]`),
    eventMs: toMs(of[EVENT_TIME]![row], `${EVENT_TIME}[${row}]`),
    createdMs: toMs(of[CREATED]?.[row] ?? new Date(now).toISOString(), `${CREATED}[${row}]`),
    values: Object.fromEntries(
      view.features.map((feature) => [feature.name, toValue(feature, of[feature.name]![row], `${feature.name}[${row}]`)]),
    ),
  }));
}

/** @throws Failure `invalid` when it is neither a whole number nor text of 1 to ID_CHARACTERS, none of them a control character */
export function toEntityId(value: unknown, at: string): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string' || value === '' || value.length > ID_CHARACTERS)
    throw refused(`${at}: an id is a whole number, or text of 1 to ${ID_CHARACTERS} characters`);
  if (!isPlainText(value)) throw refused(`${at}: an id has no control characters`);
  return value;
}

function toMs(value: unknown, at: string): number {
  const ms = typeof value === 'string' && value.length <= TIME_CHARACTERS ? parseTime(value) : NaN;
  if (ms >= FIRST_MS && ms <= LAST_MS) return ms;
  throw refused(`${at}: a time such as 2026-11-23T00:00:00Z`);
}

function toValue({ type }: Feature, value: unknown, at: string): FeatureValue {
  if (value === null || value === undefined) return null;
  if (!type.endsWith('_list')) return toScalar(type, value, at);
  if (!Array.isArray(value) || value.length > FEATURE_LIST_ITEMS) throw refused(`${at}: a list of at most ${FEATURE_LIST_ITEMS}`);
  return value.map((item, n) => toScalar(type.slice(0, -'_list'.length), item, `${at}[${n}]`) as number | string);
}

/** @returns the time as text; none where a date holds no such time */
function secondsToText(seconds: number): string | undefined {
  const date = new Date(seconds * 1_000);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function toScalar(type: string, value: unknown, at: string): number | string | boolean {
  if (type === 'int64' && Number.isSafeInteger(value)) return value as number;
  if (type === 'float64' && typeof value === 'number') return value;
  if (type === 'bool' && typeof value === 'boolean') return value;
  if (type === 'string' && typeof value === 'string' && isStorable(value)) {
    if (value.length <= FEATURE_TEXT_CHARACTERS) return value;
    throw refused(`${at}: text of at most ${FEATURE_TEXT_CHARACTERS} characters`);
  }
  // The time of a value, unlike that of a row, may also come in seconds since 1970.
  if (type === 'timestamp') return new Date(toMs(typeof value === 'number' ? secondsToText(value) : value, at)).toISOString();
  throw refused(`${at}: ${JSON.stringify(value)?.slice(0, 100)} is no ${type}`);
}
