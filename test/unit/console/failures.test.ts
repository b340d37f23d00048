import { expect, test } from '@jest/globals';
import { Away, isMissing, Refused, saidOnce } from '../../../console/api/failures.ts';
import { isRunId } from '../../../console/pages/experiments/runId.ts';
import { invalid } from '../../../contracts/failures.ts';

test('a refusal says each thing once', () => {
  const one = invalid('path.version', 'a version number such as 3'); // as the API says it
  expect(saidOnce(new Refused(422, one.message, one.errors))).toEqual({ message: one.message, errors: [] });
  const errors = ['first', 'second'].map((field) => ({ field, message: `no ${field}` }));
  expect(saidOnce(new Refused(422, 'first: no first; second: no second', errors))).toEqual({ message: '', errors });
  expect(saidOnce(new Refused(409, 'it has begun', errors))).toEqual({ message: 'it has begun', errors });
  expect(saidOnce(new Refused(404, 'no model x'))).toEqual({ message: 'no model x', errors: [] });
});

test('what is not there is told from what is refused or away', () => {
  expect([new Refused(404, ''), new Refused(422, ''), new Away('')].map(isMissing)).toEqual([true, false, false]);
  expect(['a'.repeat(32), 'nope', 'A'.repeat(32), ''].map(isRunId)).toEqual([true, false, false, false]);
});
