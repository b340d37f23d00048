import { Option, type Command } from 'commander';
import type { StartableWorkflow } from '../contracts/workflows.ts';
import { EXIT } from './failure.ts';
import { createRunProgress } from './progress.ts';
import { renderResult, renderRunDetail } from './renderRun.ts';
import type { Outcome, Session } from './session.ts';
import { waitForRun } from './waitForRun.ts';

export interface StartOptions {
  readonly run?: string;
  readonly wait: boolean;
}

export interface StartRun {
  readonly workflow: StartableWorkflow;
  readonly input: Record<string, unknown>;
}

/** What every command that starts a run can be told. */
export const withStartOptions = (command: Command): Command =>
  command
    .option('--run <name>', "the run's own name; made from the time when missing")
    .addOption(new Option('--no-wait', 'end as soon as the run has started'));

/** Starts a run and, unless told otherwise, sees it through. */
export async function startRun({ api, terminal, json }: Session, { run, wait }: StartOptions, request: StartRun): Promise<Outcome> {
  const started = await api.runs.start({ body: { ...request, run } });
  if (!wait) return { json: started, text: `${started.run_id} has started; \`mlops show ${started.run_id}\` tells how it goes.` };
  if (!json) terminal.err(`${started.run_id} has started; Ctrl-C leaves it running\n`);
  const ended = await waitForRun(api, started.run_id, createRunProgress(terminal, { quiet: json }));
  const succeeded = ended.state === 'success';
  const text = succeeded
    ? renderResult(terminal, ended.result, api.models.reportPage).join('\n')
    : renderRunDetail(terminal, ended, api.models.reportPage);
  return { json: ended, text, ...(!succeeded && { exitCode: EXIT.failed }) };
}
