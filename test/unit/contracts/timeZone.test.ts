import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inZone, spanIn, zoneNamed } from '../../../contracts/timeZone.ts';

test.each([
  ['Asia/Seoul', 'Asia/Seoul'],
  ['europe/berlin', 'Europe/Berlin'],
  ['utc', 'UTC'],
  ['US/Pacific', 'US/Pacific'], // an older name stays
  ['+09:00', undefined],
  ['Mars/Olympus', undefined],
  ['', undefined],
])('%j is the zone %s', (name, zone) => {
  expect(zoneNamed(name)).toBe(zone);
});

test.each([
  ['2026-03-29T00:59:59.000Z', 'Europe/Berlin', '2026-03-29T01:59:59+01:00'],
  ['2026-03-29T01:00:00.000Z', 'Europe/Berlin', '2026-03-29T03:00:00+02:00'], // summer time begins
  ['2026-10-25T01:00:00.000Z', 'Europe/Berlin', '2026-10-25T02:00:00+01:00'], // and ends
  ['2026-01-01T00:00:00.000Z', 'Asia/Kathmandu', '2026-01-01T05:45:00+05:45'],
  ['2026-01-01T00:00:00.000Z', 'America/New_York', '2025-12-31T19:00:00-05:00'],
  ['2026-01-01T00:00:00.123Z', 'UTC', '2026-01-01T00:00:00+00:00'],
])('%s in %s is %s', (time, zone, local) => {
  expect(inZone(time, zone)).toBe(local);
});

test('a moment told in whichever zone is the same moment', () => {
  const zones = fc.constantFrom('UTC', 'Asia/Seoul', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Kiritimati', 'Australia/Lord_Howe');
  const seconds = fc.integer({ min: Date.UTC(1971, 0) / 1_000, max: Date.UTC(2100, 0) / 1_000 });
  fc.assert(fc.property(seconds, zones, (at, zone) => Date.parse(inZone(new Date(at * 1_000).toISOString(), zone)) === at * 1_000));
});

describe('the span of a backfill', () => {
  test.each([
    ['UTC', '2026-01-01', '2026-01-31', '2026-01-01T00:00:00Z', '2026-01-31T23:59:59.999Z'],
    ['Asia/Seoul', '2026-01-01', '2026-01-01', '2025-12-31T15:00:00Z', '2026-01-01T14:59:59.999Z'],
    ['Europe/Berlin', '2026-03-29', '2026-03-29', '2026-03-28T23:00:00Z', '2026-03-29T21:59:59.999Z'], // a day of 23 hours
    ['Europe/Berlin', '2026-10-25', '2026-10-25', '2026-10-24T22:00:00Z', '2026-10-25T22:59:59.999Z'], // and one of 25
    ['America/Havana', '2026-11-01', '2026-11-01', '2026-11-01T04:00:00Z', '2026-11-02T04:59:59.999Z'], // midnight comes twice
    ['Africa/Cairo', '2026-04-24', '2026-04-24', '2026-04-23T22:00:00Z', '2026-04-24T20:59:59.999Z'], // it begins at one o'clock
    ['Asia/Seoul', '2026-01-01T03:00:00', '2026-01-01T03:00:00Z', '2025-12-31T18:00:00Z', '2026-01-01T03:00:00Z'],
    ['UTC', '2026-01-01 03:00+0900', '2026-01-01T03:00:00.5Z', '2025-12-31T18:00:00Z', '2026-01-01T03:00:00.500Z'],
  ])('in %s, from %s to %s, begins at %s and ends at %s', (zone, start, end, from, to) => {
    expect(spanIn({ start, end }, zone)).toEqual({ start: from, end: to });
  });
});
