import { numberText, progressText, type Client } from '../client/index.ts';
import { blobCleanupResultSchema, type BlobCleanupResult } from '../contracts/blobCleanup.ts';
import { collectionResultSchema, type CollectionResult } from '../contracts/collection.ts';
import { dataImportResultSchema, type DataImportResult } from '../contracts/dataImport.ts';
import { PRIMARY_METRIC } from '../contracts/models.ts';
import { gainOf } from '../contracts/specs/modelSpec.ts';
import { modelSweepResultSchema, type ModelSweepResult, type SweepTrial } from '../contracts/sweep.ts';
import type { Run, RunDetail, RunLogLine, RunNow, RunStep } from '../contracts/runs.ts';
import { fullSystemCheckResultSchema } from '../contracts/systemCheck.ts';
import { tmdbCollectionResultSchema, type TmdbCollectionResult } from '../contracts/tmdb.ts';
import { trainingResultSchema, type TrainingResult } from '../contracts/training.ts';
import { elapsedText, stateText, timeText, withZone } from './format.ts';
import { renderCheck } from './renderCheck.ts';
import { unbroken, table, type Terminal } from './terminal.ts';

/** The page that shows a version's evaluation. */
type ReportPage = Client['models']['reportPage'];

export function renderRuns(terminal: Terminal, runs: readonly Run[]): string {
  if (runs.length === 0) return 'No runs.';
  const columns = [
    { head: 'RUN' },
    { head: 'STATE' },
    { head: 'STARTED' },
    { head: 'TOOK', align: 'right' as const },
    { head: 'BY' },
    { head: 'ERROR' },
  ];
  return withZone(
    terminal,
    table(
      terminal,
      columns,
      runs.map((run) => [
        run.run_id,
        stateText(terminal, run.state),
        timeText(terminal, run.started_at ?? run.created_at),
        elapsedText(run.started_at, run.ended_at),
        run.started_by,
        run.error ?? '',
      ]),
    ),
  );
}

/** A run as people read it: its state, every attempt of its steps, and what came of it. */
export function renderRunDetail(terminal: Terminal, run: RunDetail, reportPage: ReportPage): string {
  const { run_id, state, started_by, created_at, started_at, ended_at, error } = run;
  const head = [
    `${run_id}  ${stateText(terminal, state)}  ${elapsedText(started_at, ended_at)}`.trimEnd(),
    `started ${timeText(terminal, started_at ?? created_at)} by ${started_by}${ended_at ? `, ended ${timeText(terminal, ended_at)}` : ''}`,
    `input   ${JSON.stringify(run.input)}`,
    ...(error ? [`error   ${unbroken(error)}`] : []),
    ...run.now.map((now) => `now     ${nowText(now)}`),
  ];
  const steps = run.steps.length > 0 ? renderSteps(terminal, run.steps) : 'No step has started.';
  return [withZone(terminal, head.join('\n')), steps, ...renderResult(terminal, run.result, reportPage)].join('\n\n');
}

/** What a run, or a part of it, does and waits for: `neural_cf: train_movie_model neural_cf; next evaluate_trained_model`. */
export const nowText = ({ subject, says }: RunNow): string => unbroken(subject === null ? says : `${subject}: ${says}`);

function renderSteps(terminal: Terminal, steps: readonly RunStep[]): string {
  const columns = [
    { head: 'STEP' },
    { head: 'OF' },
    { head: 'ATTEMPT', align: 'right' as const },
    { head: 'STATE' },
    { head: 'STARTED' },
    { head: 'TOOK', align: 'right' as const },
    { head: 'DETAIL' },
  ];
  return table(
    terminal,
    columns,
    steps.map((step) => [
      step.step,
      [step.subject, step.part].filter(Boolean).join(' '),
      String(step.attempt),
      stateText(terminal, step.state),
      timeText(terminal, step.started_at),
      elapsedText(step.started_at, step.ended_at),
      step.error ?? progressText(step.progress),
    ]),
  );
}

/** What came of a run; nothing while there is no result. */
export function renderResult(terminal: Terminal, result: unknown, reportPage: ReportPage): string[] {
  const training = trainingResultSchema.safeParse(result);
  if (training.success) return [renderModels(terminal, training.data, reportPage)];
  const sweep = modelSweepResultSchema.safeParse(result);
  if (sweep.success) return [renderSweep(terminal, sweep.data)];
  const imported = dataImportResultSchema.safeParse(result);
  if (imported.success) return [renderImport(imported.data)];
  const collection = collectionResultSchema.safeParse(result);
  if (collection.success) return [renderCollection(collection.data)];
  const cleanup = blobCleanupResultSchema.safeParse(result);
  if (cleanup.success) return [renderCleanup(cleanup.data)];
  const check = fullSystemCheckResultSchema.safeParse(result);
  if (check.success) return [renderCheck(terminal, check.data.systems)];
  const tmdb = tmdbCollectionResultSchema.safeParse(result);
  if (tmdb.success) return [renderTmdb(tmdb.data)];
  return result === null || result === undefined ? [] : [JSON.stringify(result, null, 2)];
}

function renderCleanup({ dry_run, unused, run_open_since, unknown }: BlobCleanupResult): string {
  const done = dry_run ? 'would go' : 'removed';
  const lines = unused.map(
    ({ kind, folders, blobs, bytes, names }) =>
      `${kind}: ${blobs} files in ${folders} folders, ${bytes} bytes ${done}: ${names.join(', ')}${folders > names.length ? ', …' : ''}`,
  );
  return [
    ...(lines.length > 0 ? lines : ['nothing that is unused']),
    ...(run_open_since === null ? [] : [`left what runs wrote since ${run_open_since}: one that began then is not over`]),
    ...(unknown.length > 0 ? [`left, for nothing here writes such names: ${unknown.join(', ')}`] : []),
  ].join('\n');
}

