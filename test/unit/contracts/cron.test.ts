import { describe, expect, test } from '@jest/globals';
import { cronLineSchema, intervalOfLine, lineOfInterval, parseInterval } from '../../../contracts/cron.ts';
import { backfillBodySchema, putScheduleBodySchema } from '../../../contracts/schedules.ts';

const faultOf = (line: string) => cronLineSchema.safeParse(line).error?.issues[0]?.message;

test.each([
  ...[
    '0 3 * * *',
    '5/20 */6 1,15 jan-JUN MON-FRI',
    '0 3 ? * 7',
    '0 3 * * SUNDAY',
    '0 3 29 2 * 2028',
    '15 0 3 * * * 2027-2030/2',
    '15 0 3 * * * *',
  ],
  ...['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@quarterly', '@yearly', '@annually', '@every 2h', '@every 7200s/600s'],
])('%s is a line', (line) => {
  expect(faultOf(line)).toBeUndefined();
});

test.each([
  ['61 3 * * *', '61 is no minute: 0 to 59'],
  ['0 24 * * *', '24 is no hour'],
  ['0 3 0 * *', '0 is no day of the month'],
  ['0 3 * foo *', 'foo is no month: 1 to 12, jan to dec'],
  ['0 3 * * 8', '8 is no day of the week'],
  ['0 3 * * 5-1', '5-1 is no day of the week'],
  ['*/0 3 * * *', '*/0 is no minute'],
  ['0 0 3 * * *', 'the sixth field is a year'], // seconds first, elsewhere
  ['every night', 'five fields'],
  ['0 3 * * * # late', 'is no'],
  ['0 3 * *', '@quarterly'],
  ['@once', '@quarterly'],
  ['@every 2h/3h', 'an interval'],
  ['@every 1h30m', 'an interval'],
])('%s is none, and says which field is wrong', (line, words) => {
  expect(faultOf(line)).toContain(words);
});

test('an interval is told as Temporal reads one', () => {
  expect(parseInterval('2h/10m')).toEqual({ every_s: 7_200, offset_s: 600 });
  expect(lineOfInterval({ every_s: 3_600, offset_s: 0 })).toBe('@every 3600s');
  expect(intervalOfLine('@every 3600s/300s')).toEqual({ every_s: 3_600, offset_s: 300 });
  expect([parseInterval('2'), parseInterval('0s'), parseInterval('1h/1h'), parseInterval('1h/1m/1s'), parseInterval('')]).toEqual(
    Array(5).fill(undefined),
  );
});

describe('a schedule that is put', () => {
  const read = (times: object) => putScheduleBodySchema.safeParse({ workflow: 'movieDataCollection', ...times });
  const faults = (times: object) => read(times).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

  test('has its times as a line, several, intervals or calendars', () => {
    expect(read({ cron: '@daily' }).data).toMatchObject({ cron: ['@daily'], intervals: [], calendars: [], timezone: 'UTC' });
    expect(read({ cron: ['0 3 * * *', '@every 1h'], timezone: 'asia/seoul' }).data).toMatchObject({
      cron: ['0 3 * * *', '@every 1h'],
      timezone: 'Asia/Seoul',
    });
    expect(read({ intervals: [{ every_s: 60 }] }).data).toMatchObject({ intervals: [{ every_s: 60, offset_s: 0 }] });
    const friday = { second: '0', minute: '5', hour: '0', day_of_month: '*', month: '*', day_of_week: 'FRI', year: '*' };
    expect(read({ calendars: [{ minute: '5', day_of_week: 'FRI' }] }).data).toMatchObject({ calendars: [friday] });
  });

  test.each([
    [{}, 'cron: say when'],
    [{ cron: [] }, 'cron: say when'],
    [{ cron: '61 3 * * *' }, 'cron: 61 is no minute'],
    [{ cron: ['0 3 * * *', '0 25 * * *'] }, 'cron.1: 25 is no hour'],
    [{ cron: 3 }, 'cron: a line, or a list of lines'],
    [{ intervals: [{ every_s: 60, offset_s: 60 }] }, 'intervals.0.offset_s: must be less'],
    [{ calendars: [{ hour: '24' }] }, 'calendars.0.hour: 24 is no hour'],
    [{ cron: '@daily', timezone: '+09:00' }, 'timezone: +09:00 is no time zone'],
    [{ cron: '@daily', timezone: 'Seoul' }, 'timezone: Seoul is no time zone; did you mean Asia/Seoul?'],
  ])('%j: %s', (times, fault) => {
    expect(faults(times)).toEqual([expect.stringContaining(fault)]);
  });
});

test.each([
  [{ start: '2026-02-30', end: '2026-03-01' }, 'start'],
  [{ start: '2026-02-01', end: '2026-02-30T00:00:00Z' }, 'end'],
])('of a backfill of %j the field whose day does not exist is named, and no other', (span, field) => {
  expect(backfillBodySchema.safeParse(span).error?.issues.map(({ path }) => path)).toEqual([[field]]);
});
