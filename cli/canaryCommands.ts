import type { Command } from 'commander';
import { numberText } from '../client/index.ts';
import type { z } from 'zod';
import type { Canary } from '../contracts/canary.ts';
import { readStage } from '../contracts/canaryStages.ts';
import type { canaries as described } from '../contracts/endpoints/canaries.ts';
import { collect } from './collect.ts';
import { Unusable } from './failure.ts';
import { timeText, withZone } from './format.ts';
import type { Perform, Session } from './session.ts';
import { heads, table, type Terminal } from './terminal.ts';

const ROUTE = 'name of the route; default when missing';

/** `canary`: a version through stages of traffic on a route. */
export function addCanaryCommands(program: Command, perform: Perform): void {
  const canary = program.command('canary').description('A version through stages of traffic: promoted, or taken back, by itself');
  addStart(canary, perform);
  canary
    .command('list')
    .description('List rollouts, newest first')
    .option('--route <route>', 'of one route')
    .option('--limit <n>', 'how many at most', '20')
    .action(({ route, limit }: { route?: string; limit: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => {
        const answer = await api.canaries.list({ query: { limit, ...(route !== undefined && { route }) } });
        return { json: answer, text: renderList(terminal, answer.canaries) };
      }),
    );
  canary
    .command('show')
    .description('Show the latest rollout on a route, with the figures of each stage')
    .argument('[route]', ROUTE, 'default')
    .action((route: string, _options: unknown, command: Command) =>
      perform(command, async ({ api, terminal }) => show(terminal, await api.canaries.get({ params: { route } }))),
    );
  addTold(canary, perform, 'pause', 'Let a rollout grow no further; it is watched on', ({ api }, route) =>
    api.canaries.pause({ params: { route } }),
  );
  addTold(canary, perform, 'resume', 'Let a paused rollout go on', ({ api }, route) => api.canaries.resume({ params: { route } }));
  canary
    .command('abort')
    .description('Take the version back; the route is as before')
    .argument('[route]', ROUTE, 'default')
    .option('--reason <text>', 'why; kept with the rollout', '')
    .action((route: string, { reason }: { reason: string }, command: Command) =>
      perform(command, async ({ api, terminal }) => show(terminal, await api.canaries.abort({ params: { route }, body: { reason } }))),
    );
}

function addTold(
  canary: Command,
  perform: Perform,
  name: string,
  description: string,
  tell: (session: Session, route: string) => Promise<Canary>,
): void {
  canary
    .command(name)
    .description(description)
    .argument('[route]', ROUTE, 'default')
    .action((route: string, _options: unknown, command: Command) =>
      perform(command, async (session) => show(session.terminal, await tell(session, route))),
    );
}

interface StartOptions {
  readonly route: string;
  readonly stage?: string[];
  readonly errorShare?: string;
  readonly latencyRatio?: string;
  readonly alpha?: string;
  readonly maxMinutes?: string;
  readonly checkSeconds?: string;
  readonly reason?: string;
}

function addStart(canary: Command, perform: Perform): void {
  canary
    .command('start')
    .description('Roll a version out that passed the gate')
    .argument('<model>', 'such as ease')
    .argument('<version>', 'its number')
    .option('--route <route>', 'name of the route', 'default')
    .option('--stage <spec>', 'SHARE[:MINUTES[:ANSWERS]], such as 0.1:30:1000, in their order; 1, 10, 50 and 100 % when missing', collect)
    .option('--error-share <share>', "of its answers, that may fail beyond the champion's share; 0.01 when missing")
    .option('--latency-ratio <ratio>', "mean time of an answer by the champion's; 1.5 when missing")
    .option('--alpha <share>', 'probability at most that one as good is taken back; 0.05 when missing')
    .option('--max-minutes <n>', 'of one stage; a day when missing')
    .option('--check-seconds <n>', 'how often it is looked at; 30 when missing')
    .option('--reason <text>', 'why; kept with the rollout')
    .action((model: string, version: string, options: StartOptions, command: Command) =>
      perform(command, async ({ api }) => {
        const started = await api.canaries.start({ body: bodyOf(model, version, options) });
        const text = `${started.run_id} started; mlops canary show ${options.route} tells how it does`;
        return { json: started, text };
      }),
    );
}

type StartBody = z.input<typeof described.start.body>;

function bodyOf(model: string, version: string, options: StartOptions): StartBody {
  const { route, stage, errorShare, latencyRatio, alpha, maxMinutes, checkSeconds, reason } = options;
  const limits = {
    ...(errorShare !== undefined && { error_share: Number(errorShare) }),
    ...(latencyRatio !== undefined && { latency_ratio: Number(latencyRatio) }),
  };
  return {
    ...{ route, model: model as StartBody['model'], version }, // the API says which models there are
    ...(stage && { stages: stage.map(stageOf) }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(alpha !== undefined && { alpha: Number(alpha) }),
    ...(maxMinutes !== undefined && { max_minutes: Number(maxMinutes) }),
    ...(checkSeconds !== undefined && { check_seconds: Number(checkSeconds) }),
    ...(reason !== undefined && { reason }),
  };
}

function stageOf(text: string) {
  const stage = readStage(text);
  if (!stage) throw new Unusable(`--stage ${text} is not SHARE[:MINUTES[:ANSWERS]]`);
  return stage;
}

const percent = (share: number) => `${Number((100 * share).toPrecision(4))} %`;
const figure = (value: number | null) => (value === null ? '-' : numberText(value));
const stateOf = ({ state, paused }: Canary) => (state === 'running' && paused ? 'paused' : state);
const placeOf = ({ stage, plan }: Canary) =>
  stage === null ? '-' : `${stage} of ${plan.stages.length}, ${percent(plan.stages[stage - 1]!.share)}`;

function renderList(terminal: Terminal, canaries: readonly Canary[]): string {
  if (canaries.length === 0) return 'There was none yet.';
  const rows = canaries.map((one) => [
    ...[one.route, `${one.model}/${one.version}`, one.champion ?? '-', stateOf(one), placeOf(one)],
    ...[timeText(terminal, one.started_at), one.reason],
  ]);
  return withZone(terminal, table(terminal, heads('ROUTE', 'VERSION', 'AGAINST', 'STATE', 'STAGE', 'STARTED', 'WHY'), rows));
}

const show = (terminal: Terminal, canary: Canary) => ({ json: canary, text: renderOne(terminal, canary) });

function renderOne(terminal: Terminal, canary: Canary): string {
  const rows = canary.stages.map(({ stage, share, started_at, verdict, reason, report }) => [
    ...[String(stage), percent(share), timeText(terminal, started_at)],
    ...(report
      ? [report.arms.canary, report.arms.champion].flatMap(({ answers, faults, latency_ms }) => [
          String(answers),
          String(faults),
          figure(latency_ms),
        ])
      : ['-', '-', '-', '-', '-', '-']),
    ...[verdict ?? '-', reason],
  ]);
  const columns = heads('STAGE', 'USERS', 'SINCE', 'ANSWERS', 'FAULTS', 'MS', "CHAMPION'S", 'FAULTS', 'MS', 'VERDICT', 'WHY');
  const last = canary.stages.at(-1)?.report;
  return withZone(
    terminal,
    [
      `${canary.model}/${canary.version} on ${canary.route}, against ${canary.champion ?? 'none'}: ${stateOf(canary)}${canary.reason && `, ${canary.reason}`}`,
      table(terminal, columns, rows),
      ...(last ? [table(terminal, heads('METRIC', 'DIFFERENCE', 'FROM', 'TO'), comparisonsOf(last))] : []),
    ].join('\n\n'),
  );
}

const comparisonsOf = ({ comparisons }: NonNullable<Canary['stages'][number]['report']>) =>
  comparisons.map(({ metric, difference, low, high }) => [metric, figure(difference), figure(low), figure(high)]);
