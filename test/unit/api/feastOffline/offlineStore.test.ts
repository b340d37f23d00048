import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Field, Int64, Schema, Timestamp, TimeUnit, Utf8, vectorFromArray, type DataType } from 'apache-arrow';
import { createFeastApi } from '../../../../api/feast/app.ts';
import { batchMessages, schemaMessage } from '../../../../api/feast/offline/flightData.ts';
import { makeBatch } from '../../../../api/feast/offline/table.ts';
import { startTestApi, OPEN_ACCESS, type TestApi } from '../../../support/api.ts';
import { callFlight } from '../../../support/flightClient.ts';

/** No engine is there: what is refused is refused before one is needed. */
let open: TestApi;
let guarded: TestApi;
beforeAll(async () => {
  const credentials = [
    { name: 'eve', secret: 'see', role: 'viewer' as const },
    { name: 'oz', secret: 'do', role: 'operator' as const },
  ];
  open = await startTestApi({}, createFeastApi);
  guarded = await startTestApi({ access: { ...OPEN_ACCESS, credentials } }, createFeastApi);
});
afterAll(() => Promise.all([open?.stop(), guarded?.stop()]));

const TYPES: Readonly<Record<string, DataType>> = {
  movie_id: new Int64(),
  user_id: new Utf8(),
  event_timestamp: new Timestamp(TimeUnit.MICROSECOND, 'UTC'),
  rating: new Int64(),
  bought_at: new Timestamp(TimeUnit.MICROSECOND, 'UTC'),
  seen_at: new Timestamp(TimeUnit.MICROSECOND, 'UTC'),
};
function tableOf(columns: Readonly<Record<string, readonly unknown[]>>) {
  const names = Object.keys(columns);
  const schema = new Schema(names.map((name) => new Field(name, TYPES[name] ?? new Utf8(), true)));
  const lists = names.map((name) => vectorFromArray(columns[name]!, TYPES[name] ?? new Utf8()).data[0]!);
  return [schemaMessage(schema), ...batchMessages(makeBatch(schema, lists[0]!.length, lists))];
}
const historical = (feature_refs: readonly string[], more = {}) => ({
  api: 'get_historical_features',
  feature_view_names: ['movie_features'],
  name_aliases: [null],
  feature_refs,
  project: 'movie_mlops',
  full_feature_names: false,
  ...more,
});
const RATING = historical(['movie_features:rating']);
const ROW = { movie_id: [1n], event_timestamp: [1] };
const columnsOf = (source: string) => ({
  api: 'get_table_column_names_and_types_from_data_source',
  data_source_proto: JSON.stringify({ name: source }),
});

describe('who may call', () => {
  const write = { method: 'DoPut', command: { api: 'offline_write_batch', feature_view_names: ['user_recent'] } } as const;
  const read = { command: columnsOf('user_recent_file') };
  test.each([
    ['a stranger may nothing', read, {}, 'UNAUTHENTICATED'],
    ['a wrong token neither', read, { authorization: 'Bearer guess' }, 'UNAUTHENTICATED'],
    ['a viewer may read', read, { authorization: 'Bearer see' }, 'OK'],
    ['and not write', write, { 'x-api-key': 'see' }, 'PERMISSION_DENIED'],
    ['an operator may write: this table is none', write, { authorization: 'Bearer do' }, 'INVALID_ARGUMENT'],
  ] as const)('%s', async (_, call, headers, code) => {
    expect(await callFlight(guarded.url, { ...call, headers })).toMatchObject({ code });
  });
  test('a name that is not served is refused', async () => {
    const answer = await callFlight(open.url, { ...read, authority: 'evil.example' });
    expect(answer).toMatchObject({ code: 'PERMISSION_DENIED', details: expect.stringContaining('evil.example') });
  });
});

