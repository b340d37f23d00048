import type { PlatformState } from '../contracts/system.ts';

type SystemState = PlatformState['systems'][number];

/** Of two that are one system, such as both of monitoring, the one that says more stands for it. */
const FIRST = ['failed', 'unwell', 'ok', 'unknown', 'absent'] as const satisfies readonly SystemState['state'][];

/** The nine, in the guide's order. */
export function nineOf(systems: readonly SystemState[]): readonly SystemState[] {
  const rank = ({ state }: SystemState) => FIRST.indexOf(state);
  const names = [...new Set(systems.map(({ system }) => system))];
  return names.map((name) => systems.filter(({ system }) => system === name).sort((a, b) => rank(a) - rank(b))[0]!);
}
