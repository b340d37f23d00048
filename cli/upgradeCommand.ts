import type { Command } from 'commander';
import type { UpgradePlan } from '../deploy/local/stack/control.ts';
import { EXIT, Unusable } from './failure.ts';
import type { Outcome, Perform, Session } from './session.ts';
import { heads, paint, table, type Terminal } from './terminal.ts';

interface UpgradeOptions {
  readonly plan?: boolean;
  readonly from?: string;
}

/** `upgrade`: puts this release in the place of the one that runs. */
export function addUpgradeCommand(program: Command, perform: Perform): void {
  program
    .command('upgrade')
    .description(
      'Put this release in the place of the one that runs on this machine, a process after the other, and stay with it until Ctrl-C',
    )
    .option('--plan', 'change nothing: say what would be done, and whether it is safe (exit code 0)')
    .option('--from <release>', 'with --plan: from this release, by its version or its folder, in place of what runs')
    .action(({ plan = false, from }: UpgradeOptions, command: Command) =>
      perform(command, async (session) => {
        if (plan) return showPlan(session, from);
        if (from !== undefined) throw new Unusable('--from is said of --plan: what is upgraded is what runs');
        const exitCode = await session.stack.start(['--upgrade'], { toStderr: session.json });
        return { json: { exit_code: exitCode }, text: '', exitCode };
      }),
    );
}

async function showPlan({ stack, config, terminal }: Session, from: string | undefined): Promise<Outcome> {
  const plan = await stack.planUpgrade(config, from);
  const safe = plan.problems.length === 0;
  return { json: { safe, ...plan }, text: renderPlan(terminal, plan), ...(!safe && { exitCode: EXIT.failed }) };
}

function renderPlan(terminal: Terminal, plan: UpgradePlan): string {
  const { schema, disk } = plan;
  const lines = [
    `From ${plan.from} to ${plan.to}.`,
    '',
    `1. Expand the schema from ${schema.is} to ${schema.becomes}: ${listed(schema.expand)}`,
    ...(schema.locked.length > 0
      ? [`   Meanwhile these wait: ${schema.locked.map(({ name, rows }) => `${name} (${rows} rows)`).join(', ')}`]
      : []),
    ...(disk ? [`   ${disk.needed_mb} MB of disk are needed, ${disk.free_mb} MB are free.`] : []),
    `2. Replace the processes, each once the new one could answer: ${wordsOf(plan.processes.filter((each) => !each.is_new).map(({ name }) => name))}`,
    ...(plan.engines.length > 0 ? [`   ${plan.engines.join(', ')} go on.`] : []),
    `3. Contract the schema: ${listed(schema.contract)}`,
    ...plan.not_undone.map((each) => `   Not undone: ${each}.`),
    '',
    ...(plan.processes.length > 0 ? [renderProcesses(terminal, plan), ''] : []),
    recordedText(plan.recorded),
    ...(plan.workflows && plan.workflows.length > 0 ? [renderWorkflows(terminal, plan.workflows), ''] : []),
    ...(plan.problems.length === 0
      ? [paint(terminal, 'green', 'Safe.')]
      : plan.problems.map((each) => paint(terminal, 'red', `Not safe: ${each}`))),
  ];
  return lines.join('\n');
}

function recordedText(recorded: UpgradePlan['recorded']): string {
  const each = Object.entries(recorded).map(([release, runs]) => `${runs} of ${release}`);
  return `Recorded runs that this code is tested to go on with: ${wordsOf(each)}.`;
}

const wordsOf = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '));
const listed = (migrations: UpgradePlan['schema']['expand']) => wordsOf(migrations.map(({ number, name }) => `${number} ${name}`));

const renderProcesses = (terminal: Terminal, { processes }: UpgradePlan): string =>
  table(
    terminal,
    heads('PROCESS', 'PID', 'STATE', 'RELEASE'),
    processes.map(({ name, pid, state, release, is_new }) => [
      name,
      String(pid ?? ''),
      state,
      is_new ? 'this one' : (release ?? 'not told'),
    ]),
  );

const renderWorkflows = (terminal: Terminal, workflows: NonNullable<UpgradePlan['workflows']>): string =>
  table(
    terminal,
    heads('OPEN RUNS OF', 'RUNS', 'REPLAYED', 'WOULD STAND STILL'),
    workflows.map(({ workflow, open, replayed, failed }) => [workflow, String(open), String(replayed), String(failed.length)]),
  );
