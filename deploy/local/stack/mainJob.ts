import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { recommendationsAnswerSchema } from '../../../contracts/recommendations.ts';
import { isPassingStatus } from '../../../contracts/problem.ts';
import { runDetailSchema, runPageSchema, type RunDetail, type RunState, type RunStep } from '../../../contracts/runs.ts';
import { trainingProgressSchema } from '../../../contracts/training.ts';
import { runId, type StartableWorkflow } from '../../../contracts/workflows.ts';
import type { Config } from '../../../platform/config.ts';
import type { Progress, ProgressLine } from './progress.ts';
import { columns } from './columns.ts';
import { localUrl } from './processes.ts';
import { StartError } from '../supervision/startError.ts';

type Ask = <S extends z.ZodType>(path: string, schema: S, init?: RequestInit) => Promise<z.output<S>>;

interface JobOptions {
  readonly config: Config;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** How long an API that is away, or that an engine is missing to, is asked again. */
  readonly bearAbsenceMs?: number;
}

const JOB: readonly StartableWorkflow[] = ['movieDataCollection', 'movieTrainingPipeline'];
const LOOK_MS = 300;
/** A restart of the API, or of an engine behind it, takes seconds; one that fails at first is tried again every half minute. */
const BEAR_ABSENCE_MS = 300_000;
/** A process that is stopped, or starved, takes a request and says nothing. */
const ANSWER_TIMEOUT_MS = 15_000;
const FIRST_RECOMMENDATION_MS = 30_000;
const SHOWN_USER = '1';

/** Whether a training run has succeeded on this state before. */
export const isJobDone = async (options: JobOptions): Promise<boolean> =>
  (await findRun(askPatiently(options), 'movieTrainingPipeline', 'success')) !== undefined;

/**
 * Collects and trains through the API, as anyone could, and shows each step. It goes on where an earlier start came to: a run under way is followed,
 * and what succeeded is not done again, unless `again` says so. An API that is away for a while is waited for; the run goes on meanwhile.
 * @throws StartError when a run does not succeed, or the API stays away
 */
export async function runMainJob(options: JobOptions & { readonly again: boolean }): Promise<void> {
  const ask = askPatiently(options);
  for (const workflow of JOB) {
    const open = (await findRun(ask, workflow, 'running')) ?? (await findRun(ask, workflow, 'queued'));
    const done = open || options.again ? undefined : await findRun(ask, workflow, 'success');
    if (done) options.progress.note(`${done} succeeded before`);
    else await seeThrough(open ?? (await startRun(ask, workflow)), options);
  }
}

async function findRun(ask: Ask, workflow: StartableWorkflow, state: RunState): Promise<string | undefined> {
  const { runs } = await ask(`/api/v1/runs?workflow=${workflow}&state=${state}&limit=1`, runPageSchema);
  return runs[0]?.run_id;
}

async function seeThrough(id: string, options: JobOptions): Promise<void> {
  const ended = await follow(id, options);
  if (ended.state !== 'success') throw new StartError(`${id} ${ended.state}: ${ended.error ?? 'no reason given'}`);
}

/** Shows what the model recommends. @throws StartError when there is no recommendation in time */
export async function showRecommendation(options: JobOptions): Promise<void> {
  const ask = askApi(options);
  const until = Date.now() + FIRST_RECOMMENDATION_MS;
  for (;;) {
    try {
      const answer = await ask(`/api/v1/recommendations?k=5&user_id=${SHOWN_USER}`, recommendationsAnswerSchema);
      const rows = answer.recommendations.map(({ title, genres, score }) => [score.toFixed(3), title, genres.join(', ')]);
      const { name, version } = answer.model;
      options.progress.note(`\nFor user ${SHOWN_USER}, by ${name} version ${version}:\n${columns(rows)}\n`);
      return;
    } catch (error) {
      if (Date.now() > until || options.signal.aborted) throw error;
      await sleep(LOOK_MS, undefined, { signal: options.signal });
    }
  }
}

