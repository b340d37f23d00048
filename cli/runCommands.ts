import type { Command } from 'commander';
import type { z } from 'zod';
import { RUN_STATES } from '../contracts/runs.ts';
import type { runs } from '../contracts/endpoints/runs.ts';
import { STARTABLE_WORKFLOWS } from '../contracts/workflows.ts';
import { EXIT } from './failure.ts';
import { createRunProgress } from './progress.ts';
import { renderLog, renderRunDetail, renderRuns } from './renderRun.ts';
import { runParamsOf } from './runParamsOf.ts';
import type { Perform } from './session.ts';
import { waitForRun } from './waitForRun.ts';

const RUN_ARGUMENT = 'id of the run, such as training/2026-11-23-a1';
const MAX_LINES = 1_000;

/** As a person typed them; the API says which are none. */
type ListQuery = z.input<typeof runs.list.query>;

/** `runs`, `show` and `cancel`: what the run ledger knows. */
export function addRunCommands(program: Command, perform: Perform): void {
  program
    .command('runs')
    .description('List runs, newest first')
    .option('--workflow <name>', `such as ${STARTABLE_WORKFLOWS.join(', ')}`)
    .option('--state <state>', `one of ${RUN_STATES.join(', ')}`)
    .option('--step <step>', 'that did this step, such as bring_online')
    .option('--part <part>', 'and this part of it, such as movie_features')
    .option('--limit <n>', 'at most so many')
    .action(({ workflow, state, step, part, limit }: ListQuery, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const page = await api.runs.list({ query: { workflow, state, step, part, limit } });
        const more = page.next_cursor ? '\nThere are older runs; --limit shows more.' : '';
        return { json: page, text: renderRuns(terminal, page.runs) + more };
      }),
    );

  program
    .command('show')
    .description('Show a run: its steps with their attempts and times, and what came of it; a run under way is waited for with --follow')
    .argument('<run>', RUN_ARGUMENT)
    .option('-f, --follow', 'wait until the run has ended')
    .option('--logs', "show the log lines of the run's steps")
    .action((run: string, { follow, logs }: { follow?: boolean; logs?: boolean }, command: Command) =>
      perform(command, async ({ api, terminal, json }) => {
        const params = runParamsOf(run);
        if (logs) {
          const { lines } = await api.runs.logs({ params, query: { limit: MAX_LINES } });
          return { json: { lines }, text: renderLog(terminal, lines) };
        }
        const detail = follow ? await waitForRun(api, run, createRunProgress(terminal, { quiet: json })) : await api.runs.get({ params });
        const failed = follow && detail.state !== 'success';
        return { json: detail, text: renderRunDetail(terminal, detail, api.models.reportPage), ...(failed && { exitCode: EXIT.failed }) };
      }),
    );

  program
    .command('retry')
    .description('Set a run back to before a step: it goes on from there')
    .argument('<run>', RUN_ARGUMENT)
    .argument('<step>', 'Such as train_movie_model')
    .option('--subject <model>', 'Of a run that makes several models: which one; all of them when missing')
    .option('--part <part>', 'Of a step that is done in parts: which one; all of them when missing')
    .action((run: string, step: string, { subject, part }: { subject?: string; part?: string }, command: Command) =>
      perform(command, async ({ api }) => {
        const body = { step, ...(subject !== undefined && { subject }), ...(part !== undefined && { part }) };
        const set = await api.runs.retry({ params: runParamsOf(run), body });
        return { json: set, text: `${set.run_id} goes on from ${step}.` };
      }),
    );

  program
    .command('cancel')
    .description('Ask a run to stop')
    .argument('<run>', RUN_ARGUMENT)
    .action((run: string, _options: unknown, command: Command) =>
      perform(command, async ({ api }) => {
        const asked = await api.runs.cancel({ params: runParamsOf(run) });
        return { json: asked, text: `${asked.run_id} has been asked to stop.` };
      }),
    );
}
