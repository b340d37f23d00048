import { expect, test } from '@jest/globals';
import { nameOf, pathOf, rateBetween, scaleOf, valueAt } from '../../../console/chart.ts';
import { measuredText } from '../../../console/format.ts';

const line = (...values: readonly number[]) => ({ name: 'a', points: values.map((value, nth) => [100 + 5 * nth, value] as const) });

test('a scale begins at 0, or below what is below it, and ends at a round number above all', () => {
  expect(scaleOf([line(0.2, 3.7), line(1)])).toEqual({ low: 0, high: 4 });
  expect(scaleOf([line(-12, 5)])).toEqual({ low: -15, high: 5 });
  expect(scaleOf([line(0, 0)])).toEqual({ low: 0, high: 1 });
  expect(scaleOf([])).toEqual({ low: 0, high: 1 });
});

test('a line is broken where nothing was measured', () => {
  const span = { from: 100, until: 200 };
  const points = [
    [100, 0],
    [105, 1],
    [150, 1],
  ] as const;
  expect(pathOf(points, span, { low: 0, high: 1 }, 5)).toBe('M0 160L30 0M300 0h0'); // what stands alone is a dot
});

test('what is pointed at is the value nearest to it, and none where there is none near', () => {
  expect(valueAt(line(1, 2, 3), 106, 5)).toBe(2);
  expect(valueAt(line(1, 2, 3), 130, 5)).toBeUndefined();
});

test('a series is called as its panel says, else by all of its labels', () => {
  expect(nameOf({ __name__: 'up', job: 'mlops', service: 'api' }, '{{service}} {{pool}}')).toBe('api');
  expect(nameOf({ __name__: 'up', job: 'mlops' })).toBe('up{job="mlops"}');
  expect(nameOf({})).toBe('value');
});

test('a total that begins anew has grown from 0', () => {
  expect([rateBetween([0, 10], [5, 20]), rateBetween([0, 10], [5, 5])]).toEqual([2, 1]);
});

test('a measured value is told in its unit', () => {
  const said = (value: number, unit?: string) => measuredText(value, unit, 'en');
  expect([said(0.0123, 'percentunit'), said(12.34, 'percent'), said(0.0042, 's'), said(75, 's')]).toEqual([
    '1.23 %',
    '12.3 %',
    '4.2 ms',
    '1 m 15 s',
  ]);
  expect([said(0, 'bytes'), said(1_234_567, 'bytes'), said(2_000, 'Bps'), said(3.14159, 'reqps'), said(3)]).toEqual([
    '0 B',
    '1.23 MB',
    '2 kB/s',
    '3.14/s',
    '3',
  ]);
});
