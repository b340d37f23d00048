import { Context } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAirflowApi } from '../../api/airflow/app.ts';
import { pathOfRun } from '../../contracts/endpoints/runs.ts';
import type { Run, RunDetail } from '../../contracts/runs.ts';
import { putScheduleBodySchema } from '../../contracts/schedules.ts';
import { TASK_QUEUES, WORKFLOW_TYPES } from '../../contracts/workflows.ts';
import { STATE_QUERY, type WorkflowState } from '../../contracts/workflowState.ts';
import { runDoctor } from '../../deploy/local/stack/doctor.ts';
import { takeLock } from '../../deploy/local/stack/stackLock.ts';
import { lookAtQueues } from '../../deploy/local/stack/unpolled.ts';
import { adoptRuns } from '../../domain/runs/adoptRuns.ts';
import { reconcileOpenRuns } from '../../domain/runs/syncRun.ts';
import { readConfig } from '../../platform/config.ts';
import { createTemporalSchedules } from '../../platform/temporal/schedules.ts';
import { addSearchAttributes } from '../../platform/temporal/searchAttributes.ts';
import { createDriftSignal } from '../../workers/ingest/driftSignals.ts';
import { createTemporalRuns } from '../../platform/temporal/runs.ts';
import { answers } from '../replay/answers.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { busyBound } from '../support/busyBound.ts';
import { waitFor } from '../support/waitFor.ts';
import { startWorkerOfAnswers } from '../support/workerOfAnswers.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let api: TestApi;
let airflow: TestApi;
let stopWorker: () => Promise<void>;
let sweep: () => Promise<void>;
/** Steps that end when a test says so. */
let isTrainingFree = false;
let isOpeningFree = false;
async function until(isFree: () => boolean): Promise<void> {
  while (!isFree()) {
    Context.current().heartbeat();
    await Context.current().sleep(50);
  }
}
beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  expect(await addSearchAttributes(temporal.client)).toBeNull();
  stopWorker = await startWorkerOfAnswers(temporal, database.pool, {
    async trainMovieModel(input) {
      if (input.spec.kind === 'ease') await until(() => false); // it is cancelled
      if (input.spec.kind === 'ials') await until(() => isTrainingFree);
      return answers.trainMovieModel(input);
    },
    async openImportedSet(input) {
      if (input.path === 'held') await until(() => isOpeningFree);
      return answers.openImportedSet(input);
    },
  });
  const settings = {
    database: { url: database.url, poolSize: 4, external: true },
    temporal: { address: temporal.address, namespace: temporal.namespace, external: true },
  };
  api = await startTestApi(settings);
  airflow = await startTestApi(settings, createAirflowApi);
  const { listStarted, readStart, describe: describeRun } = createTemporalRuns(temporal.client);
  // What the control worker does every two seconds.
  sweep = async () => {
    await adoptRuns(
      database.pool,
      { listStarted: (since) => listStarted({ workflows: WORKFLOW_TYPES, taskQueue: TASK_QUEUES.control }, since), readStart },
      new Date(0),
    );
    await reconcileOpenRuns(database.pool, describeRun);
  };
});
afterAll(async () => {
  await Promise.all([api.stop(), airflow.stop()]);
  await stopWorker();
  await temporal.close();
  await database.drop();
});

/** As `temporal workflow start --type <workflow> --task-queue control --workflow-id <id>` does. */
const startInTemporal = (workflow: string, workflowId: string, ...args: unknown[]) =>
  temporal.client.workflow.start(workflow, { workflowId, taskQueue: TASK_QUEUES.control, args });
const show = async (runId: string) => (await api.call<RunDetail>('GET', pathOfRun(runId))).body;
const ended = (runId: string) =>
  waitFor(`${runId} to end`, async () => {
    await sweep();
    const run = await show(runId);
    return run.ended_at ? run : undefined;
  });

