import type { Command } from 'commander';
import type { z } from 'zod';
import { OVERLAP_POLICIES, type BackfillProgress, type putScheduleBodySchema, type Schedule } from '../contracts/schedules.ts';
import { STARTABLE_WORKFLOWS } from '../contracts/workflows.ts';
import { EXIT, Unusable } from './failure.ts';
import { timeText } from './format.ts';
import type { Outcome, Perform } from './session.ts';
import { table, type Terminal } from './terminal.ts';
import { waitForBackfill } from './waitForBackfill.ts';

const ID = 'id of the schedule; `mlops schedules list` shows them';

/** `schedules …`: when workflows start by themselves. */
export function addScheduleCommands(program: Command, perform: Perform): void {
  const schedules = program.command('schedules').description('List, create, pause, trigger, backfill and delete schedules');
  schedules
    .command('list')
    .description('List schedules with their next and latest runs')
    .action((_options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.schedules.list();
        return { json: answer, text: renderSchedules(terminal, answer.schedules) };
      }),
    );
  addCreate(schedules, perform);
  addChange(schedules, perform, 'pause', 'Pause a schedule', 'is paused');
  addChange(schedules, perform, 'unpause', 'Let a schedule go on', 'goes on');
  addChange(schedules, perform, 'trigger', 'Start a run now, or after the one that goes on', 'has been triggered');
  addBackfill(schedules, perform);
  schedules
    .command('delete')
    .description('Remove a schedule; its runs stay')
    .argument('<schedule>', ID)
    .action((id: string, _options: unknown, command: Command) =>
      perform(command, async ({ api }) => ({ json: await api.schedules.remove({ params: { schedule_id: id } }), text: `${id} is gone.` })),
    );
}

interface CreateOptions {
  readonly cron: string;
  readonly input?: string;
  readonly overlap?: string;
  readonly catchup?: string;
  readonly paused?: boolean;
  readonly note?: string;
}

function addCreate(schedules: Command, perform: Perform): void {
  schedules
    .command('create')
    .description('Create a schedule, or make the one of this id as given')
    .argument('<schedule>', 'its id')
    .argument('<workflow>', `one of ${STARTABLE_WORKFLOWS.join(', ')}`)
    .requiredOption('--cron <line>', 'five fields, UTC, such as "0 3 * * *"')
    .option('--input <json>', "the workflow's input")
    .option('--overlap <policy>', `what to do while a run goes on: ${OVERLAP_POLICIES.join(', ')}`)
    .option('--catchup <seconds>', 'after a down time, catch up on runs that were due within so many seconds')
    .option('--paused', 'create it paused')
    .option('--note <text>', 'why')
    .action((id: string, workflow: string, { input, catchup, ...options }: CreateOptions, command: Command) =>
      perform(command, async ({ api }) => {
        const asked = { ...options, ...(input && { input: parseJson(input) }), ...(catchup && { catchup_window_s: Number(catchup) }) };
        // As a person typed it; the API says what is wrong with it.
        const body = { workflow, ...asked } as z.input<typeof putScheduleBodySchema>;
        const schedule = await api.schedules.put({ params: { schedule_id: id }, body });
        return { json: schedule, text: `${id} runs ${schedule.workflow} next at ${timeText(schedule.next_runs[0] ?? null)}.` };
      }),
    );
}

function addChange(schedules: Command, perform: Perform, action: 'pause' | 'unpause' | 'trigger', description: string, done: string): void {
  const command = schedules.command(action).description(description).argument('<schedule>', ID);
  if (action !== 'trigger') command.option('--note <text>', 'why');
  command.action((id: string, { note }: { note?: string }, given: Command) =>
    perform(given, async ({ api }) => {
      const json = await api.schedules[action]({ params: { schedule_id: id }, ...(note && { body: { note } }) });
      return { json, text: `${id} ${done}.` };
    }),
  );
}

interface BackfillOptions {
  readonly start: string;
  readonly end: string;
  readonly max: string;
  readonly rerunFailed?: boolean;
  readonly run?: string;
  readonly wait: boolean;
}

function addBackfill(schedules: Command, perform: Perform): void {
  schedules
    .command('backfill')
    .description('Run what a schedule would have run in a span of time; a time that was run before is not run again')
    .argument('<schedule>', ID)
    .requiredOption('--start <time>', 'such as 2026-01-01 or 2026-01-01T03:00:00Z')
    .requiredOption('--end <time>', 'the last time that may be run')
    .option('--max <n>', 'runs at the same time, at most', '1')
    .option('--rerun-failed', 'run a time again whose run failed or was cancelled')
    .option('--run <name>', "the backfill's own name; made from the time when missing")
    .option('--no-wait', 'end as soon as the backfill has started')
    .action((id: string, { start, end, max, rerunFailed, run, wait }: BackfillOptions, command: Command) =>
      perform(command, async ({ api, terminal, json }) => {
        const span = { start: timeOf(start), end: timeOf(end) };
        const reprocess = rerunFailed ? ('failed' as const) : ('none' as const);
        const body = { ...span, max_concurrent: Number(max), reprocess, ...(run && { run }) };
        const { run_id } = await api.schedules.backfill({ params: { schedule_id: id }, body });
        if (!wait) return { json: { run_id }, text: `${run_id} has started; \`mlops show ${run_id}\` tells how it goes.` };
        if (!json) terminal.err(`${run_id} has started; Ctrl-C leaves it running\n`);
        return outcomeOf(await waitForBackfill(api, { scheduleId: id, runId: run_id }, terminal, { quiet: json }));
      }),
    );
}

function outcomeOf(backfill: BackfillProgress): Outcome {
  const { run_id, state, succeeded, failed, already_run, error } = backfill;
  const text = `${run_id} ${state}: ${succeeded} succeeded, ${failed} failed, ${already_run ?? 0} were run before${error ? `; ${error}` : ''}`;
  return { json: backfill, text, ...((state !== 'success' || failed > 0) && { exitCode: EXIT.failed }) };
}

function renderSchedules(terminal: Terminal, schedules: readonly Schedule[]): string {
  if (schedules.length === 0) return 'No schedules.';
  const columns = ['SCHEDULE', 'WORKFLOW', 'CRON', 'STATE', 'OVERLAP', 'NEXT', 'LATEST RUN'].map((head) => ({ head }));
  return table(
    terminal,
    columns,
    schedules.map(({ schedule_id, workflow, cron, paused, overlap, next_runs, recent_runs }) => [
      schedule_id,
      workflow,
      cron.join('; '),
      paused ? 'paused' : 'active',
      overlap,
      paused ? '' : timeText(next_runs[0] ?? null),
      recent_runs.at(-1)?.run_id ?? '',
    ]),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unusable(`--input ${text} is not JSON`);
  }
}

/** A day is its first moment, UTC. */
function timeOf(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new Unusable(`${text} is no time such as 2026-01-01 or 2026-01-01T03:00:00Z`);
  return time.toISOString();
}
