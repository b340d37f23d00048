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

/** `0.4 s`, `12.3 s`, `3 m 05 s`, `2 h 07 m`, `3 d 02 h` */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const units = [
    { large: 86_400, small: 3_600, names: ['d', 'h'] },
    { large: 3_600, small: 60, names: ['h', 'm'] },
    { large: 60, small: 1, names: ['m', 's'] },
  ] as const;
  const { large, small, names } = units.find((unit) => seconds >= unit.large) ?? units[2];
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${names[0]} ${String(rest).padStart(2, '0')} ${names[1]}`;
}

/** Time between two moments; up to now while there is no end, nothing while there is no start. */
export function elapsedText(startedAt: string | null, endedAt: string | null): string {
  if (!startedAt) return '';
  return durationText(((endedAt ? Date.parse(endedAt) : Date.now()) - Date.parse(startedAt)) / 1000);
}

/** Four significant digits: metrics are compared, not computed with. */
export const numberText = (value: number): string => String(Number(value.toPrecision(4)));
