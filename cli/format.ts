import { durationText } from '../client/index.ts';
import type { RunState, StepState } from '../contracts/runs.ts';
import { inZone } from '../contracts/timeZone.ts';
import type { BytesText } from '../contracts/topics.ts';
import { paint, type Colour, type Terminal } from './terminal.ts';

const STATE_COLOURS: Partial<Record<RunState | StepState, Colour>> = {
  success: 'green',
  failed: 'red',
  lost: 'red',
  cancelled: 'yellow',
  running: 'cyan',
};
export const stateText = (terminal: Terminal, state: RunState | StepState): string => paint(terminal, STATE_COLOURS[state], state);

/** `2026-11-23 22:55:39` by the clocks of whoever reads it; nothing where there is no time yet. `withZone` says where those clocks are. */
export const timeText = ({ timeZone = 'UTC' }: Terminal, time: string | null): string =>
  time === null ? '' : inZone(time, timeZone).slice(0, 19).replace('T', ' ');

/** A text with times in it, and their zone where a person reads it. */
export const withZone = ({ timeZone }: Terminal, text: string): string => (timeZone ? `${text}\n(times in ${timeZone})` : text);

/** Time between two moments; up to now while there is no end, nothing while there is no start. */
export function elapsedText(startedAt: string | null, endedAt: string | null): string {
  if (!startedAt) return '';
  return durationText(((endedAt ? Date.parse(endedAt) : Date.now()) - Date.parse(startedAt)) / 1000);
}

/** Bytes of a message, as text where they are some. */
export const bytesText = (bytes: BytesText): string =>
  bytes === null ? '-' : typeof bytes === 'string' ? bytes : `base64 ${bytes.base64}`;
