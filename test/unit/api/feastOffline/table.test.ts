import { describe, expect, test } from '@jest/globals';
import {
  Bool,
  DateDay,
  DateMillisecond,
  Dictionary,
  Field,
  Float64,
  Int16,
  Int64,
  List,
  Schema,
  Struct,
  Timestamp,
  TimeUnit,
  Utf8,
  vectorFromArray,
  type DataType,
  type RecordBatch,
} from 'apache-arrow';
import { featureColumn, featureField, readIds, readJsonValues, readTimes } from '../../../../api/feast/offline/columns.ts';
import { batchMessages, decodeFlightData, encodeFlightData, schemaMessage } from '../../../../api/feast/offline/flightData.ts';
import { makeBatch, readTable } from '../../../../api/feast/offline/table.ts';
import { OFFLINE_TABLE } from '../../../../contracts/sizes.ts';
import { FEATURE_TYPES, type FeatureValue } from '../../../../domain/features/views/view.ts';

function batchOf(columns: Readonly<Record<string, readonly [DataType, readonly unknown[]]>>): RecordBatch {
  const fields = Object.entries(columns).map(([name, [type]]) => new Field(name, type, true));
  const lists = Object.values(columns).map(([type, values]) => vectorFromArray(values, type).data[0]!);
  return makeBatch(new Schema(fields), lists[0]!.length, lists);
}

/** Over the wire and back. */
const sendTable = (batches: readonly RecordBatch[]) =>
  readTable(
    [schemaMessage(batches[0]!.schema), ...batches.flatMap(batchMessages)].map((message) => decodeFlightData(encodeFlightData(message))),
  );
const rowsOf = (batches: readonly RecordBatch[]) =>
  batches.flatMap((batch) => batch.toArray().map((row: { toJSON(): object }) => JSON.parse(JSON.stringify(row, asText)) as object));
const asText = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value);

describe('a table over the wire', () => {
  const whole = batchOf({
    id: [new Int64(), [1n, 2n, null, 4n, 5n, 6n, 7n]],
    text: [new Utf8(), ['a', null, 'ü \u{1F600}', '', 'e', 'f', 'g']],
    is: [new Bool(), [true, null, false, true, false, null, true]],
    number: [new Float64(), [0.5, null, -0, 4, 5, 6, 7]],
    at: [new Timestamp(TimeUnit.NANOSECOND, 'UTC'), [1, null, 3, 4, 5, 6, 7]],
    list: [new List(new Field('item', new Utf8(), true)), [['a', null], [], null, ['b'], ['c'], [], null]],
    kind: [new Dictionary(new Utf8(), new Int16()), ['p', 'q', null, 'p', 'q', 'r', 'r']],
    nested: [
      new Struct([new Field('k', new Int64(), true)]),
      [{ k: 1n }, { k: 2n }, { k: null }, { k: 4n }, { k: 5n }, { k: 6n }, { k: 7n }],
    ],
  });

  test('comes back as it was, whole and in parts that begin anywhere', () => {
    const expected = rowsOf([whole]);
    expect(expected).toHaveLength(7);
    expect(rowsOf(sendTable([whole]).batches)).toEqual(expected);
    for (const size of [1, 2, 3, 5]) {
      const parts = Array.from({ length: Math.ceil(7 / size) }, (_, at) => whole.slice(at * size, at * size + size));
      expect(rowsOf(sendTable(parts).batches)).toEqual(expected);
    }
  });

  test('of no rows has its columns', () => {
    const table = readTable([schemaMessage(whole.schema)]);
    expect([table.rows, table.schema.fields.map(({ name }) => name)]).toEqual([0, Object.keys(expectedTypes)]);
    expect(table.schema.fields.map(({ type }) => String(type))).toEqual(Object.values(expectedTypes));
  });
  const expectedTypes = {
    id: 'Int64',
    text: 'Utf8',
    is: 'Bool',
    number: 'Float64',
    at: 'Timestamp<NANOSECOND, UTC>',
    list: 'List<Utf8>',
    kind: 'Dictionary<Int16, Utf8>',
    nested: 'Struct<{k:Int64}>',
  };

  test.each([
    ['nothing', []],
    ['bytes that are no message', [{ header: new Uint8Array(40).fill(7), body: new Uint8Array(8) }]],
    ['a batch without its schema', batchMessages(whole)],
    [
      'a batch whose rows are missing',
      [schemaMessage(whole.schema), ...batchMessages(whole).map(({ header }) => ({ header, body: new Uint8Array() }))],
    ],
  ])('that is %s is refused', (_, messages) => {
    expect(() => rowsOf(readTable(messages).batches)).toThrow();
  });

  test('has a bound of its rows', () => {
    const rows = OFFLINE_TABLE.rows + 1;
    const long = makeBatch(new Schema([new Field('id', new Int64(), true)]), rows, [vectorFromArray(new BigInt64Array(rows)).data[0]!]);
    expect(() => sendTable([long])).toThrow(`${rows} rows are too many for one table; send at most ${OFFLINE_TABLE.rows}`);
  });
});

const named = (type: DataType, values: readonly unknown[], before = 0) => ({ name: 'c', column: vectorFromArray(values, type), before });

