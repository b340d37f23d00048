import { numberText } from '../client/index.ts';
import type { Command } from 'commander';
import {
  describeFewNegatives,
  describeTies,
  EVALUATION_PROTOCOLS,
  evaluationRequestSchema,
  type EvaluationAnswer,
  type EvaluationProtocol,
} from '../contracts/evaluation.ts';
import { MODEL_KINDS, RATING_KINDS, type ModelKind } from '../contracts/models.ts';
import { SPLIT_KINDS } from '../contracts/training.ts';
import { StartError } from '../deploy/local/supervision/startError.ts';
import { EXIT, Unusable } from './failure.ts';
import { given, numberIfOne, settingsOf } from './modelSettings.ts';
import type { Outcome, Perform, Session } from './session.ts';
import { table, type Terminal } from './terminal.ts';

interface EvaluateOptions {
  readonly data: string;
  readonly encoding?: string;
  readonly protocol: string;
  readonly models?: string;
  readonly split?: string;
  readonly negatives?: string;
  readonly epochs?: number | string;
  readonly seed?: number | string;
}

/** `evaluate`: what a model would reach on a set, beside what others reached. Needs no engine and no API. */
export function addEvaluateCommand(program: Command, perform: Perform): void {
  program
    .command('evaluate')
    .description(
      'Train models on a MovieLens folder on this machine, evaluate them, and show published figures beside; nothing is registered',
    )
    .requiredOption('--data <folder>', 'with ratings.csv, ratings.dat, u.data, *.inter or *.train.rating')
    .option('--encoding <name>', 'of the titles, such as windows-1251; found line by line when missing')
    .option('--protocol <name>', `how to measure: ${Object.keys(EVALUATION_PROTOCOLS).join(', ')}`, 'loo')
    .option('--models <kinds>', `comma separated: ${MODEL_KINDS.join(', ')}; all that answer in the protocol when missing`)
    .option('--split <kind>', `how to hold out: ${SPLIT_KINDS.join(', ')}; the protocol's own when missing`)
    .option('--negatives <file>', "held-out pairs and their negatives in the NCF paper's format, for loo")
    .option('--epochs <n>', 'passes over the data, for the models that make several', numberIfOne)
    .option('--seed <n>', 'seed of the split, the sampled negatives and the models', numberIfOne)
    .action((options: EvaluateOptions, command: Command) => perform(command, (session) => evaluate(session, options)));
}

async function evaluate({ stack, terminal, json }: Session, options: EvaluateOptions): Promise<Outcome> {
  const requests = requestsOf(options);
  const answers: EvaluationAnswer[] = [];
  const failed: FailedKind[] = [];
  for (const request of requests) {
    if (!json) terminal.err(`${request.spec.kind} …\n`);
    try {
      answers.push(await stack.evaluate(request, json ? () => undefined : (line) => terminal.err(`${line}\n`)));
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      failed.push({ kind: request.spec.kind, reason: error.message });
    }
  }
  if (answers.length === 0) throw new StartError([...new Set(failed.map(({ reason }) => reason))].join('\n'));
  const protocol = requests[0]!.protocol;
  return {
    json: { protocol, models: answers, failed },
    text: [renderEvaluation(terminal, protocol, answers), ...failed.map(({ kind, reason }) => `${kind} failed: ${reason}`)].join('\n'),
    exitCode: failed.length > 0 ? EXIT.failed : EXIT.ok,
  };
}

/** One that failed takes nothing from those that are finished. */
interface FailedKind {
  readonly kind: string;
  readonly reason: string;
}

/** @throws Unusable that names each option at fault */
function requestsOf({ data, encoding, protocol, models, split, negatives, epochs, seed }: EvaluateOptions) {
  if (negatives !== undefined && protocol !== 'loo') throw new Unusable('--negatives is for --protocol loo');
  const kinds = models === undefined ? kindsOf(protocol) : models.split(',').map((kind) => kind.trim());
  return kinds.map((kind) => {
    const spec = { kind, ...toAnswer(protocol, kind), ...settingsOf(kind, given({ epochs, seed })) };
    const parsed = evaluationRequestSchema.safeParse(given({ data, encoding, protocol, split, seed, negatives, spec }));
    if (parsed.success) return parsed.data;
    const faults = parsed.error.issues.map(
      ({ path, message }) => `--${path.join('.').replace('spec.kind', 'models').replace('spec.', '')}: ${message}`,
    );
    throw new Unusable([...new Set(faults)].join('\n'));
  });
}

const kindsOf = (protocol: string): readonly string[] => (protocol === 'rating' ? [...RATING_KINDS.keys()] : MODEL_KINDS);
const toAnswer = (protocol: string, kind: string) => (protocol === 'rating' ? RATING_KINDS.get(kind as ModelKind) : undefined);

function renderEvaluation(terminal: Terminal, protocol: EvaluationProtocol, answers: readonly EvaluationAnswer[]): string {
  const { what, metrics } = EVALUATION_PROTOCOLS[protocol];
  const [{ data, split, seed, asked, negatives, tied_share, published }] = answers as [EvaluationAnswer];
  const head = [
    `${data.name} (${data.format}): ${data.interactions} ratings of ${data.users} users for ${data.movies} movies`,
    `protocol ${protocol}: ${what}, split ${split}, seed ${seed}, ${asked} ${protocol === 'rating' ? 'ratings' : 'users'} asked; ties rank against the model`,
    ...[negatives && describeFewNegatives(negatives), tied_share === null ? null : describeTies(tied_share)].filter(
      (note) => note !== null,
    ),
    ...data.set_aside.map(
      ({ rule, rows, sample: [first] }) =>
        `set aside: ${rows} by ${rule}, the first in ${first?.file}, line ${first?.line}: ${first?.reason}`,
    ),
  ];
  const right = (name: string) => ({ head: name, align: 'right' as const });
  const columns = [
    { head: 'MODEL' },
    ...metrics.map((name) => right(name.toUpperCase())),
    right('95 %'),
    right('TRAIN S'),
    right('EVAL S'),
    right('PEAK MB'),
  ];
  const figures = (of: Readonly<Record<string, number>>) => metrics.map((name) => (of[name] === undefined ? '' : of[name].toFixed(4)));
  const ours = answers.map(({ kind, metrics: measured, intervals, train_s, evaluate_s, peak_mb }) => [
    kind,
    ...figures(measured),
    rangeText(intervals[metrics[0]]),
    numberText(train_s),
    numberText(evaluate_s),
    String(peak_mb),
  ]);
  const theirs = published.map(({ system, metrics: reported, source }) => [system, ...figures(reported), source]);
  const others =
    theirs.length === 0
      ? 'No published figures are known for this data and protocol.'
      : `Published for this data and protocol:\n${table(terminal, [{ head: 'SYSTEM' }, ...metrics.map((name) => right(name.toUpperCase())), { head: 'SOURCE' }], theirs)}`;
  return [...head, '', table(terminal, columns, ours), '', others].join('\n');
}

const rangeText = (interval: EvaluationAnswer['intervals'][string] | undefined) =>
  interval ? `${interval.low.toFixed(3)}–${interval.high.toFixed(3)}` : '';
