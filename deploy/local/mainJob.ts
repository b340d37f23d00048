import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { recommendationsAnswerSchema } from '../../contracts/recommendations.ts';
import { runDetailSchema, runPageSchema, type RunDetail, type RunStep } from '../../contracts/runs.ts';
import { trainingProgressSchema } from '../../contracts/training.ts';
import type { StartableWorkflow } from '../../contracts/workflows.ts';
import type { Config } from '../../platform/config.ts';
import type { Progress, ProgressLine } from './progress.ts';
import { columns } from './columns.ts';
import { localUrl } from './processes.ts';
import { StartError } from './startError.ts';

type Get = <S extends z.ZodType>(path: string, schema: S, init?: RequestInit) => Promise<z.output<S>>;

interface JobOptions {
  readonly config: Config;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

const JOB: readonly StartableWorkflow[] = ['movieDataCollection', 'movieTrainingPipeline'];
const LOOK_MS = 300;
const FIRST_RECOMMENDATION_MS = 30_000;
const SHOWN_USER = '1';

/** Whether a training run has succeeded on this state before. */
export async function isJobDone(options: JobOptions): Promise<boolean> {
  const { runs } = await askApi(options)(`/api/v1/runs?workflow=movieTrainingPipeline&state=success&limit=1`, runPageSchema);
  return runs.length > 0;
}

/**
 * Collects and trains through the API, as anyone could, and shows each step. A run that an earlier start began, and that goes on, is followed.
 * @throws StartError when a run does not succeed
 */
export async function runMainJob(options: JobOptions): Promise<void> {
  const ask = askApi(options);
  for (const workflow of JOB) {
    const { runs } = await ask(`/api/v1/runs?workflow=${workflow}&state=running&limit=1`, runPageSchema);
    const runId = runs[0]?.run_id ?? (await startRun(ask, workflow));
    const ended = await follow(ask, runId, options);
    if (ended.state !== 'success') throw new StartError(`${runId} ${ended.state}: ${ended.error ?? 'no reason given'}`);
  }
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
      await pause(LOOK_MS, undefined, { signal: options.signal });
    }
  }
}

async function startRun(ask: Get, workflow: StartableWorkflow): Promise<string> {
  const run = `start-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}`;
  const body = JSON.stringify({ workflow, run });
  const started = await ask('/api/v1/runs', runDetailSchema, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return started.run_id;
}

async function follow(ask: Get, runId: string, { progress, signal }: JobOptions): Promise<RunDetail> {
  const lines = new Map<string, ProgressLine>();
  progress.note(`${runId}`);
  for (;;) {
    const run = await ask(`/api/v1/runs/${runId}`, runDetailSchema);
    for (const step of run.steps) showStep(step, lines, progress);
    if (run.state !== 'running' && run.state !== 'queued') return run;
    await pause(LOOK_MS, undefined, { signal });
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

/** Requests to our own API, as its first caller who may start runs. @throws StartError with the problem that the API states */
function askApi({ config, signal }: JobOptions): Get {
  const caller = config.access.credentials.find(({ role }) => role === 'admin' || role === 'operator');
  return async (path, schema, init = {}) => {
    const headers = { ...(init.headers as Record<string, string>), ...(caller && { 'x-api-key': caller.secret }) };
    const answer = await fetch(localUrl(config, 'API_PORT', path), { ...init, headers, signal });
    const text = await answer.text();
    if (!answer.ok) throw new StartError(`${init.method ?? 'GET'} ${path} answered ${answer.status}: ${text}`);
    return schema.parse(JSON.parse(text));
  };
}