describe('a run that was started in Temporal', () => {
  test.each([
    'ui-1',
    '6f1de9e2-0f0e-4d3e-9d0b-0e7ad3a2cf5a',
    'tmdb/x',
    'tmdb-collection/by/hand',
    'training/of another/kind',
    'mine 100%/é?#&+',
    '.',
    '..',
    '../..',
    '~/~',
    '/',
    'x'.repeat(900),
  ])('under the id %s is told as what it is, with its steps, and nothing else is', async (id) => {
    await database.pool.query('delete from runs');
    await startInTemporal('movieDataCollection', id, {});
    const run = await ended(id);
    expect({ ...run, steps: run.steps.map(({ step, subject }) => `${step} ${subject ?? ''}`.trim()).sort() }).toMatchObject({
      run_id: id,
      workflow: 'movieDataCollection',
      state: 'success',
      error: null,
      started_by: 'temporal',
      steps: expect.arrayContaining(['stage_set', 'bring_online features', 'fetch_tmdb_genres tmdb']),
    });
    const { runs } = (await api.call<{ runs: Run[] }>('GET', '/api/v1/runs?workflow=movieDataCollection')).body;
    expect(runs.map(({ run_id }) => run_id)).toContain(id);
    const { rows } = await database.pool.query<{ run_id: string }>('select run_id from runs where state = $1', ['failed']);
    expect(rows).toEqual([]);
  });

  test('as what is else a part of a run stands for itself, also beside a run whose id is the head of its own, and is listed by its type', async () => {
    await startInTemporal('dataImport', 'training/by', { path: 'ml-1m' });
    const { steps } = await ended('training/by');
    const dataset = { snapshot_id: 'ab', uri: 'blob:snapshots/ab', interactions: 2, users: 1, movies: 2 };
    await startInTemporal('movieModelTraining', 'training/by/hand', { dataset, spec: { kind: 'popularity' } });
    expect(await ended('training/by/hand')).toMatchObject({ workflow: 'movieModelTraining', state: 'success', steps: [{}, {}, {}] });
    expect((await show('training/by')).steps).toEqual(steps);
    const { runs } = (await api.call<{ runs: Run[] }>('GET', '/api/v1/runs?workflow=movieModelTraining')).body;
    expect(runs.map(({ run_id }) => run_id)).toEqual(['training/by/hand']);
  });

  test('is cancelled, cleared and deleted under any id', async () => {
    const id = 'mine/to be stopped?';
    await startInTemporal('movieTrainingPipeline', id, { models: [{ kind: 'ease' }] });
    await waitFor('the training', async () => (await show(id)).steps?.some(({ subject }) => subject === 'ease'));
    expect(await api.call('POST', `${pathOfRun(id)}/cancel`)).toMatchObject({ status: 202 });
    expect(await ended(id)).toMatchObject({ state: 'cancelled' });

    const dagRun = `/api/v1/dags/movie_training_pipeline/dagRuns/${encodeURIComponent(`~${id}`)}`;
    expect(await airflow.call('GET', dagRun)).toMatchObject({ status: 200, body: { dag_run_id: `~${id}`, state: 'failed' } });
    expect(await airflow.call('POST', `${dagRun}/clear`, { json: { dry_run: false } })).toMatchObject({ body: { state: 'running' } });
    await waitFor('the training to go on', async () => (await show(id)).steps.filter(({ subject }) => subject === 'ease').length > 1);
    await api.call('POST', `${pathOfRun(id)}/cancel`);
    await ended(id);
    expect(await airflow.call('DELETE', dagRun)).toMatchObject({ status: 204 });
    expect(await api.call('GET', pathOfRun(id))).toMatchObject({ status: 404 });
  });

  test('twice under one id, by itself and by a reset, is as many runs, each with its own end; only the latest is cleared', async () => {
    const id = 'twice';
    await (await startInTemporal('dataImport', id, 'no input')).result().catch(() => undefined);
    const first = (await ended(id)).error;
    const handle = await startInTemporal('dataImport', id, { path: 'ml-1m' });
    await handle.result();
    expect(first).toMatch(/InvalidSpec/);
    await waitFor('the second', async () => (await ended(id)).state === 'success');
    const runIds = async () => {
      const { runs } = (await api.call<{ runs: Run[] }>('GET', '/api/v1/runs?workflow=dataImport')).body;
      return runs.map(({ run_id }) => run_id).filter((runId) => runId.startsWith(id));
    };
    const [, earlier, ...others] = await runIds();
    expect(others).toEqual([]);
    expect(await show(earlier!)).toMatchObject({ state: 'failed', error: first, steps: [] });

    const { runId } = await handle.describe();
    const { namespace } = temporal;
    const reset = {
      workflowExecution: { workflowId: id, runId },
      workflowTaskFinishEventId: 4 as never,
      requestId: randomUUID(),
      reason: 'by hand',
    };
    await temporal.client.workflowService.resetWorkflowExecution({ namespace, ...reset });
    await waitFor('three runs', async () => {
      await sweep();
      return (await runIds()).length === 3;
    });
    const { steps } = await show(`${id}@${runId}`);
    expect((await ended(id)).steps.map(({ step, attempt }) => [step, attempt])).toEqual(steps.map(({ step }) => [step, 1]));
    const dagRun = `/api/v1/dags/data_import/dagRuns/${encodeURIComponent(`~${id}@${runId}`)}`;
    expect(await airflow.call('POST', `${dagRun}/clear`, { json: { dry_run: false } })).toMatchObject({ status: 409 });
    expect(await airflow.call('DELETE', dagRun)).toMatchObject({ status: 204 });
    await sweep();
    expect(await runIds()).toEqual([id, earlier]);
  });

  test('is a run of its own DAG alone, whatever its id looks like', async () => {
    await startInTemporal('dataImport', 'collection/an-import', { path: 'ml-1m' });
    await ended('collection/an-import');
    const at = (dag: string, run: string) => airflow.call('GET', `/api/v1/dags/${dag}/dagRuns/${encodeURIComponent(run)}`);
    expect(await at('movie_data_collection', 'an-import')).toMatchObject({ status: 404 });
    expect(await at('data_import', '~collection/an-import')).toMatchObject({
      status: 200,
      body: { dag_id: 'data_import', dag_run_id: '~collection/an-import', state: 'success' },
    });
  });

  test.each([
    ['movieModelTraining', undefined, /InvalidSpec: dataset: .*; spec: /],
    ['movieTrainingPipeline', { models: [{ kind: 'psychic' }] }, /InvalidSpec: models\.0/],
    ['dataImport', 'ml-1m', /InvalidSpec: input: /],
    ['scheduleBackfill', null, /InvalidSpec: schedule_id: /],
    ['driftRetrain', undefined, /InvalidSpec: model_name: /],
  ])(
    '%s with the input %j, which it cannot take, is listed, failed at once and with the fields at fault',
    async (workflow, input, error) => {
      const id = `wrong-${workflow}`;
      await startInTemporal(workflow, id, ...(input === undefined ? [] : [input]));
      const failed = `WorkflowId = '${id}' and ExecutionStatus = 'Failed'`;
      await waitFor('its end', async () => (await temporal.client.workflow.count(failed)).count === 1); // before anybody looked
      expect(await ended(id)).toMatchObject({ workflow, state: 'failed', error: expect.stringMatching(error), steps: [] });
    },
  );
});

