import type { Command } from 'commander';
import type { z } from 'zod';
import { parseInterval, type Interval } from '../contracts/cron.ts';
import { OVERLAP_POLICIES, type BackfillProgress, type putScheduleBodySchema, type Schedule } from '../contracts/schedules.ts';
import { STARTABLE_WORKFLOWS } from '../contracts/workflows.ts';
import { collect } from './collect.ts';
import { EXIT, Unusable } from './failure.ts';
import { timeText, withZone } from './format.ts';
import type { Outcome, Perform } from './session.ts';
import { table, type Terminal } from './terminal.ts';
import { timeOf } from './timeOf.ts';
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
  readonly cron?: string[];
  readonly every?: string[];
  readonly calendar?: string[];
  readonly timezone?: string;
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
    .option('--cron <line>', 'five fields, such as "0 3 * * *", or @daily and its kin; may be given several times', collect)
    .option('--every <interval>', 'such as 2h, or 2h/10m: ten minutes after every second hour, UTC', collect)
    .option('--calendar <json>', 'as those of Temporal, such as \'{"day_of_week":"FRI","hour":"17"}\'', collect)
    .option('--timezone <name>', 'whose clocks --cron and --calendar are about, such as Asia/Seoul; UTC when missing')
    .option('--input <json>', "the workflow's input")
    .option('--overlap <policy>', `what to do while a run goes on: ${OVERLAP_POLICIES.join(', ')}`)
    .option('--catchup <seconds>', 'after a down time, catch up on runs that were due within so many seconds')
    .option('--paused', 'create it paused')
    .option('--note <text>', 'why')
    .action((id: string, workflow: string, { input, catchup, every, calendar, ...options }: CreateOptions, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const asked = {
          ...options,
          ...(every && { intervals: every.map(intervalOf) }),
          ...(calendar && { calendars: calendar.map((json) => parseJson('--calendar', json)) }),
          ...(input && { input: parseJson('--input', input) }),
          ...(catchup && { catchup_window_s: Number(catchup) }),
        };
        // As a person typed it; the API says what is wrong with it.
        const body = { workflow, ...asked } as z.input<typeof putScheduleBodySchema>;
        const schedule = await api.schedules.put({ params: { schedule_id: id }, body });
        return { json: schedule, text: withZone(terminal, `${id} runs ${schedule.workflow} next at ${nextText(terminal, schedule)}.`) };
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
    .requiredOption('--start <time>', "such as 2026-01-01 or 2026-01-01T03:00:00Z; without an offset in the schedule's time zone")
    .requiredOption('--end <time>', 'the last time that may be run; a day with all its times')
    .option('--max <n>', 'runs at the same time, at most', '1')
    .option('--rerun-failed', 'run a time again whose run failed or was cancelled')
    .option('--run <name>', "the backfill's own name; made from the time when missing")
    .option('--no-wait', 'end as soon as the backfill has started')
    .action((id: string, { start, end, max, rerunFailed, run, wait }: BackfillOptions, command: Command) =>
      perform(command, async ({ api, terminal, json }) => {
        const span = { start: timeOf('--start', start), end: timeOf('--end', end) };
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
  const columns = ['SCHEDULE', 'WORKFLOW', 'CRON', 'ZONE', 'STATE', 'OVERLAP', 'NEXT', 'IN ITS ZONE', 'LATEST RUN'].map((head) => ({
    head,
  }));
  return withZone(
    terminal,
    table(
      terminal,
      columns,
      schedules.map(({ schedule_id, workflow, cron, timezone, paused, overlap, next_runs, next_runs_local, recent_runs }) => [
        schedule_id,
        workflow,
        cron.join('; '),
        timezone,
        paused ? 'paused' : 'active',
        overlap,
        paused ? '' : timeText(terminal, next_runs[0] ?? null),
        paused || timezone === 'UTC' ? '' : (next_runs_local[0] ?? '').replace('T', ' '),
        recent_runs.at(-1)?.run_id ?? '',
      ]),
    ),
  );
}

/** By the reader's clocks, and by those that the schedule goes by. */
function nextText(terminal: Terminal, { timezone, next_runs, next_runs_local }: Schedule): string {
  const time = timeText(terminal, next_runs[0] ?? null);
  return timezone === 'UTC' ? time : `${time}, ${(next_runs_local[0] ?? '').replace('T', ' ')} in ${timezone}`;
}

function intervalOf(text: string): Interval {
  const interval = parseInterval(text);
  if (!interval) throw new Unusable(`--every ${text} is no interval such as 30m, 2h or 2h/10m`);
  return interval;
}

function parseJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unusable(`${option} ${text} is not JSON`);
  }
}
