/**
 * Starts the release before on real data, leaves a training and answers to drift under way, and upgrades it to this checkout under load: `npm run test:upgrade`.
 * Ends with 1 where a step fails. All of it is of this run alone.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { PROJECT_ROOT, readRelease, type PortName } from '../../platform/config.ts';
import { createTemporalClient } from '../../platform/temporal/client.ts';
import { createSteps } from '../monitoring/steps.ts';
import { createStackSettings } from '../support/stack.ts';
import { waitFor } from '../support/waitFor.ts';
import { startLoad, type LoadReport } from './load.ts';
import { findRelease, layOut, schemaOf } from './release.ts';

/** A training on two busy cores takes minutes; one that is stuck takes for ever. */
const PATIENCE = { timeoutMs: 900_000, everyMs: 500 };
const folder = await mkdtemp(path.join(tmpdir(), 'upgrade '));
const settings = await createStackSettings();
const { ports } = settings;
const address = (port: PortName) => `http://127.0.0.1:${ports[port]}`;
const [apiUrl, servingUrl] = [address('API_PORT'), address('SERVING_PORT')];
const env = { ...process.env, ...settings.env, DRIFT_DEBOUNCE_MS: '90000', DRIFT_COOL_DOWN_MS: '1000' };
const { step, failed } = createSteps();

const release = await findRelease();
const releaseFolder = path.join(folder, 'release');
process.stderr.write(`from ${release.subject} (${release.commit.slice(0, 9)}) to ${await readRelease()}\n`);