/** Starts one run however often it has to ask: a start that went through although its answer was lost is known by its name. */
async function startRun(ask: Ask, workflow: StartableWorkflow): Promise<string> {
  const run = `start-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}`;
  const body = JSON.stringify({ workflow, run });
  try {
    const started = await ask('/api/v1/runs', runDetailSchema, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    return started.run_id;
  } catch (error) {
    if (error instanceof RequestFailed && error.status === 409) return runId(workflow, run);
    throw error;
  }
}

async function follow(id: string, options: JobOptions): Promise<RunDetail> {
  const { progress, signal } = options;
  // The ledger takes in a run that went through without its answer a moment later.
  const ask = askPatiently(options, (status) => status === 404 || isPassingStatus(status));
  const lines = new Map<string, ProgressLine>();
  let why = 'no longer followed';
  progress.note(id);
  try {
    for (;;) {
      const run = await ask(`/api/v1/runs/${id}`, runDetailSchema);
      for (const step of run.steps) showStep(step, lines, progress);
      why = run.state;
      if (run.state !== 'running' && run.state !== 'queued') return run;
      why = 'no longer followed';
      await sleep(LOOK_MS, undefined, { signal });
    }
  } finally {
    for (const line of lines.values()) line.fail(why);
  }
}

/** A line for each attempt of each step, ended once. */
function showStep(step: RunStep, lines: Map<string, ProgressLine>, progress: Progress): void {
  const key = JSON.stringify([step.step, step.subject, step.attempt]);
  const title = [step.step, step.subject, step.attempt > 1 ? `attempt ${step.attempt}` : ''].filter(Boolean).join(' ');
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

function progressText(progress: unknown): string {
  const training = trainingProgressSchema.safeParse(progress);
  if (!training.success) return '';
  const { epoch, epochs, loss, samples_per_s: rate, eta_s: eta } = training.data;
  const parts = [
    `epoch ${epoch} of ${epochs}`,
    loss === null ? '' : `loss ${loss.toFixed(4)}`,
    `${Math.round(rate).toLocaleString('en')} samples/s`,
  ];
  return [...parts, eta === null ? '' : `up to ${Math.ceil(eta)} s to go`].filter(Boolean).join(', ');
}

/** The API refused, with this status, or nobody answered. */
class RequestFailed extends StartError {
  constructor(
    message: string,
    readonly status: number | undefined,
  ) {
    super(message);
  }
}

/** Requests that are tried again while they fail for a reason that passes by itself. @param isPassing of a status */
function askPatiently(options: JobOptions, isPassing = isPassingStatus): Ask {
  const { progress, signal, bearAbsenceMs = BEAR_ABSENCE_MS } = options;
  const ask = askApi(options);
  return async (path, schema, init) => {
    const until = Date.now() + bearAbsenceMs;
    for (let isTold = false; ; isTold = true) {
      try {
        return await ask(path, schema, init);
      } catch (error) {
        signal.throwIfAborted();
        const passes = error instanceof RequestFailed && (error.status === undefined || isPassing(error.status));
        if (!passes || Date.now() > until) throw error;
        if (!isTold) progress.note(`${error.message}; asking again for up to ${Math.ceil(bearAbsenceMs / 60_000)} min`);
        await sleep(LOOK_MS, undefined, { signal });
      }
    }
  };
}

/** Requests to our own API, as its first caller who may start runs. @throws RequestFailed with the problem that the API states */
function askApi({ config, signal }: JobOptions): Ask {
  const caller = config.access.credentials.find(({ role }) => role === 'admin' || role === 'operator');
  return async (path, schema, init = {}) => {
    const what = `${init.method ?? 'GET'} ${path}`;
    const headers = { ...(init.headers as Record<string, string>), ...(caller && { 'x-api-key': caller.secret }) };
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    const { status, ok, text } = await fetch(localUrl(config, 'API_PORT', path), { ...init, headers, signal: bounded })
      .then(async (answer) => ({ status: answer.status, ok: answer.ok, text: await answer.text() }))
      .catch((error: Error) => {
        throw new RequestFailed(`${what} was not answered (${reasonOf(error)})`, undefined);
      });
    if (!ok) throw new RequestFailed(`${what} answered ${status}: ${text}`, status);
    return schema.parse(JSON.parse(text));
  };
}

/** What `fetch` hides in the cause: https://undici.nodejs.org/#/docs/api/Errors */
const reasonOf = ({ message, cause }: Error): string => (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
