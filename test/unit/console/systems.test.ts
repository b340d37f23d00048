import { expect, test } from '@jest/globals';
import { nineOf } from '../../../console/systems.ts';
import type { PlatformState } from '../../../contracts/system.ts';
import { SYSTEM_NAMES, SYSTEM_PARTS } from '../../../contracts/systemCheck.ts';

type State = PlatformState['systems'][number]['state'];
const statesWith = (given: Readonly<Record<string, State>>) =>
  SYSTEM_PARTS.map((part) => ({
    ...{ system: SYSTEM_NAMES[part], part, state: given[part] ?? ('ok' as const), lacks: [], answer: '', is_live: true, told_at: null },
  }));

test('there are nine systems, and what is worse of both that monitoring is made of stands for it', () => {
  const monitoring = (given: Readonly<Record<string, State>>) => nineOf(statesWith(given))[7];
  expect(nineOf(statesWith({})).map(({ system }) => system[0])).toEqual([...'123456789']);
  expect(monitoring({ prometheus: 'failed' })).toMatchObject({ part: 'prometheus', state: 'failed' });
  expect(monitoring({ grafana: 'failed' })).toMatchObject({ part: 'grafana', state: 'failed' });
  expect(monitoring({ grafana: 'absent' })).toMatchObject({ part: 'prometheus', state: 'ok' });
  expect(monitoring({ prometheus: 'absent', grafana: 'unknown' })).toMatchObject({ state: 'unknown' });
});