/** What Temporal's page shows of a workflow beside its history, as it asks for it. */
interface WorkflowMetadata {
  readonly definition: Record<'queryDefinitions' | 'signalDefinitions', { name: string; description?: string }[]>;
  readonly currentDetails?: string;
}

describe('what a run says of itself', () => {
  test('is shown beside its steps while it goes on, its parts too, and is what the query answers', async () => {
    const id = 'telling';
    const handle = await startInTemporal('movieTrainingPipeline', id, { models: [{ kind: 'ease' }] });
    const { now } = await waitFor('the training', async () => {
      await sweep();
      const run = await show(id);
      return run.now?.length === 2 ? run : undefined;
    });
    expect(now).toMatchObject([
      {
        subject: null,
        says: 'movieModelTraining ease; next mark_winner',
        doing: [{ what: 'movieModelTraining', subject: 'ease', workflow_id: 'telling/ease' }],
        waits: [],
        next: 'mark_winner',
      },
      { subject: 'ease', says: 'train_movie_model ease; next evaluate_trained_model' },
    ]);
    expect(now[0]).toEqual({ subject: null, ...(await handle.query<WorkflowState>(STATE_QUERY)) });
    const { currentDetails } = await handle.query<WorkflowMetadata>('__temporal_workflow_metadata');
    expect(currentDetails).toBe(now[0]?.says);
    await api.call('POST', `${pathOfRun(id)}/cancel`);
    expect((await ended(id)).now).toEqual([]);
    const { events } = await handle.fetchHistory();
    const cancels = events?.flatMap(({ workflowExecutionCancelRequestedEventAttributes: asked }) => asked ?? []);
    expect(cancels).toMatchObject([{ cause: expect.stringMatching(/^asked for by \w/) }]);
  });

  test.each(WORKFLOW_TYPES)('is told by %s too, whatever it was started with', async (workflow) => {
    const handle = await startInTemporal(workflow, `silent-${workflow}`, 'no input');
    await handle.result().catch(() => undefined);
    expect(await handle.query(STATE_QUERY)).toMatchObject({ says: expect.any(String), doing: [], waits: [] });
  });

  test.each(WORKFLOW_TYPES)('stands at its place in Temporal, with what can be asked of %s and sent to it, described', async (workflow) => {
    const handle = await startInTemporal(workflow, `described-${workflow}`, 'no input');
    await handle.result().catch(() => undefined);
    const { definition } = await handle.query<WorkflowMetadata>('__temporal_workflow_metadata');
    const described = expect.stringMatching(/ .* /);
    const ofAll = ['pause', 'resume'].map((name) => ({ name, description: described }));
    expect(definition.queryDefinitions).toContainEqual({ name: STATE_QUERY, description: described });
    expect(definition.signalDefinitions).toEqual(expect.arrayContaining(ofAll));
    for (const { description } of definition.signalDefinitions) expect(description).toEqual(described);
  });

  test('holds no answer up where a worker took the run and stands still', async () => {
    const frozen = { namespace: temporal.namespace, taskQueue: { name: 'frozen' } };
    const { workflowService, connection } = temporal.client;
    const taken = connection.withDeadline(Date.now() + 60_000, () => workflowService.pollWorkflowTaskQueue(frozen));
    await temporal.client.workflow.start('movieDataCollection', { workflowId: 'held', taskQueue: 'frozen', args: [{}] });
    await taken;
    await waitFor('the run', async () => {
      await sweep();
      return (await show('held')).run_id;
    });
    const asked = performance.now();
    expect(await show('held')).toMatchObject({ run_id: 'held', state: 'running', now: [] });
    expect(performance.now() - asked).toBeLessThan(busyBound(1_500));
    await temporal.client.workflow.getHandle('held').terminate();
  });
});