describe('ids of a table', () => {
  test.each([
    [new Int64(), [1n, null, 9_007_199_254_740_993n], ['1', null, '9007199254740993']],
    [new Float64(), [1, null, NaN, 3], ['1', null, null, '3']],
    [new Utf8(), ['ml-1m:17', null, '2'], ['ml-1m:17', null, '2']],
    [new Dictionary(new Utf8(), new Int16()), ['a', 'b', 'a'], ['a', 'b', 'a']],
  ])('are read from %s', (type, values, ids) => {
    expect(readIds(named(type, values))).toEqual(ids);
  });
  test.each([
    [new Float64(), [1, 1.5], 'c[11]: an id is a whole number, or text of 1 to 200 characters'],
    [new Utf8(), ['a\u0000'], 'c[10]: an id has no control characters'],
    [new Utf8(), ['x'.repeat(201)], 'c[10]: an id is a whole number'],
    [new Bool(), [true], 'c[10]: an id is a whole number'],
  ])('that %s cannot be name the row', (type, values, message) => {
    expect(() => readIds(named(type, values, 10))).toThrow(message);
  });
});

describe('times of a table', () => {
  const micros = (type: DataType, raw: BigInt64Array | Int32Array) => {
    const { column } = named(type, Array(raw.length).fill(0));
    (column.data[0]!.values as BigInt64Array).set(raw as BigInt64Array);
    return readTimes({ name: 'c', column, before: 0 });
  };
  test.each([
    [new Timestamp(TimeUnit.SECOND), [-1n], ['1969-12-31T23:59:59.000000Z']],
    [new Timestamp(TimeUnit.MILLISECOND), [1n], ['1970-01-01T00:00:00.001000Z']],
    [
      new Timestamp(TimeUnit.MICROSECOND, 'UTC'),
      [1_767_225_600_123_456n, -1n],
      ['2026-01-01T00:00:00.123456Z', '1969-12-31T23:59:59.999999Z'],
    ],
    [
      new Timestamp(TimeUnit.NANOSECOND, 'UTC'),
      [1_767_225_600_123_456_999n, -1n],
      ['2026-01-01T00:00:00.123456Z', '1969-12-31T23:59:59.999999Z'],
    ],
    [new DateMillisecond(), [86_400_000n], ['1970-01-02T00:00:00.000000Z']],
  ])('%s are exact to the microsecond, downwards', (type, raw, times) => {
    expect(micros(type, BigInt64Array.from(raw))).toEqual(times);
  });
  test('days, and text with and without a zone, which is UTC then', () => {
    expect(micros(new DateDay(), Int32Array.of(20_454))).toEqual(['2026-01-01T00:00:00.000000Z']);
    expect(readTimes(named(new Utf8(), ['2026-01-01', '2026-01-01 10:00:00+02:00']))).toEqual([
      '2026-01-01T00:00:00.000000Z',
      '2026-01-01T08:00:00.000000Z',
    ]);
  });
  test.each([
    [new Timestamp(TimeUnit.MICROSECOND), [1, null], 'c[1]: a time such as'],
    [new Utf8(), ['2026-02-30'], 'c[0]: a time such as'],
    [new Utf8(), ['9'.repeat(1_000)], 'c[0]: a time such as'],
    [new Float64(), [1], 'c[0]: a time such as'],
    [new Timestamp(TimeUnit.SECOND), [1e15], 'c[0]: a time such as'],
  ])('that %s has none of name the row', (type, values, message) => {
    expect(() => readTimes(named(type, values))).toThrow(message);
  });
});

test('rows that are pushed are read as from JSON', () => {
  const list = new List(new Field('item', new Int64(), true));
  const read = (type: DataType, values: readonly unknown[]) => readJsonValues(vectorFromArray(values, type));
  expect(read(new Int64(), [1n, null])).toEqual([1, null]);
  expect(read(new Float64(), [NaN, null, 0.5])).toEqual([null, null, 0.5]);
  expect(read(list, [[1n, null], [], null])).toEqual([[1, null], [], null]);
  expect(read(new Timestamp(TimeUnit.MILLISECOND), [1, null])).toEqual(['1970-01-01T00:00:00.001000Z', null]);
  expect(read(new Utf8(), ['a', null])).toEqual(['a', null]);
});

test('every type of feature goes into a table, with its nulls', () => {
  const VALUES: Record<(typeof FEATURE_TYPES)[number], readonly FeatureValue[]> = {
    int64: [1, null, -(2 ** 53)],
    float64: [0.5, null, -0],
    string: ['', null, 'ü'],
    bool: [false, null, true],
    timestamp: ['2026-01-02T03:04:05.678Z', null, '1969-12-31T23:59:59.999Z'],
    int64_list: [[1, 2], null, []],
    float64_list: [[0.5], null, []],
    string_list: [['a', ''], null, []],
  };
  const schema = new Schema(FEATURE_TYPES.map((type) => featureField(type, type)));
  const batch = makeBatch(
    schema,
    3,
    FEATURE_TYPES.map((type) => featureColumn(type, VALUES[type])),
  );
  const [sent] = sendTable([batch]).batches;
  for (const type of FEATURE_TYPES) {
    const values = readJsonValues(sent!.getChild(type)!);
    const given = type === 'timestamp' ? VALUES[type].map((text) => (text as string | null)?.replace('Z', '000Z') ?? null) : VALUES[type];
    expect([type, values]).toEqual([type, given]);
  }
});
