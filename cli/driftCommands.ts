import type { Command } from 'commander';
import type { DriftConsequence, DriftDecision, DriftReport, DriftSummary, Push } from '../contracts/drift.ts';
import { timeText, withZone } from './format.ts';
import { given, numberIfOne } from './modelSettings.ts';
import type { Perform } from './session.ts';
import { startRun, withStartOptions, type StartOptions } from './startRun.ts';
import { heads, table, type Terminal } from './terminal.ts';

/** `drift`: whether what comes in still is what models learnt from, and what came of it where it is not. */
export function addDriftCommands(program: Command, perform: Perform): void {
  const drift = program.command('drift').description('Drift: what comes in beside what models learnt from, and what came of it');
  listed(drift, 'list', 'Reports, newest first')
    .option('--model <name>', 'of one model')
    .action((options: Listing, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.drift.list({ query: given({ ...options }) });
        return { json: answer, text: renderReports(terminal, answer.reports) };
      }),
    );
  drift
    .command('show')
    .description('What a report found in each column, and what it could not judge')
    .argument('<report>', 'its id')
    .action((id: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const report = await api.drift.get({ params: { report_id: id } });
        return { json: report, text: renderReport(terminal, report) };
      }),
    );
  drift
    .command('consequence')
    .description('What came of a report: its alert, and the training that this led to, or why there is none')
    .argument('<report>', 'its id')
    .action((id: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.drift.consequence({ params: { report_id: id } });
        return { json: answer, text: renderConsequence(terminal, answer) };
      }),
    );
  const run = drift
    .command('run')
    .description('Look now, at the champions of all models or of some')
    .option('--model <name>', 'of this one; may be repeated', (model: string, models: string[] = []) => [...models, model])
    .option('--days <n>', 'days of the window', numberIfOne)
    .option('--until <time>', 'the window ends with the day before');
  withStartOptions(run).action(({ model: models, days: window_days, until, ...options }: StartOptions & RunOptions, command: Command) =>
    perform(command, (session) => startRun(session, options, { workflow: 'driftMonitor', input: given({ models, window_days, until }) })),
  );
  listed(drift, 'decisions', 'Trainings that alerts led to, newest first, and what became of each')
    .option('--model <name>', 'of one model')
    .action((options: Listing, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.drift.decisions({ query: given({ ...options }) });
        return { json: answer, text: renderDecisions(terminal, answer.decisions) };
      }),
    );
  listed(drift, 'pushes', 'Movies that many new users chose who did next to nothing else').action((options: Listing, command: Command) =>
    perform(command, async ({ api, terminal }) => {
      const answer = await api.drift.pushes({ query: given({ ...options }) });
      return { json: answer, text: renderPushes(terminal, answer.pushes) };
    }),
  );
  for (const [decision, description] of [
    ['approve', 'Let the choices of a push be learnt from'],
    ['reject', 'Keep the choices of a push out of what is learnt from, for good'],
  ] as const) {
    drift
      .command(decision)
      .description(description)
      .argument('<push>', 'its id, as `mlops drift pushes` has it')
      .option('--reason <text>', 'kept with the decision')
      .action((id: string, { reason }: { reason?: string }, command: Command) =>
        perform(command, async ({ api, terminal }) => {
          const push = await api.drift.decidePush({ params: { push_id: id }, body: { decision, ...given({ reason }) } });
          return { json: push, text: renderPushes(terminal, [push]) };
        }),
      );
  }
}

interface Listing {
  readonly model?: string;
  readonly limit?: string;
}

interface RunOptions {
  readonly model?: string[];
  readonly days?: number | string;
  readonly until?: string;
}

const listed = (parent: Command, name: string, description: string) =>
  parent.command(name).description(description).option('--limit <n>', 'how many at most');

function renderReports(terminal: Terminal, reports: readonly DriftSummary[]): string {
  if (reports.length === 0) return 'There are none. `mlops drift run` makes one.';
  const rows = reports.map(({ report_id, model_name, model_version, to, drifted, verdict, alert, created_at }) => [
    timeText(terminal, created_at),
    `${model_name} ${model_version}`,
    to.slice(0, 10),
    drifted ? 'yes' : 'no',
    verdict.quality,
    alert,
    report_id,
  ]);
  return withZone(terminal, table(terminal, heads('WHEN', 'MODEL', 'WINDOW TO', 'DRIFT', 'QUALITY', 'ALERT', 'REPORT'), rows));
}

function renderReport(terminal: Terminal, report: DriftReport): string {
  const { model_name, model_version, from, to, events, users, verdict, columns, pushes, reference } = report;
  const rows = columns.map(({ column, state, most, value, threshold, p_adjusted, reason }) => [
    column,
    state,
    ...[value, threshold].map((figure) => (figure === null ? '-' : figure.toFixed(3))),
    p_adjusted === null ? '-' : p_adjusted.toPrecision(2),
    reason ?? most ?? '',
  ]);
  return [
    `${model_name} ${model_version}, ${from.slice(0, 10)} to before ${to.slice(0, 10)}: ${events} choices of ${users} users`,
    `${verdict.says}${reference.reason === null ? '' : `; ${reference.reason}`}`,
    table(terminal, heads('COLUMN', 'STATE', 'DIFFERENCE', 'COUNTS FROM', 'P', 'WHAT'), rows),
    ...(pushes.length > 0 ? [renderPushes(terminal, pushes)] : []),
  ].join('\n');
}

const WHY_NOT: Readonly<Record<DriftConsequence['state'], string>> = {
  calm: 'Nothing drifted, so there is no alert.',
  late: 'A later window had been looked at before, so there is no alert.',
  waits: 'The drift must hold for the next window too before there is an alert.',
  resolved: 'The drift is over.',
  on_its_way: 'The alert is on its way.',
  gathering: 'The alert waits for others, or for the next time that the model may be trained.',
  retrained: 'The alert led to a training.',
};

function renderConsequence(terminal: Terminal, { alert, retraining, state }: DriftConsequence): string {
  const lines = [WHY_NOT[state], ...(alert ? [`alert ${alert.event_id}, of report ${alert.report_id}`] : [])];
  return [...lines, ...(retraining ? [renderDecisions(terminal, [retraining])] : [])].join('\n');
}

function renderDecisions(terminal: Terminal, decisions: readonly DriftDecision[]): string {
  if (decisions.length === 0) return 'There are none.';
  const rows = decisions.map(({ run_id, model_name, quality, outcome, version, reason, started_at }) => [
    timeText(terminal, started_at),
    model_name,
    quality,
    outcome,
    version ?? '-',
    run_id,
    reason ?? '',
  ]);
  return withZone(terminal, table(terminal, heads('WHEN', 'MODEL', 'QUALITY', 'OUTCOME', 'VERSION', 'RUN', 'WHY'), rows));
}

function renderPushes(terminal: Terminal, pushes: readonly Push[]): string {
  if (pushes.length === 0) return 'There are none.';
  const rows = pushes.map(({ push_id, movie_id, title, users, times, state, found_at }) => [
    timeText(terminal, found_at),
    title ?? movie_id,
    String(users),
    `${times.toFixed(0)}×`,
    state,
    push_id,
  ]);
  return withZone(terminal, table(terminal, heads('FOUND', 'MOVIE', 'NEW USERS', 'BY TASTE', 'STATE', 'PUSH'), rows));
}
