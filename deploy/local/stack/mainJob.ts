import { statSync } from 'node:fs';
import {
  CallFailed,
  createClient,
  followRun,
  isPassing,
  NoSuchApi,
  patiently,
  progressText,
  type Client,
  type Patience,
  ApiProblem,
} from '../../../client/index.ts';
import type { ModelKind } from '../../../contracts/models.ts';
import { isOpen, type RunDetail, type RunState, type RunStep } from '../../../contracts/runs.ts';
import { runId, type StartableWorkflow } from '../../../contracts/workflows.ts';
import type { Config } from '../../../platform/config.ts';
import { localUrl } from '../../../platform/localUrl.ts';
import type { Progress, ProgressLine } from './progress.ts';
import { columns } from './columns.ts';
import type { OwnData } from './ownData.ts';
import { StartError } from '../supervision/startError.ts';

interface JobOptions {
  readonly config: Config;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** How long an API that is away, or that an engine is missing to, is asked again. */
  readonly bearAbsenceMs?: number;
}

/** A part of the main job, and whom it is shown for. */
interface Job {
  readonly parts: readonly JobPart[];
  /** What nobody has to wait for who wants a recommendation. */
  readonly afterwards?: readonly JobPart[];
  readonly shownUser: string;
}
interface JobPart {
  readonly workflow: StartableWorkflow;
  readonly input?: Readonly<Record<string, unknown>>;
}
/** Kinds that learn from millions of choices, and are judged on all users, in minutes on two cores, without features. For one million neural_cf learns an hour. */
export const OWN_LOG_KINDS: readonly ModelKind[] = ['popularity', 'ease'];
export const SAMPLE_JOB: Job = { parts: [{ workflow: 'movieDataCollection' }, { workflow: 'movieTrainingPipeline' }], shownUser: '1' };
const LOOK_MS = 300;
/** A restart of the API, or of an engine behind it, takes seconds; one that fails at first is tried again every half minute. */
const BEAR_ABSENCE_MS = 300_000;
/** A process that is stopped, or starved, takes a request and says nothing. */
const ANSWER_TIMEOUT_MS = 15_000;
const FIRST_RECOMMENDATION_MS = 30_000;

/** Whether a training run has succeeded on this state before. */
export const isJobDone = (options: JobOptions): Promise<boolean> =>
  inWords(async () => (await findRun(connect(options), 'movieTrainingPipeline', 'success')) !== undefined);

/**
 * Collects and trains through the API, as anyone could, and shows each step. It goes on where an earlier start came to: a run under way is followed,
 * and what succeeded is not done again, unless `again` says so. An API that is away for a while is waited for; the run goes on meanwhile.
 * @throws StartError when a run does not succeed, or the API stays away
 */
export const runMainJob = (options: JobOptions & { readonly again: boolean; readonly parts: readonly JobPart[] }): Promise<void> =>
  inWords(async () => {
    const api = connect(options);
    for (const part of options.parts) {
      const { workflow } = part;
      const open = (await findRun(api, workflow, 'running')) ?? (await findRun(api, workflow, 'queued'));
      const done = open || options.again ? undefined : await findRun(api, workflow, 'success');
      if (done) options.progress.note(`${done} succeeded before`);
      else await seeThrough(api, open ?? (await startOnce(api, part)), options.progress);
    }
  });

/**
 * The main job on the sample, or on own data: a folder or a zip of a MovieLens set is collected in its place, a file is an own log of choices.
 * @param kinds of models that are trained; where nobody says them those of a training, and of an own log those that end in minutes
 * @throws StartError where a log cannot be read, in words that say what to write
 */
export const planMainJob = (options: JobOptions, own: OwnData | undefined, kinds?: readonly ModelKind[]): Promise<Job> =>
  inWords(async () => {
    const train = (input: object, of = kinds): JobPart => ({
      workflow: 'movieTrainingPipeline',
      input: { ...input, ...(of && { models: of.map((kind) => ({ kind })) }) },
    });
    if (own === undefined) return { ...SAMPLE_JOB, parts: [{ workflow: 'movieDataCollection' }, train({})] };
    const { data, ...reading } = own;
    if (!isFile(data)) return { ...SAMPLE_JOB, parts: [{ workflow: 'movieDataCollection', input: { path: data } }, train({})] };
    const { client, patience } = connect(options);
    const input = { path: data, ...reading };
    const { name, rows } = await patiently(() => client.dataSets.preview({ body: input, signal: options.signal }), patience);
    if (!kinds)
      options.progress.note(
        `On ${name}, ${OWN_LOG_KINDS.join(', ')} are trained; --models takes other kinds, such as neural_cf, which learn longer`,
      );
    return {
      // On all sets that are here: a version of this one alone would not become champion beside others.
      parts: [{ workflow: 'dataImport', input: { ...input, name } }, train({}, kinds ?? OWN_LOG_KINDS)],
      afterwards: [{ workflow: 'featureMaterialization' }],
      shownUser: rows[0]?.user_id ?? `${name}:1`,
    };
  });

const isFile = (place: string) => !place.endsWith('.zip') && (statSync(place, { throwIfNoEntry: false })?.isFile() ?? false);