describe('what cannot be answered is said in words', () => {
  test.each([
    ['no command', '', undefined, 'no JSON'],
    ['a command that nests', `${'['.repeat(50)}${']'.repeat(50)}`, undefined, 'nests at most 32 deep'],
    ['saved datasets', { api: 'persist' }, undefined, 'Saved datasets are not kept here'],
    ['another call', { api: 'describe_table' }, undefined, 'no call that is answered here'],
    ['no features', historical([]), ROW, 'feature_refs'],
    ['no table', RATING, undefined, "cannot be read as Arrow's"],
    ['SQL', { ...RATING, entity_df_sql: 'select 1' }, ROW, 'as a DataFrame'],
    ['the table that stands for none', RATING, { key: ['m'] }, 'as a DataFrame'],
    [
      'a view that there is not',
      historical(['nothing:rating']),
      ROW,
      'Flight error: {"module": "feast.errors", "class": "FeatureViewNotFoundException"',
    ],
    ['a feature that there is not', historical(['movie_features:none']), ROW, "'Feature none not found in projection movie_features'"],
    ['no key', historical(['user_recent:ratings']), ROW, "must contain columns {'user_id'}, but {'user_id'} were missing"],
    ['no time', RATING, { movie_id: [1n] }, 'a column named event_timestamp'],
    ['two columns of times, neither the usual', RATING, { movie_id: [1n], seen_at: [1], bought_at: [1] }, 'a column named event_timestamp'],
    [
      'one column of times, which is taken; then the engine is asked',
      RATING,
      { movie_id: [1n], seen_at: [1], at: ['2026-01-01'] },
      undefined,
    ],
    [
      'a column that a feature is called',
      RATING,
      { ...ROW, rating: [1n] },
      'Two columns would be called rating: give full_feature_names=True',
    ],
    ['the same feature twice', historical(['movie_features:rating', 'movie_features:rating']), ROW, 'Two columns would be called rating'],
    ['a source that there is not', columnsOf('nothing_file'), undefined, '"DataSourceObjectNotFoundException"'],
  ] as const)('%s', async (_, command, columns, words) => {
    const { code, details } = await callFlight(open.url, { command, ...(columns && { messages: tableOf(columns) }) });
    expect([code, details]).toEqual(words ? ['INVALID_ARGUMENT', expect.stringContaining(words)] : ['UNAVAILABLE', expect.any(String)]);
    expect(details.length).toBeLessThan(3_000);
  });

  test('an engine that is away: come again', async () => {
    const answer = await callFlight(open.url, { command: RATING, messages: tableOf(ROW) });
    expect(answer).toMatchObject({ code: 'UNAVAILABLE', details: 'postgres is not available; try again shortly' });
  });

  test('more than a table may have, in one message or in many', async () => {
    const piece = { header: new Uint8Array(8), body: new Uint8Array(30 * 2 ** 20) };
    expect(await callFlight(open.url, { command: RATING, messages: [piece, piece, piece] })).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      details: 'The table is too large: send at most 64 MB at once',
    });
    const whole = { ...piece, body: new Uint8Array(70 * 2 ** 20) };
    expect(await callFlight(open.url, { command: RATING, messages: [whole] })).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      details: expect.stringContaining('larger than max'),
    });
  });
});

test("the columns of a view's source are those that a push has", async () => {
  const { code, messages } = await callFlight(open.url, { command: columnsOf('user_recent_file') });
  expect([code, messages.length]).toEqual(['OK', 2]);
});

test('HTTP is answered on the same port meanwhile', async () => {
  const [flight, http] = await Promise.all([
    callFlight(open.url, { command: columnsOf('user_recent_file') }),
    open.call<string>('GET', '/feature_store.yaml'),
  ]);
  expect(flight.code).toBe('OK');
  const metrics = await open.call<string>('GET', '/metrics');
  expect(metrics.body).toMatch(
    /http_requests_total\{method="FLIGHT",route="get_table_column_names_and_types_from_data_source",status="OK"[^}]*\} \d/,
  );
  const { port, hostname } = new URL(open.url);
  expect(http.body).toContain(`offline_store:\n  type: remote\n  scheme: http\n  host: "${hostname}"\n  port: ${port}\n`);
});
