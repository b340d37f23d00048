import type { SystemCheck } from '../contracts/systemCheck.ts';
import { paint, table, type Terminal } from './terminal.ts';

const STATE_COLOURS = { ok: 'green', failed: 'red', absent: 'yellow' } as const;

/** What each of the nine systems answered. */
export const renderCheck = (terminal: Terminal, systems: readonly SystemCheck[]): string =>
  table(
    terminal,
    [{ head: 'SYSTEM' }, { head: '' }, { head: 'MS', align: 'right' }, { head: 'ASKED' }, { head: 'ANSWER' }],
    systems.map(({ system, state, ms, asked, answer }) => [
      system,
      paint(terminal, STATE_COLOURS[state], state),
      String(ms),
      asked,
      answer,
    ]),
  );