function renderCollection({ source, movies, ratings, quality, popular, watch_log }: CollectionResult): string {
  const written = [`wrote ${popular.path}`, `wrote ${watch_log.path} and ${watch_log.parquet_path} (${watch_log.rows} rows)`];
  return [`collected from ${source}`, ...countLines({ movies, ratings }), qualityLine(quality), ...written].join('\n');
}

function renderImport({ dataset, format, encoding, movies, users, ratings, quality }: DataImportResult): string {
  return [
    `imported ${dataset} (${format}${encoding === undefined ? '' : `, ${encoding}`})`,
    ...countLines({ movies, users, ratings }),
    qualityLine(quality),
  ].join('\n');
}

const countLines = (counts: Readonly<Record<string, CollectionResult['movies']>>): string[] =>
  Object.entries(counts).map(
    ([name, { read, written, rejected, rejects_path }]) =>
      `${name}: ${read} read, ${written} new or changed, ${rejected} set aside${rejects_path ? ` in ${rejects_path}` : ''}`,
  );

const qualityLine = ({ rules }: CollectionResult['quality']): string => `${rules} quality rules hold`;

function renderTmdb({ lists, details, popular, attribution }: TmdbCollectionResult): string {
  const listed = lists.map(
    ({ list, pages, read, written, added, rejected, rejects_path }) =>
      `${list}: ${pages} pages, ${read} movies, ${written} new or newer, ${added} new to the catalogue, ${rejected} set aside` +
      (rejects_path ? ` in ${rejects_path}` : ''),
  );
  const asked = `details: ${details.asked} asked for, ${details.kept} kept, ${details.gone} gone, ${details.set_aside} set aside`;
  return ['collected from tmdb', ...listed, asked, ...(popular ? [`wrote ${popular.path}`] : []), attribution].join('\n');
}

function renderModels(terminal: Terminal, { dataset, models }: TrainingResult, reportPage: ReportPage): string {
  const columns = [
    { head: 'MODEL' },
    { head: 'VERSION', align: 'right' as const },
    { head: 'CHAMPION' },
    { head: 'GATE' },
    { head: 'JUDGED BY' },
  ];
  const rows = models.map(({ version, report }) => [
    version.name,
    version.version,
    version.champion ? 'yes' : 'no',
    version.gate.passed ? 'passed' : 'failed',
    judgedBy(report),
  ]);
  const from = `trained on ${dataset.interactions} interactions of ${dataset.users} users with ${dataset.movies} movies`;
  const pages = models.map(({ version }) => `report  ${reportPage.url({ params: { name: version.name, version: version.version } })}`);
  return [from, table(terminal, columns, rows), ...models.flatMap(brokenRules), ...pages].join('\n');
}

/** Each trial with what it tried, the best first. */
function renderSweep(terminal: Terminal, { dataset, metric, better, best, trials }: ModelSweepResult): string {
  const right = (head: string) => ({ head, align: 'right' as const });
  const columns = [right('TRIAL'), { head: 'STATE' }, right(`VALIDATION ${metric}`), right('EPOCHS'), { head: 'TRIED' }];
  const differing = ([name, value]: [string, unknown]) =>
    trials.some(({ spec }) => !isSame((spec as Readonly<Record<string, unknown>>)[name], value));
  const gain = (a: SweepTrial, b: SweepTrial) =>
    a.outcome && b.outcome ? gainOf({ better }, b.outcome.value, a.outcome.value) : a.outcome ? -1 : 1;
  const rows = trials.toSorted(gain).map(({ trial, state, outcome, spec, error }) => [
    String(trial),
    state,
    outcome ? numberText(outcome.value) : '',
    outcome?.epochs === null || outcome === null ? '' : String(outcome.epochs),
    error ??
      Object.entries(spec)
        .filter(differing)
        .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
        .join(', '),
  ]);
  const from = `tried on ${dataset.interactions} interactions of ${dataset.users} users with ${dataset.movies} movies`;
  return [from, table(terminal, columns, rows), `best: trial ${best.trial}, ${JSON.stringify(best.spec)}`].join('\n');
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

type ModelResult = TrainingResult['models'][number];

/** `full_ndcg_at_10 0.2114, popularity's 0.1241` */
function judgedBy({ name, metrics, baseline }: ModelResult['report']): string {
  const metric = PRIMARY_METRIC[name].name;
  const [value, ofPopularity] = [metrics[metric], baseline[metric]];
  if (value === undefined) return '';
  return `${metric} ${numberText(value)}${ofPopularity === undefined ? '' : `, popularity's ${numberText(ofPopularity)}`}`;
}

const brokenRules = ({ version: { name, version, gate } }: ModelResult): string[] =>
  gate.rules.filter(({ passed }) => !passed).map(({ rule, detail }) => `${name} ${version} does not pass ${rule}: ${detail}`);

export const renderLog = (terminal: Terminal, lines: readonly RunLogLine[]): string =>
  withZone(terminal, lines.map((line) => logLineText(terminal, line)).join('\n'));

const logLineText = (terminal: Terminal, { logged_at, level, step, subject, attempt, message }: RunLogLine): string =>
  `${timeText(terminal, logged_at)} ${level.padEnd(5)} ${[step, subject, attempt > 1 && `attempt ${attempt}`].filter(Boolean).join(' ')}: ${message}`;
