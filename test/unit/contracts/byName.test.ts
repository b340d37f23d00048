import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { byName } from '../../../contracts/byName.ts';

test('every name has its value, also one that every object has of itself', () => {
  const sent: unknown = JSON.parse('{"__proto__":"a","constructor":"b","lr":"c"}');
  const read = byName(z.string()).parse(sent);
  expect(Object.entries(read).sort()).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['lr', 'c'],
  ]);
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
});

test('a value of another type is refused, and so is what has no names', () => {
  for (const sent of [JSON.parse('{"__proto__":1}') as unknown, { a: 1 }, null, 'text', undefined])
    expect(byName(z.string()).safeParse(sent)).toMatchObject({ success: false });
});

test('it is described as a record', () => {
  expect(z.toJSONSchema(byName(z.string()))).toMatchObject({ type: 'object', additionalProperties: { type: 'string' } });
});
