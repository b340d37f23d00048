import { describe, expect, test } from '@jest/globals';
import { compare } from '../../../bench/chaosCheck.ts';

/** Events of one user in this order, or of the user that is named: `2`, `b1`. */
const found = (...events: string[]) =>
  events.map((name) => {
    const [, user = '', nth = ''] = /^([a-z]?)(\d+)/.exec(name)!;
    return { id: name, user: user || 'a', nth: Number(nth) };
  });
const all = ['1', '2', '3'];
const NOTHING = { lost: new Set(), doubled: new Set(), outOfOrder: new Set(), repeatedMessages: 0, unacknowledged: 0 };

describe('what became of acknowledged events', () => {
  test('all is well where each is recorded and sent once, in the order of its user', () => {
    const both = found('1', 'b1', '2', '3', 'b2');
    expect(compare({ acknowledged: [...all, 'b1', 'b2'], recorded: both, sent: found('b1', '1', 'b2', '2', '3') })).toEqual(NOTHING);
  });

  test('a message that comes again is counted, and is in order where it was first', () => {
    expect(compare({ acknowledged: all, recorded: found(...all), sent: found('1', '2', '1', '2', '3') })).toEqual({
      ...NOTHING,
      repeatedMessages: 2,
    });
  });

  test('one that is not recorded is lost, and so is one that is not on the topic', () => {
    expect(compare({ acknowledged: all, recorded: found('1', '3'), sent: found('1', '2') }).lost).toEqual(new Set(['2', '3']));
  });

  test('one that is recorded again under another id is doubled', () => {
    const { doubled, unacknowledged } = compare({ acknowledged: all, recorded: found('1', '2', '2 again', '3'), sent: found(...all) });
    expect({ doubled, unacknowledged }).toEqual({ doubled: new Set(['2 again']), unacknowledged: 1 });
  });

  test('one behind a later one of its user is out of order, recorded or sent', () => {
    expect(compare({ acknowledged: all, recorded: found('2', '1', '3'), sent: found('1', '3', '2') }).outOfOrder).toEqual(
      new Set(['1', '2']),
    );
  });
});