describe('a run that is paused by a signal', () => {
  const begun = async (id: string) => (await show(id)).steps.map(({ step, subject }) => [step, subject].filter(Boolean).join(' '));

  test('begins nothing more, its parts neither, until it is resumed', async () => {
    const id = 'paused';
    const handle = await startInTemporal('movieTrainingPipeline', id, {
      models: [{ kind: 'ials' }, { kind: 'popularity' }],
      max_parallel: 1,
    });
    await waitFor('the training', async () => {
      await sweep();
      return (await show(id)).steps?.some(({ subject }) => subject === 'ials');
    });
    await handle.signal('pause');
    await waitFor('both to be paused', async () => (await show(id)).now.filter(({ paused }) => paused).length === 2);
    isTrainingFree = true;
    await waitFor('the step to end', async () => (await show(id)).steps.every(({ ended_at }) => ended_at));
    expect((await show(id)).now).toMatchObject([
      { subject: null, says: 'movieModelTraining ials, paused until the signal `resume`; next mark_winner' },
      { subject: 'ials', says: 'paused until the signal `resume`; next evaluate_trained_model' },
    ]);
    expect(await begun(id)).toEqual(['prepare_training_data', 'train_movie_model ials']);
    await handle.signal('resume');
    expect(await ended(id)).toMatchObject({ state: 'success' });
    expect(await begun(id)).toContain('register_model_to_mlflow popularity');
  });

  test('is cancelled all the same, and tidies up', async () => {
    const id = 'paused-import';
    const handle = await startInTemporal('dataImport', id, { path: 'held' });
    await waitFor('its first step', async () => {
      await sweep();
      return (await show(id)).steps?.length === 1;
    });
    await handle.signal('pause');
    await waitFor('the pause', async () => (await show(id)).now[0]?.paused);
    isOpeningFree = true;
    await waitFor('the step to end', async () => (await show(id)).steps[0]?.ended_at);
    await handle.cancel();
    expect(await ended(id)).toMatchObject({ state: 'cancelled' });
    expect(await begun(id)).toEqual(['open_imported_set', 'discard_staging']);
  });
});

