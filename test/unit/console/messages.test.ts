import { expect, test } from '@jest/globals';
import { bytesText, filterOf, leftBehind, readFilter, readValue } from '../../../console/pages/events/bytes.ts';

test('what is looked for comes back as it was chosen', () => {
  for (const [by, wanted] of [
    ['event', '019ad1c2-0000-7000-8000-000000000001'],
    ['user', 'user_id=of themselves'],
    ['text', 'interaction_type=like'],
    ['text', ''],
  ] as const)
    expect(readFilter(filterOf(by, wanted))).toEqual([by, wanted]);
  expect(filterOf('user', '')).toBe(''); // nobody in particular
});

test('how many messages are still to be looked at is told over all partitions', () => {
  const partitions = [
    { partition: 0, next_offset: 20 },
    { partition: 1, next_offset: 5 },
    { partition: 2, next_offset: 9 },
  ];
  expect(leftBehind('0:17,1:5,2:9', partitions)).toBe(3);
  expect(leftBehind('0:17,1:0,2:11', partitions)).toBe(8); // more came than the list of topics knows yet
  expect(leftBehind('', partitions)).toBe(0);
});

test('a value is shown as JSON where it is some, else as it is', () => {
  expect(readValue({ value: '{"user_id":"7"}' })).toEqual({ user_id: '7' });
  expect(readValue({ value: '<b>not JSON' })).toBe('<b>not JSON');
  expect(readValue({ value: { base64: 'AP8=' } })).toEqual({ base64: 'AP8=' });
  expect([bytesText(null), bytesText('k'), bytesText({ base64: 'AP8=' })]).toEqual(['–', 'k', 'AP8=']);
});
