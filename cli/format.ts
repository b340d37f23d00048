import { durationText } from '../client/index.ts';
import type { RunState, StepState } from '../contracts/runs.ts';
import { paint, type Colour, type Terminal } from './terminal.ts';

const STATE_COLOURS: Partial<Record<RunState | StepState, Colour>> = {
  success: 'green',
  failed: 'red',
  lost: 'red',
  cancelled: 'yellow',
  running: 'cyan',
};
export const stateText = (terminal: Terminal, state: RunState | StepState): string => paint(terminal, STATE_COLOURS[state], state);

/** `2026-11-23 22:55:39`, UTC as in run ids; nothing where there is no time yet. */
export const timeText = (time: string | null): string => time?.slice(0, 19).replace('T', ' ') ?? '';

/** Time between two moments; up to now while there is no end, nothing while there is no start. */
export function elapsedText(startedAt: string | null, endedAt: string | null): string {
  if (!startedAt) return '';
  return durationText(((endedAt ? Date.parse(endedAt) : Date.now()) - Date.parse(startedAt)) / 1000);
}
