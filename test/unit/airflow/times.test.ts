import { describe, expect, test } from '@jest/globals';
import { refuseUnserved } from '../../../api/airflow/filters.ts';
import { clearSchema, instanceFormSchema, listFormSchema, timesSchema, triggerSchema } from '../../../api/airflow/schemas.ts';

describe('a time in a query is read as Airflow reads it', () => {
  test.each([
    ['2026-01-01T00:00:00+09:00', '2025-12-31T15:00:00.000000Z'],
    ['2026-01-01T00:00:00 09:00', '2025-12-31T15:00:00.000000Z'], // the plus came unescaped
    ['2026-01-01T00:00 0900', '2025-12-31T15:00:00.000000Z'],
    ['2026-01-01T00:00:00.000001 00:00', '2026-01-01T00:00:00.000001Z'],
    ['2026-01-01T00:00:00', '2026-01-01T00:00:00.000000Z'],
    ['2026-01-01 09:00', '2026-01-01T09:00:00.000000Z'],
    ['2026-01-01', '2026-01-01T00:00:00.000000Z'],
    [' 2026-01-01T00:00:00Z ', '2026-01-01T00:00:00.000000Z'],
  ])('%j is %s', (text, time) => {
    expect(timesSchema.parse({ execution_date_gte: text })).toEqual({ execution_date_gte: time });
  });

  test.each(['noon', '2026-02-30', '2026-02-30T00:00:00Z', ''])('%j is none, and the field that holds it is named', (text) => {
    const { error } = timesSchema.safeParse({ start_date_gte: '2026-01-01', end_date_lte: text });
    expect(error?.issues.map(({ path }) => path)).toEqual([['end_date_lte']]);
  });
});

describe('a time in a body names its offset', () => {
  test.each([
    ['a run', triggerSchema, 'logical_date'],
    ['a batch of runs', listFormSchema, 'execution_date_gte'],
    ['a batch of task instances', instanceFormSchema, 'end_date_lte'],
    ['what is cleared', clearSchema, 'start_date'],
  ] as const)('of %s', (_what, schema, field) => {
    const read = (text: string) => schema.safeParse({ [field]: text });
    expect(read('2026-03-04T05:06:07.000001+02:00').data).toMatchObject({ [field]: '2026-03-04T03:06:07.000001Z' });
    const words = ['2026-03-04T05:06:07', '2026-03-04', '2026-02-30T00:00:00Z'].map((text) =>
      read(text).error?.issues.map(({ path, message }) => [path.join('.'), message]),
    );
    expect(words).toEqual([
      [[field, 'Naive datetime is disallowed']],
      [[field, 'Naive datetime is disallowed']],
      [[field, expect.stringContaining('is no time')]],
    ]);
  });
});

describe('a filter of Airflow that is not served is refused, by name', () => {
  test.each(['updated_at_gte', 'logical_date_lt', 'run_id_pattern', 'conf_contains', 'run_type', 'pool', 'map_index'])('%s', (name) => {
    expect(() => refuseUnserved({ limit: '5', [name]: 'x' }, ['state'])).toThrow(`The filter ${name} is not served here; there are state`);
  });

  test('what is served passes, and so does what Airflow has not', () => {
    refuseUnserved({ state: 'failed', limit: '5', order_by: 'id', fields: 'state', colour: 'blue' }, ['state']);
  });
});