describe('what stands with a run in Temporal', () => {
  const found = async (query: string) => {
    const ids = [];
    for await (const { workflowId } of temporal.client.workflow.list({ query })) ids.push(workflowId);
    return ids.sort();
  };
  /** Summaries of the steps and children of a run, as Temporal's page shows them. */
  const summaries = async (workflowId: string) => {
    const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? []).flatMap(({ userMetadata, eventType, eventId }) =>
      userMetadata?.summary && eventType !== null && Number(eventId) > 1 ? [defaultPayloadConverter.fromPayload(userMetadata.summary)] : [],
    );
  };

  test('is whom it is about and who started it, to search for, and in words; its parts and steps have theirs', async () => {
    const json = { workflow: 'movieTrainingPipeline', run: 'told', input: { models: [{ kind: 'popularity' }] } };
    expect(await api.call('POST', '/api/v1/runs', { json })).toMatchObject({ status: 202 });
    const { started_by } = await ended('training/told');
    const query = `MlopsSubject = 'popularity' and MlopsStartedBy = '${started_by}'`;
    expect(await waitFor('both in the list', async () => ((await found(query)).length === 2 ? found(query) : undefined))).toEqual([
      'training/told',
      'training/told/popularity',
    ]);
    const { staticSummary, staticDetails } = await temporal.client.workflow.getHandle('training/told').describe();
    expect(await staticSummary()).toBe(`popularity, started by ${started_by}`);
    expect(await staticDetails()).toContain('Prepares a snapshot of the data, then trains, evaluates and registers each model.');
    expect(await summaries('training/told')).toEqual([
      'prepare_training_data',
      `popularity, started by ${started_by}`,
      'mark_winner popularity',
    ]);
    expect(await summaries('training/told/popularity')).toEqual([
      'train_movie_model popularity',
      'evaluate_trained_model popularity',
      'register_model_to_mlflow popularity',
    ]);
  });

  test('is the schedule where one started it, and the topic where an alert did', async () => {
    const spec = putScheduleBodySchema.parse({ workflow: 'dataImport', cron: '0 3 * * *', input: { path: 'ml-1m' } });
    const schedules = createTemporalSchedules(temporal.client);
    await schedules.put('nightly', { ...spec, workflowId: 'import/nightly', taskQueue: TASK_QUEUES.control });
    await schedules.trigger('nightly');
    await waitFor('its run', async () => (await found(`MlopsSubject = 'ml-1m' and MlopsStartedBy = 'schedule/nightly'`)).length === 1);

    const signal = createDriftSignal({
      temporal: temporal.client,
      drift: { debounceMs: 1, coolDownMs: 1, mostRunsADay: 4, promotion: 'gate' as const, canaryStages: undefined },
      log: silentLog,
    });
    await signal({ model_name: 'popularity', event_id: randomUUID(), drift_score: 0.9 });
    await waitFor('its run', async () =>
      (await found(`MlopsSubject = 'popularity' and MlopsStartedBy = 'kafka/model-drift-alerts'`)).includes('drift-retrain/popularity'),
    );
    expect(await ended('drift-retrain/popularity')).toMatchObject({ state: 'success', started_by: 'kafka/model-drift-alerts' });
  });
});

