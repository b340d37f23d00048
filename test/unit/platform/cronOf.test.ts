import { describe, expect, test } from '@jest/globals';
import { cronOf, type Calendar } from '../../../platform/temporal/cronOf.ts';

const ALL = {
  second: [{ start: 0, end: 0, step: 1 }],
  minute: [{ start: 0, end: 59, step: 1 }],
  hour: [{ start: 0, end: 23, step: 1 }],
  dayOfMonth: [{ start: 1, end: 31, step: 1 }],
  month: [{ start: 1, end: 12, step: 1 }],
  dayOfWeek: [{ start: 0, end: 6, step: 1 }],
  year: [],
} satisfies Calendar;
const at = (start: number, end = start, step = 1) => [{ start, end, step }];

describe('a schedule that was edited in Temporal is told as a cron line', () => {
  test.each<[string, Calendar]>([
    ['* * * * *', {}],
    ['30 4 * * *', { minute: at(30), hour: at(4) }],
    ['0 3 1-5 * *', { minute: at(0), hour: at(3), dayOfMonth: at(1, 5) }],
    ['*/10 * * * *', { minute: at(0, 59, 10) }],
    ['5-35/10,50 * * 6 1-5', { minute: [...at(5, 35, 10), ...at(50)], month: at(6), dayOfWeek: at(1, 5) }],
    ['0 3 * * 0', { minute: [{ start: 0, end: 0, step: 0 }], hour: [{ start: 3, end: 0, step: 0 }], dayOfWeek: [{}] }],
    ['0 3 * * * 2027', { minute: at(0), hour: at(3), year: at(2027) }],
    ['15 0 3 * * * *', { second: at(15), minute: at(0), hour: at(3) }],
  ])('%s', (line, calendar) => expect(cronOf({ ...ALL, ...calendar })).toBe(line));

  test('and not as the line that it once had', () => {
    expect(cronOf({ ...ALL, minute: at(30), hour: at(4), comment: '0 3 * * *' })).toBe('30 4 * * *');
    expect(cronOf({ ...ALL, minute: at(0), hour: at(3), comment: 'at night, for Kim' })).toBe('0 3 * * *');
  });
});

test.each<[string, Calendar]>([
  ['0 3 * * MON-FRI', { minute: at(0), hour: at(3), dayOfWeek: at(1, 5) }],
  ['0 3 ? JAN,7 7', { minute: at(0), hour: at(3), month: [...at(1), ...at(7)], dayOfWeek: at(0) }],
  ['@daily', { minute: at(0), hour: at(0) }],
  ['@quarterly', { minute: at(0), hour: at(0), dayOfMonth: at(1), month: at(1, 12, 3) }],
  ['5/20 */6 * * *', { minute: at(5, 59, 20), hour: at(0, 23, 6) }],
])('the line %s that it was made from stays as it was written', (comment, calendar) => {
  expect(cronOf({ ...ALL, ...calendar, comment })).toBe(comment);
});
