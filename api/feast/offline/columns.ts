import {
  Bool,
  DataType,
  DateUnit,
  Field,
  Float64,
  Int64,
  List,
  TimeUnit,
  Timestamp,
  Utf8,
  vectorFromArray,
  type Data,
  type Vector,
} from 'apache-arrow';
import { TIME_CHARACTERS } from '../../../contracts/sizes.ts';
import { parseTime } from '../../../contracts/time.ts';
import { toEntityId } from '../../../domain/features/online/incomingRows.ts';
import type { FeatureType, FeatureValue } from '../../../domain/features/views/view.ts';
import { FeastFault } from '../faults.ts';

/** A column of one batch, and what to call a row of it in words. */
export interface NamedColumn {
  readonly name: string;
  readonly column: Vector;
  /** Rows of the table before this batch */
  readonly before: number;
}

const placeOf = ({ name, before }: NamedColumn, row: number) => `${name}[${before + row}]`;

/**
 * Ids, which a table has as whole numbers, as text, or as numbers with a point where pandas found a gap among them.
 * @returns null where there is none
 * @throws Failure `invalid` that names the row
 */
export const readIds = (named: NamedColumn): (string | null)[] =>
  Array.from(named.column as Iterable<unknown>, (value, row) => {
    if (value === null || value === undefined || Number.isNaN(value)) return null;
    return toEntityId(typeof value === 'bigint' ? String(value) : value, placeOf(named, row));
  });

const MICROS_OF: Readonly<Record<TimeUnit, (value: bigint) => bigint>> = {
  [TimeUnit.SECOND]: (value) => value * 1_000_000n,
  [TimeUnit.MILLISECOND]: (value) => value * 1_000n,
  [TimeUnit.MICROSECOND]: (value) => value,
  // Downwards, also before 1970: a row sees nothing that is later than itself.
  [TimeUnit.NANOSECOND]: (value) => (value - (((value % 1_000n) + 1_000n) % 1_000n)) / 1_000n,
};
const DAY_MS = 86_400_000;
/** From the year 1 to 9999, as Python's datetime. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** @returns each row's time as ISO 8601 to the microsecond; a time without a zone is of UTC @throws FeastFault that names the row */
export function readTimes(named: NamedColumn): string[] {
  return readMicros(named.column).map((micros, row) => {
    const text = micros === undefined ? undefined : microsToIso(micros);
    if (text === undefined) throw FeastFault.ofValue(`${placeOf(named, row)}: a time such as 2026-11-23T00:00:00Z`);
    return text;
  });
}

const readMicros = (column: Vector): (bigint | undefined)[] =>
  (column.data as readonly Data[]).flatMap((data) => Array.from({ length: data.length }, (_, at) => microsAt(data, at)));

/** @returns microseconds since 1970; undefined where there is no time */
function microsAt(data: Data, at: number): bigint | undefined {
  const { type } = data;
  if (!data.getValid(at)) return undefined;
  if (DataType.isTimestamp(type)) return MICROS_OF[type.unit]((data.values as BigInt64Array)[at]!);
  if (DataType.isDate(type)) {
    const value = Number((data.values as Int32Array | BigInt64Array)[at]);
    return BigInt(type.unit === DateUnit.DAY ? value * DAY_MS : value) * 1_000n;
  }
  if (!DataType.isUtf8(type) && !DataType.isLargeUtf8(type)) return undefined;
  const text = textAt(data, at);
  const ms = text.length <= TIME_CHARACTERS ? parseTime(text) : NaN;
  return Number.isNaN(ms) ? undefined : BigInt(Math.floor(ms)) * 1_000n;
}

function textAt(data: Data, at: number): string {
  const offsets = data.valueOffsets as Int32Array | BigInt64Array;
  return Buffer.from((data.values as Uint8Array).subarray(Number(offsets[at]), Number(offsets[at + 1]))).toString('utf8');
}

function microsToIso(micros: bigint): string | undefined {
  const fraction = ((micros % 1_000n) + 1_000n) % 1_000n;
  const ms = Number((micros - fraction) / 1_000n);
  if (!(ms >= FIRST_MS && ms <= LAST_MS)) return undefined;
  return new Date(ms).toISOString().replace('Z', `${String(fraction).padStart(3, '0')}Z`);
}

/** Values as JSON has them, which rows that are pushed are read from: times as text, whole numbers as numbers where those hold them. */
export function readJsonValues(column: Vector): unknown[] {
  if (DataType.isTimestamp(column.type) || DataType.isDate(column.type))
    return readMicros(column).map((micros) => (micros === undefined ? null : (microsToIso(micros) ?? NO_TIME)));
  return Array.from(column as Iterable<unknown>, toJsonValue);
}

/** Refused by whoever reads it. */
const NO_TIME = 'a time beyond the years 1 to 9999';

function toJsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value === undefined || Number.isNaN(value)) return null;
  if (value !== null && typeof value === 'object' && Symbol.iterator in value) return Array.from(value as Iterable<unknown>, toJsonValue);
  return value;
}

const TYPES: Readonly<Record<FeatureType, DataType>> = {
  int64: new Int64(),
  float64: new Float64(),
  string: new Utf8(),
  bool: new Bool(),
  timestamp: new Timestamp(TimeUnit.MICROSECOND, 'UTC'),
  int64_list: new List(new Field('item', new Int64(), true)),
  float64_list: new List(new Field('item', new Float64(), true)),
  string_list: new List(new Field('item', new Utf8(), true)),
};

export const featureField = (name: string, type: FeatureType): Field => new Field(name, TYPES[type], true);

/** A feature's values, as a column of at least one row. */
export function featureColumn(type: FeatureType, values: readonly FeatureValue[]): Data {
  const convert = CONVERSIONS[type] ?? ((value: FeatureValue) => value);
  const vector = vectorFromArray(
    values.map((value) => (value === null ? null : convert(value))),
    TYPES[type],
  );
  return vector.data[0]!;
}

const toBigInt = (value: FeatureValue) => BigInt(value as number);
const CONVERSIONS: Partial<Record<FeatureType, (value: FeatureValue) => unknown>> = {
  int64: toBigInt,
  int64_list: (value) => (value as readonly number[]).map(toBigInt),
  timestamp: (value) => Date.parse(value as string),
};