test('what is started under a name that no workflow has fails at once, and says which there are', async () => {
  const handle = await startInTemporal('movieTraining', 'misspelt', {});
  const failure = await handle.result().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(WorkflowFailedError);
  expect((failure as WorkflowFailedError).cause).toMatchObject({
    type: 'NotFound',
    nonRetryable: true,
    message: `There is no workflow movieTraining; there are ${WORKFLOW_TYPES.join(', ')}`,
  });
  const listed = await ended('misspelt');
  expect(listed).toMatchObject({
    workflow: 'movieTraining',
    state: 'failed',
    error: expect.stringContaining('There is no workflow movieTraining'),
  });
  expect((await airflow.call<{ dag_runs: unknown[] }>('GET', '/api/v1/dags/~/dagRuns?limit=100')).body.dag_runs).not.toContainEqual(
    expect.objectContaining({ dag_run_id: '~misspelt' }),
  );
});

test.each(Object.getOwnPropertyNames(Object.prototype))('so does what is started under %s, a name that every object has', async (type) => {
  const handle = await startInTemporal(type, `inherited/${type}`, {});
  const failure = await handle.result().catch((error: unknown) => error);
  expect((failure as WorkflowFailedError).cause).toMatchObject({
    type: 'NotFound',
    nonRetryable: true,
    message: `There is no workflow ${type}; there are ${WORKFLOW_TYPES.join(', ')}`,
  });
});

test('runs that wait on a task queue which nobody polls are named with it, by the doctor too', async () => {
  const settings = { address: temporal.address, namespace: temporal.namespace, external: true };
  await temporal.client.workflow.start('movieDataCollection', { workflowId: 'astray', taskQueue: 'kontrol', args: [{}] });
  const waiting = await waitFor('the run in the list', async () => {
    const found = await lookAtQueues({ temporal: settings });
    return found.length > 0 ? found : undefined;
  });
  expect(waiting).toEqual(['astray waits on the task queue kontrol, which nobody polls']);
  const stateDir = await mkdtemp(path.join(tmpdir(), 'mlops-doctor-'));
  await takeLock(stateDir, () => undefined); // a stack that runs, as far as the doctor sees
  const found = await runDoctor({ ...readConfig(), stateDir, temporal: settings });
  await rm(stateDir, { recursive: true });
  expect(found.find(({ name }) => name === 'task queues')).toMatchObject({ ok: false, detail: waiting[0] });
  await temporal.client.workflow.getHandle('astray').terminate();
  await startInTemporal('movieTrainingPipeline', 'not-astray', { models: [{ kind: 'ease' }] });
  await waitFor('the training', async () => {
    await sweep();
    return (await show('not-astray')).steps?.some(({ subject }) => subject === 'ease');
  });
  await waitFor('nothing astray', async () => (await lookAtQueues({ temporal: settings })).length === 0);
  await api.call('POST', `${pathOfRun('not-astray')}/cancel`);
  await ended('not-astray');
});