/** Our own API, as its first caller who may start runs, and how long it may be away. */
interface PatientApi {
  readonly client: Client;
  readonly patience: Patience;
}

function connect({ config, progress, signal, bearAbsenceMs = BEAR_ABSENCE_MS }: JobOptions): PatientApi {
  const caller = config.access.credentials.find(({ role }) => role === 'admin' || role === 'operator');
  const client = createClient({ url: localUrl(config, 'API_PORT', ''), apiKey: caller?.secret, timeoutMs: ANSWER_TIMEOUT_MS });
  const minutes = Math.ceil(bearAbsenceMs / 60_000);
  const onAbsence = (error: unknown) => progress.note(`${textOf(error)}; asking again for up to ${minutes} min`);
  return { client, patience: { everyMs: LOOK_MS, bearAbsenceMs, onAbsence, signal } };
}

async function findRun({ client, patience }: PatientApi, workflow: StartableWorkflow, state: RunState): Promise<string | undefined> {
  const query = { workflow, state, limit: 1 };
  const { runs } = await patiently(() => client.runs.list({ query, signal: patience.signal }), patience);
  return runs[0]?.run_id;
}

async function seeThrough(api: PatientApi, id: string, progress: Progress): Promise<void> {
  const ended = await showRun(api, id, progress);
  if (ended.state !== 'success') throw new StartError(`${id} ${ended.state}: ${ended.error ?? 'no reason given'}`);
}

/** Shows what the model recommends. @throws StartError when there is no recommendation in time */
export const showRecommendation = (options: JobOptions, { shownUser }: Job): Promise<void> =>
  inWords(async () => {
    const { client } = connect(options);
    const { progress, signal } = options;
    const ask = () => client.recommendations.get({ query: { k: 5, user_id: shownUser }, signal });
    // Whatever stands against it: the model server takes the first model in a moment later.
    const patience = { everyMs: LOOK_MS, bearAbsenceMs: FIRST_RECOMMENDATION_MS, isPassing: () => true, signal };
    const { model, recommendations } = await patiently(ask, patience);
    const rows = recommendations.map(({ title, genres, score }) => [score.toFixed(3), title, genres.join(', ')]);
    progress.note(`\nFor user ${shownUser}, by ${model.name} version ${model.version}:\n${columns(rows)}\n`);
  });

/** Starts one run however often it has to ask: a start that went through although its answer was lost is known by its name. */
async function startOnce({ client, patience }: PatientApi, { workflow, input }: JobPart): Promise<string> {
  const run = `start-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}`;
  try {
    const started = await patiently(() => client.runs.start({ body: { workflow, input, run }, signal: patience.signal }), patience);
    return started.run_id;
  } catch (error) {
    if (isAnswer(error, 409)) return runId(workflow, run);
    throw error;
  }
}

const isAnswer = (error: unknown, status: number) => error instanceof CallFailed && error.answer?.status === status;

async function showRun({ client, patience }: PatientApi, id: string, progress: Progress): Promise<RunDetail> {
  const lines = new Map<string, ProgressLine>();
  let why = 'no longer followed';
  const onLook = (run: RunDetail) => {
    for (const step of run.steps) showStep(step, lines, progress);
    if (!isOpen(run)) why = run.state;
  };
  progress.note(id);
  try {
    // The ledger takes in a run that went through without its answer a moment later.
    return await followRun(client, id, { ...patience, onLook, isPassing: (error) => isAnswer(error, 404) || isPassing(error) });
  } finally {
    for (const line of lines.values()) line.fail(why);
  }
}

/** A line for each attempt of each step, ended once. */
function showStep(step: RunStep, lines: Map<string, ProgressLine>, progress: Progress): void {
  const key = JSON.stringify([step.step, step.subject, step.part, step.attempt]);
  const title = [step.step, step.subject, step.part, step.attempt > 1 ? `attempt ${step.attempt}` : ''].filter(Boolean).join(' ');
  const known = lines.get(key);
  const line = known ?? progress.begin(`  ${title}`, Date.parse(step.started_at));
  lines.set(key, line);
  if (step.state === 'running') return line.say(progressText(step.progress));
  if (known === ENDED) return;
  const endedAt = step.ended_at === null ? undefined : Date.parse(step.ended_at);
  if (step.state === 'success') line.done(undefined, endedAt);
  else line.fail(step.error ?? step.state, endedAt);
  lines.set(key, ENDED);
}

const ENDED: ProgressLine = { say: () => undefined, done: () => undefined, fail: () => undefined };

/** @throws StartError in place of what the client says of a call */
const inWords = <T>(body: () => Promise<T>): Promise<T> =>
  body().catch((error: unknown) => {
    throw error instanceof CallFailed ? new StartError(textOf(error), { cause: error }) : error;
  });

function textOf(error: unknown): string {
  if (error instanceof ApiProblem && error.errors.length > 0)
    return error.errors.map(({ field, message }) => `${field.replace(/^body\./, '')}: ${message}`).join('; ');
  if (error instanceof NoSuchApi && error.reason !== undefined) return `${error.call} was not answered (${error.reason})`;
  return error instanceof CallFailed && error.answer
    ? `${error.call} answered ${error.answer.status}: ${error.answer.text}`
    : String(error);
}
