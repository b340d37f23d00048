import { expect, test } from '@jest/globals';
import { readPageToken, writePageToken } from '../../../api/mlflow/pages.ts';
import type { Kind } from '../../../domain/registry/search.ts';

const read = (kind: Kind, place: string) => readPageToken(writePageToken('query', [place]), 'query', [kind]);

test.each<[Kind, string[]]>([
  ['text', ['', 'ünï', "'; drop table runs"]],
  ['bigint', ['0', '-7', '9'.repeat(18)]],
  ['float8', ['0', '-0', '1.5', '1e-07', '-1.7976931348623157e+308', '5e-324', 'Infinity', '-Infinity']],
  [
    'timestamptz',
    [
      '2026-11-23T22:55:00.123Z',
      '2026-11-23 22:55:00.123456+00',
      '2026-11-23 22:55:00+05:30',
      '0001-01-01 00:00:00+00',
      '55840-01-01 00:00:00+00', // microseconds that a client logged as milliseconds
      '275760-09-12 23:59:59+00',
    ],
  ],
])('a place that is of kind %s, as Postgres writes it, is read', (kind, places) => {
  for (const place of places) expect([place, read(kind, place)]).toEqual([place, [place]]);
});

test.each<[Kind, string[]]>([
  ['text', ['a\0b']],
  ['bigint', ['', '1.5', '0x10', '9'.repeat(19), ' 1', '٣']],
  ['float8', ['', 'x', 'NaN', '0x10', '0b1', ' 1', '1_0', '1e400', '1e-400', '.5', '9'.repeat(400)]],
  [
    'timestamptz',
    [
      '',
      '2026-02-30 00:00:00+00',
      '2026-13-01 00:00:00+00',
      '0000-01-01 00:00:00+00',
      '002026-01-01 00:00:00+00',
      '275760-09-14 00:00:00+00',
      '999999-01-01 00:00:00+00',
      '2026-01-01 00:00:00+99',
      '2026-01-01 24:30:00+00',
      '2026-01-01 00:00:00.1234567+00',
      '2026-01-01 00:00:00+00 BC',
      'now',
    ],
  ],
])('a place that Postgres would refuse as %s is no place', (kind, places) => {
  for (const place of places) expect(() => read(kind, place)).toThrow('Invalid page token, could not be decoded');
});
