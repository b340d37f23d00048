import { progressText } from '../client/index.ts';
import type { RunDetail, RunStep } from '../contracts/runs.ts';
import { elapsedText } from './format.ts';
import { nowText } from './renderRun.ts';
import { unbroken, type Terminal } from './terminal.ts';

const ERASE_LINE = '\r\u001b[2K';

/**
 * Shows how a run goes on: one line for each change of a step and, where a person watches, one that lives at the bottom.
 * @param quiet for programs: only notes are shown
 */
export function createRunProgress(terminal: Terminal, { quiet }: { quiet: boolean }) {
  const seen = new Map<string, string>();
  const erase = () => terminal.live && terminal.err(ERASE_LINE);
  return {
    show(run: RunDetail): void {
      if (quiet) return;
      erase();
      for (const step of run.steps) {
        if (seen.get(attemptOf(step)) === step.state) continue;
        seen.set(attemptOf(step), step.state);
        terminal.err(`${changeText(step)}\n`);
      }
      if (terminal.live) terminal.err(liveText(run).slice(0, terminal.columns - 1));
    },
    note(text: string): void {
      erase();
      terminal.err(`${text}\n`);
    },
    end: erase,
  };
}

const nameOf = ({ step, subject, part }: RunStep) => [step, subject, part].filter(Boolean).join(' ');
const attemptOf = (step: RunStep) => `${nameOf(step)} ${step.attempt}`;

function changeText(step: RunStep): string {
  const attempt = step.attempt > 1 ? ` (attempt ${step.attempt})` : '';
  const took = step.ended_at ? ` in ${elapsedText(step.started_at, step.ended_at)}` : '';
  return `  ${nameOf(step)}${attempt}: ${step.state}${took}${step.error ? `: ${unbroken(step.error)}` : ''}`;
}

function liveText(run: RunDetail): string {
  const running = run.steps
    .filter(({ state }) => state === 'running')
    .map((step) => [nameOf(step), progressText(step.progress)].filter(Boolean).join(' '));
  const waiting = running.length === 0 ? run.now.slice(0, 1).map(nowText) : [];
  return [elapsedText(run.started_at, run.ended_at), ...running, ...waiting].join(' · ');
}