/** A program that goes on, with what it says. */
function run(cwd: string, args: readonly string[]) {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exit = new Promise<number | string | null>((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  return { child, exit, output: () => output };
}
type Running = ReturnType<typeof run>;

async function says(program: Running, text: string): Promise<void> {
  const ended = program.exit.then((how) => {
    if (!program.output().includes(text))
      throw new Error(`it ended with ${how} before it said ${text}:\n${program.output().slice(-3_000)}`);
  });
  await Promise.race([waitFor(text, () => program.output().includes(text), PATIENCE), ended]);
}

async function ask<T>(route: string, body?: unknown): Promise<T> {
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(apiUrl + route, body === undefined ? {} : post);
  if (!answer.ok) throw new Error(`${route} answers ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

interface Run {
  run_id: string;
  state: string;
  error: string | null;
  steps: { step: string; state: string; attempt: number; progress?: unknown }[];
}
const startRun = (workflow: string, name: string, input: object) => ask<Run>('/api/v1/runs', { workflow, run: name, input });
const hasSucceeded = (id: string) =>
  waitFor(
    `${id} ends well`,
    async () => {
      const { state, error } = await ask<Run>(`/api/v1/runs/${id}`);
      if (state === 'failed' || state === 'cancelled') throw new Error(`it is ${state}: ${error}`);
      return state === 'success';
    },
    PATIENCE,
  );

const LONG = { models: [{ kind: 'neural_cf', epochs: Number(process.env['UPGRADE_EPOCHS'] ?? 8), patience: 0 }] };
const [ofOld, upgraded] = [
  () => run(releaseFolder, ['deploy/local/start.mjs', '--no-job']),
  () => run(PROJECT_ROOT, ['cli/mlops.mjs', 'upgrade']),
];
let supervisor: Running | undefined;
let load: ReturnType<typeof startLoad> | undefined;
let report: LoadReport | undefined;
const temporal = createTemporalClient({ address: `127.0.0.1:${ports.TEMPORAL_PORT}`, namespace: 'default' });

async function prove(): Promise<void> {
  const isReady = await step('the release before is built and starts', async () => {
    await layOut(release.commit, releaseFolder);
    supervisor = ofOld();
    await says(supervisor, 'Ctrl-C stops everything');
  });
  if (!isReady) return;

  const isFilled = await step('it has collected MovieLens, and has champions', async () => {
    await startRun('movieDataCollection', 'first', {});
    await hasSucceeded('collection/first');
    await startRun('movieTrainingPipeline', 'first', { models: [{ kind: 'popularity' }, { kind: 'ials' }] });
    await hasSucceeded('training/first');
    await waitFor('a recommendation', () => ask('/api/v1/recommendations?k=5&user_id=1'), PATIENCE);
  });
  if (!isFilled) return;

  await step('a training is under way, one answer to drift waits for more alerts, and another cools down', async () => {
    const alert = { event_id: randomUUID(), drift_score: 0.9 };
    await temporal.workflow.signalWithStart('driftRetrain', {
      ...{ workflowId: 'drift-retrain/ials', taskQueue: 'control', signal: 'driftAlert', signalArgs: [alert] },
      args: [{ model_name: 'ials', debounce_ms: 0, cool_down_ms: 120_000 }],
    });
    await hasSucceeded(`training/drift-ials-${alert.event_id}`);
    await ask('/api/v1/trigger/model-drift', { model_name: 'popularity', drift_score: 0.9, threshold: 0.5 });
    await waitFor('the answer to drift', () => temporal.workflow.getHandle('drift-retrain/popularity').describe(), PATIENCE);
    await startRun('movieTrainingPipeline', 'long', LONG);
    await waitFor(
      'an epoch',
      async () => (await ask<Run>('/api/v1/runs/training/long')).steps.some(({ step: name }) => name === 'train_movie_model'),
      PATIENCE,
    );
  });

  await step('the plan says that it is safe', async () => {
    const planned = await promisify(execFile)(process.execPath, ['cli/mlops.mjs', 'upgrade', '--plan', '--json'], {
      cwd: PROJECT_ROOT,
      env,
    }).catch((error: Error & { stdout: string; stderr: string }) => error);
    const plan = JSON.parse(planned.stdout) as {
      safe: boolean;
      problems: string[];
      from: string;
      workflows: unknown;
      schema: { is: number };
    };
    process.stderr.write(`    from ${plan.from}; ${JSON.stringify(plan.workflows)}\n`);
    if (!plan.safe) throw new Error(plan.problems.join('; '));
    if (plan.schema.is !== (await schemaOf(releaseFolder))) throw new Error(`the schema is ${plan.schema.is}`);
    const releases = JSON.parse(await readFile(path.join(PROJECT_ROOT, 'data', 'migrations', 'releases.json'), 'utf8')) as Record<
      string,
      number
    >;
    if (!Object.values(releases).includes(plan.schema.is)) throw new Error('data/migrations/releases.json does not have the release');
  });

  load = startLoad({ apiUrl, servingUrl });
  await waitFor('some load', () => true);
  const old = supervisor;
  const isUpgraded = await step('all is replaced, a process after the other, under load', async () => {
    supervisor = upgraded();
    await says(supervisor, 'watched over from here');
    process.stderr.write(`${supervisor.output().replaceAll(/^/gm, '    ')}\n`);
    if ((await old?.exit) !== 'SIGKILL') throw new Error('the supervisor before has not ended');
  });
  if (!isUpgraded) return;

  await step('every process is of this release', async () => {
    const to = await readRelease();
    for (const port of [
      'API_PORT',
      'SERVING_PORT',
      'WORKER_CONTROL_METRICS_PORT',
      'WORKER_TRAINING_METRICS_PORT',
      'WORKER_INGEST_METRICS_PORT',
    ] as const) {
      const { release: its } = (await (await fetch(`${address(port)}/health/ready`)).json()) as { release?: string };
      if (its !== to) throw new Error(`${port} tells ${its}`);
    }
  });

  report = await load.stop();
  load = undefined;
  const { asked, failed: refused, again, slowestMs, events } = report;
  process.stderr.write(
    `    ${JSON.stringify(asked)}; slowest ${slowestMs} ms; asked again ${again.length}: ${again.slice(0, 10).join(', ')}\n`,
  );

  await step('the training that was under way ends well', async () => {
    await hasSucceeded('training/long');
    const { steps } = await ask<Run>('/api/v1/runs/training/long');
    const attempts = steps.filter(({ step: name }) => name === 'train_movie_model').map(({ attempt, state }) => `${attempt} ${state}`);
    process.stderr.write(`    train_movie_model: ${attempts.join(', ')}\n`);
    if (attempts.length < 2) throw new Error('it had ended before its worker was replaced: give it more epochs (UPGRADE_EPOCHS)');
  });

  await step('both answers to drift end well', async () => {
    for (const model of ['popularity', 'ials']) {
      const result = (await temporal.workflow.getHandle(`drift-retrain/${model}`).result()) as { retrains: number; failed: number };
      if (result.retrains !== 1 || result.failed !== 0) throw new Error(`${model}: ${JSON.stringify(result)}`);
    }
  });

  await step('no run has a task that failed, and none is stuck', async () => {
    for await (const { workflowId, runId, type, status } of temporal.workflow.list()) {
      const { events } = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
      const wrong = (events ?? []).filter(({ workflowTaskFailedEventAttributes: attributes }) => attributes);
      if (wrong.length > 0)
        throw new Error(`${workflowId}: ${JSON.stringify(wrong[0]?.workflowTaskFailedEventAttributes?.failure?.message)}`);
      if (!['COMPLETED', 'RUNNING', 'CONTINUED_AS_NEW'].includes(status.name))
        throw new Error(`${workflowId} of ${type} is ${status.name}`);
    }
  });

  await step('nobody who asked was refused', async () => {
    if (refused.length > 0) throw new Error(`${refused.length}: ${refused.slice(0, 10).join('\n')}`);
  });

  await step('every event that was accepted is there, once', async () => {
    const client = new pg.Client({ connectionString: `postgres://mlops:mlops@127.0.0.1:${ports.POSTGRES_PORT}/mlops` });
    await client.connect();
    const count = async () => {
      const { rows } = await client.query<{ known: number; all: number }>(
        'select count(*) filter (where event_id = any ($1::uuid[]))::integer as known, count(*)::integer as all from interactions',
        [events],
      );
      return rows[0]!;
    };
    try {
      await waitFor('all events', async () => (await count()).known === events.length, PATIENCE);
      const { all } = await count();
      if (all !== events.length) throw new Error(`${events.length} were accepted, and ${all} are there`);
    } finally {
      await client.end();
    }
  });

  await step('what recommended before recommends', async () => {
    const { recommendations } = await ask<{ recommendations: unknown[] }>('/api/v1/recommendations?k=5&user_id=1');
    if (recommendations.length !== 5) throw new Error(JSON.stringify(recommendations));
  });

  await step('the supervisor ends all in order', async () => {
    supervisor?.child.kill('SIGTERM');
    const how = await supervisor?.exit;
    if (how !== 0) throw new Error(`it ended with ${how}:\n${supervisor?.output().slice(-2_000)}`);
  });
}

try {
  await prove();
} finally {
  await load?.stop();
  await temporal.connection.close();
  await promisify(execFile)(process.execPath, ['cli/mlops.mjs', 'down'], { cwd: PROJECT_ROOT, env }).catch(() => undefined);
  if (failed()) process.stderr.write(`${supervisor?.output().slice(-4_000)}\nlogs: ${settings.env['STATE_DIR']}/logs\n`);
  else await Promise.all([folder, settings.folder].map((each) => rm(each, { recursive: true, force: true })));
}
process.exitCode = failed() ? 1 : 0;
