import { expect, test } from '@jest/globals';
import { agoText, commandText, durationText, endsText, measuredText, numberText, timeText } from '../../../console/format.ts';
import { nextWaitMs } from '../../../console/api/waits.ts';
import { hueOf, isSameList, moveOf } from '../../../console/ranks.ts';
import { match } from '../../../console/match.ts';

test('a length of time has two units at most, and none is negative', () => {
  const lengths = [420, 12_300, 185_000, 7_620_000, 266_400_000, -5];
  expect(lengths.map((ms) => durationText(ms, 'ko'))).toEqual(['0.4초', '12초', '3분 05초', '2시간 07분', '3일 02시간', '0.0초']);
  expect(lengths.map((ms) => durationText(ms, 'en'))).toEqual(['0.4 s', '12 s', '3 m 05 s', '2 h 07 m', '3 d 02 h', '0.0 s']);
});

test('a whole number is whole, another has four digits, and a tiny one its power of ten', () => {
  const said = (value: number) => numberText(value, 'en');
  expect([100_836, 2_018, 12_345.678, 0.081_234_56, 1.2e-7, 0].map(said)).toEqual(['100,836', '2018', '12,346', '0.08123', '1.2e-7', '0']);
});

test('a measured value without a unit is no coarser than any other', () => {
  expect([2_018, 100_836, 12_345.6, 0.5].map((value) => measuredText(value, undefined, 'en'))).toEqual([
    '2018',
    '100,836',
    '12,346',
    '0.5',
  ]);
  expect(measuredText(0.123_45, 'percentunit', 'en')).toBe('12.3 %');
});

test("a graph's ends are clocks within a day, else days, with the year where it is another than ours", () => {
  const now = Date.parse('2026-11-30T06:00:00Z');
  const ends = (from: string, until: string) =>
    endsText({ from: Date.parse(from) / 1_000, until: Date.parse(until) / 1_000 }, now, 'en-GB', 'UTC');
  expect(ends('2026-11-30T05:00:00Z', '2026-11-30T06:00:00Z')).toEqual(['05:00', '06:00']);
  expect(ends('2026-11-20T05:00:00Z', '2026-11-30T06:00:00Z')).toEqual(['20 Nov, 05', '30 Nov, 06']);
  expect(ends('2017-11-24T10:00:00Z', '2018-10-25T00:00:00Z')).toEqual(['24 Nov 2017', '25 Oct 2018']);
});

test('a moment is told from now, and by the clocks of the reader', () => {
  const now = Date.parse('2026-11-30T06:00:00Z');
  expect(agoText('2026-11-30T05:57:00Z', now, 'en')).toBe('3 min. ago');
  expect(agoText('2026-11-30T09:00:00Z', now, 'ko')).toBe('3시간 후');
  expect(agoText('2018-09-24T00:00:00Z', now, 'en')).toBe('8 yr. ago');
  expect(timeText('2026-11-30T06:00:00Z', 'en-GB', 'Asia/Seoul')).toBe('30 Nov 2026, 15:00:00');
});

test('a command is what a shell takes for the same words', () => {
  expect(commandText('show', 'training/2026-11-30T03:00:00Z')).toBe('npx mlops show training/2026-11-30T03:00:00Z');
  expect(commandText('models', 'promote', 'ials', '3', '--description', "it's $HOME; rm")).toBe(
    `npx mlops models promote ials 3 --description 'it'\\''s $HOME; rm'`,
  );
});

test('who is away is asked ever more seldom, up to a quarter of a minute', () => {
  expect([0, 1, 2, 3, 4, 5, 30].map((failures) => nextWaitMs(3_000, failures))).toEqual([
    3_000, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
  ]);
});

test('a movie moves by its place in the list before, and has not moved where there was none', () => {
  expect(['a', 'b', 'c', 'd'].map((id, at) => moveOf(id, at, ['b', 'a', 'c']))).toEqual(['up', 'down', 'same', 'new']);
  expect(moveOf('a', 0, undefined)).toBe('same');
  expect([isSameList(['a'], ['a']), isSameList(['a'], ['b']), isSameList(['a'], ['a', 'b'])]).toEqual([true, false, false]);
  expect(hueOf('🎬 '.repeat(10_000))).toBe(hueOf('🎬 '.repeat(10_000)));
});

test('an address is of the first pattern that fits it whole, its parts decoded', () => {
  expect(match('/models/:name', '/models/a%2Fb')).toEqual({ name: 'a/b' });
  expect(match('/models/:name', '/models/a/versions/1')).toBeUndefined();
  expect(match('/', '/')).toEqual({});
  expect(match('/models/:name', '/models/%E0%A4%A')).toBeUndefined();
});
