import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunDetail, Run } from '../../contracts/runs.ts';
import type { BackfillProgress } from '../../contracts/schedules.ts';
import { TASK_QUEUES, WORKFLOW_TYPES } from '../../contracts/workflows.ts';
import { adoptRuns } from '../../domain/runs/adoptRuns.ts';
import { reconcileOpenRuns } from '../../domain/runs/syncRun.ts';
import { createTemporalRuns } from '../../platform/temporal/runs.ts';
import { startApiWithDoubles, type ApiWithDoubles } from '../support/apiWithDoubles.ts';
import { waitFor } from '../support/waitFor.ts';

let parts: ApiWithDoubles;
let sweep: () => Promise<void>;
beforeAll(async () => {
  parts = await startApiWithDoubles();
  const { listStarted, readStart, describe: describeRun } = createTemporalRuns(parts.temporal.client);
  // What the control worker does every two seconds.
  sweep = async () => {
    await adoptRuns(
      parts.database.pool,
      { listStarted: (since) => listStarted({ workflows: WORKFLOW_TYPES, taskQueue: TASK_QUEUES.control }, since), readStart },
      new Date(0),
    );
    await reconcileOpenRuns(parts.database.pool, describeRun);
  };
});
afterAll(() => parts.stop());

let id: string;
let made = 0;
beforeEach(() => {
  id = `daily-${(made += 1)}`;
});

const put = (input: { path?: string } = {}, cron = '0 3 * * *', timezone = 'UTC') =>
  parts.api.call('PUT', `/api/v1/schedules/${id}`, { json: { workflow: 'movieDataCollection', cron, timezone, input, paused: true } });
const backfill = async (json: object): Promise<string> => {
  const { status, body } = await parts.api.call<RunDetail>('POST', `/api/v1/schedules/${id}/backfill`, { json });
  expect({ status, body }).toMatchObject({ status: 202, body: { workflow: 'scheduleBackfill', state: 'queued' } });
  return body.run_id;
};
const show = async (runId: string) => (await parts.api.call<RunDetail>('GET', `/api/v1/runs/${runId}`)).body;
const ended = (runId: string) =>
  waitFor(`${runId} to end`, async () => {
    const run = await show(runId);
    return run.ended_at ? run : undefined;
  });
/** How often each run of the schedule was started, by its time. */
const executions = async () => {
  const seen: { runId: string; from: number; to: number }[] = [];
  for await (const { workflowId: runId, startTime, closeTime } of parts.temporal.client.workflow.list({
    query: `TemporalScheduledById = '${id}' and WorkflowType = 'movieDataCollection'`,
  })) {
    seen.push({ runId, from: startTime.getTime(), to: closeTime?.getTime() ?? Infinity });
  }
  return seen.sort((a, b) => a.from - b.from);
};
const SPAN = { start: '2026-01-01T00:00:00Z', end: '2026-01-06T12:00:00Z' };
const SIX_DAYS = ['01', '02', '03', '04', '05', '06'].map((day) => `2026-01-${day}T03:00:00Z`);
const runIds = () => SIX_DAYS.map((time) => `collection/${id}-${time}`);

describe('a backfill', () => {
  test('runs each time of its span once, so many at a time, and is a run like others', async () => {
    await put({ path: 'slow' });
    const runId = await backfill({ ...SPAN, max_concurrent: 2, run: `first-${id}` });
    expect(runId).toBe(`backfill/first-${id}`);
    expect((await ended(runId)).result).toEqual({ schedule_id: id, ...SPAN, succeeded: 6, failed: 0, already_run: 0 });

    const ran = await waitFor('six runs', async () => {
      const found = await executions();
      return found.length >= 6 && found.every(({ to }) => to < Infinity) ? found : undefined;
    });
    expect(ran.map(({ runId }) => runId).sort()).toEqual(runIds());
    const together = ran.map(({ from }) => ran.filter((other) => other.from <= from && from < other.to).length);
    expect(Math.max(...together)).toBe(2);
  });

  test('from a day to a day runs all times of both, as the clocks of its schedule have them', async () => {
    await put({}, '0 0,23 * * *', 'Asia/Seoul');
    const run = await ended(await backfill({ start: '2026-01-01', end: '2026-01-02', max_concurrent: 4 }));
    expect(run.result).toMatchObject({ start: '2025-12-31T15:00:00Z', end: '2026-01-02T14:59:59.999Z', succeeded: 4 });
    const times = ['2025-12-31T15:00:00Z', '2026-01-01T14:00:00Z', '2026-01-01T15:00:00Z', '2026-01-02T14:00:00Z'];
    expect((await executions()).map(({ runId }) => runId.slice(-20)).sort()).toEqual(times);
  });

  test('leaves its runs in the ledger with their input, start and logical date', async () => {
    await put({ path: 'slow' });
    const runId = await backfill({ ...SPAN, max_concurrent: 6 });
    await ended(runId);
    await waitFor('the sweep to see them', async () => {
      await sweep();
      return (await show(runIds()[5]!)).state === 'success';
    });
    const run: Run = await show(runIds()[0]!);
    expect(run).toMatchObject({
      state: 'success',
      input: { source: 'movielens', path: 'slow' },
      started_by: runId,
      run_type: 'backfill',
      logical_date: '2026-01-01T03:00:00.000Z',
    });
    const { body } = await parts.api.call<{ backfills: BackfillProgress[] }>('GET', `/api/v1/schedules/${id}/backfills`);
    expect(body.backfills).toMatchObject([
      { run_id: runId, state: 'success', times: 6, running: 0, succeeded: 6, failed: 0, already_run: 0 },
    ]);
  });

  test('and another of the same span at once run no time twice', async () => {
    await put({ path: 'slow' });
    const both = await Promise.all([1, 2].map(() => backfill({ ...SPAN, max_concurrent: 3 })));
    const results = (await Promise.all(both.map(ended))).map(({ result }) => result as Record<string, number>);
    expect(results.map(({ succeeded = 0, already_run = 0 }) => succeeded + already_run)).toEqual([6, 6]);
    expect(results.reduce((sum, { succeeded = 0 }) => sum + succeeded, 0)).toBe(6);
    await waitFor('six runs', async () => (await executions()).length === 6);
  });

  test('counts runs that fail and goes on; asked to, another runs those again and no others', async () => {
    await put({ path: 'fail' });
    await ended(await backfill({ start: SPAN.start, end: '2026-01-02T12:00:00Z' }));
    await put({ path: 'succeed' });
    const before = await ended(await backfill(SPAN));
    expect(before.result).toMatchObject({ succeeded: 4, failed: 0, already_run: 2 });
    await waitFor('the sweep', async () => {
      await sweep();
      return (await show(runIds()[0]!)).state === 'failed';
    });
    const again = await ended(await backfill({ ...SPAN, reprocess: 'failed' }));
    expect(again.result).toMatchObject({ succeeded: 2, failed: 0, already_run: 4 });
  });

  test('of thousands of times goes through them page by page, leaving out what ran before', async () => {
    await put({}, '0 * * * *');
    // 2880 hours without a shift of clocks, of which all but three have a run.
    await parts.database.pool.query(
      `insert into runs (run_id, workflow, state, input, started_by)
       select 'collection/' || $1 || '-' || to_char(hour, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'movieDataCollection', 'success', '{}', 'test'
       from generate_series(timestamp '2026-01-01', timestamp '2026-04-30 23:00', interval '1 hour') hour
       where hour not in ('2026-01-01 00:00', '2026-03-01 12:00', '2026-04-30 23:00')`,
      [id],
    );
    const run = await ended(await backfill({ start: '2026-01-01T00:00:00Z', end: '2026-04-30T23:00:00Z', max_concurrent: 4 }));
    expect(run).toMatchObject({ input: { times: 2880 }, result: { succeeded: 3, failed: 0, already_run: 2877 } });
    expect((await executions()).map(({ runId }) => runId.slice(-20)).sort()).toEqual([
      '2026-01-01T00:00:00Z',
      '2026-03-01T12:00:00Z',
      '2026-04-30T23:00:00Z',
    ]);
  });

  test('that is cancelled cancels the runs that go on and starts no more', async () => {
    await put({ path: 'endless' });
    const runId = await backfill({ ...SPAN, max_concurrent: 2 });
    await waitFor('two runs', async () => (await executions()).length === 2);
    await waitFor('their steps', async () => {
      const runs = await Promise.all(runIds().slice(0, 2).map(show));
      return runs.every(({ steps }) => steps?.length === 1);
    });
    expect((await parts.api.call('POST', `/api/v1/runs/${runId}/cancel`)).status).toBe(202);
    expect(await ended(runId)).toMatchObject({ state: 'cancelled' });
    expect((await ended(runIds()[0]!)).state).toBe('cancelled');
    expect(await executions()).toHaveLength(2);
  });

  test('whose schedule is deleted meanwhile fails and says so', async () => {
    await put();
    await parts.temporal.client.workflow.start('scheduleBackfill', {
      workflowId: `backfill/${id}`,
      taskQueue: 'control',
      args: [{ schedule_id: `${id}-gone`, ...SPAN }],
    });
    await sweep();
    expect(await ended(`backfill/${id}`)).toMatchObject({ state: 'failed', error: `ScheduleMissing: There is no schedule ${id}-gone` });
  });
});

test('a run that the schedule itself started is in the ledger with its input, its start and its time', async () => {
  await put({ path: 'fail' });
  await parts.api.call('POST', `/api/v1/schedules/${id}/trigger`);
  const [ran] = await waitFor('the run', async () => {
    const found = await executions();
    return found.length > 0 ? found : undefined;
  });
  await waitFor('the sweep', async () => {
    await sweep();
    return (await show(ran!.runId)).state === 'failed';
  });
  const run = await show(ran!.runId);
  expect(run).toMatchObject({ input: { path: 'fail' }, started_by: `schedule/${id}`, run_type: 'scheduled' });
  expect(Date.parse(run.started_at!)).toBe(ran!.from);
  expect(run.run_id.endsWith(run.logical_date!.replace('.000Z', 'Z'))).toBe(true);
});

test('runs that Temporal backfills by our schedule are in the ledger with their times and the schedule, each once', async () => {
  await put({ path: 'slow' });
  const span = { start: new Date(SPAN.start), end: new Date('2026-01-02T12:00:00Z') };
  await parts.temporal.client.schedule.getHandle(id).backfill({ ...span, overlap: 'ALLOW_ALL' });
  await waitFor('both in the list', async () => (await executions()).length === 2);
  const twoDays = runIds().slice(0, 2);
  await waitFor('the sweep', async () => {
    await sweep();
    return (await Promise.all(twoDays.map(show))).every(({ state }) => state === 'success');
  });
  const scheduled = { started_by: `schedule/${id}`, run_type: 'scheduled', input: { path: 'slow' } };
  expect(await Promise.all(twoDays.map(show))).toMatchObject(
    ['2026-01-01T03:00:00.000Z', '2026-01-02T03:00:00.000Z'].map((logical_date) => ({ ...scheduled, logical_date })),
  );
  const ours = await ended(await backfill({ start: SPAN.start, end: '2026-01-03T12:00:00Z' }));
  expect(ours.result).toMatchObject({ succeeded: 1, failed: 0, already_run: 2 });
});

describe('a workflow that somebody starts in Temporal, under an id of their own', () => {
  const startInTemporal = (type: string, workflowId: string, input: unknown) =>
    parts.temporal.client.workflow.start(type, { workflowId, taskQueue: 'control', args: [input] });
  const listed = async (workflow: string) =>
    (await parts.api.call<{ runs: Run[] }>('GET', `/api/v1/runs?workflow=${workflow}&limit=200`)).body.runs;
  const told = (runId: string, workflow: string) =>
    waitFor(`${runId} to be told`, async () => {
      await sweep();
      return (await listed(workflow)).find(({ run_id, ended_at }) => run_id === runId && ended_at !== null);
    });

  test('is told as a run of its type, with its input and how it really ended', async () => {
    await startInTemporal('movieDataCollection', 'ui-1', { path: 'slow' });
    await startInTemporal('movieDataCollection', 'training/ui', { path: 'fail' });
    expect(await told('ui-1', 'movieDataCollection')).toMatchObject({
      ...{ state: 'success', error: null, input: { path: 'slow' }, result: { rows: 3 } },
      ...{ started_by: 'temporal', run_type: 'manual' },
    });
    expect(await told('training/ui', 'movieDataCollection')).toMatchObject({
      ...{ state: 'failed', error: 'SourceCorrupt: ratings.csv ends in half a row' },
    });
    const { rows } = await parts.database.pool.query('select run_id, workflow from runs where run_id like $1 order by run_id', ['%ui%']);
    expect(rows).toEqual([
      { run_id: 'training/ui', workflow: 'movieDataCollection' },
      { run_id: 'ui-1', workflow: 'movieDataCollection' },
    ]);
  });

  test('goes on in the ledger as long as it goes on in Temporal', async () => {
    const run = await startInTemporal('movieDataCollection', 'ui-2', { path: 'endless' });
    await waitFor('its step', async () => {
      await sweep();
      return (await listed('movieDataCollection')).find(({ run_id, state }) => run_id === 'ui-2' && state === 'running');
    });
    await run.cancel();
    expect(await told('ui-2', 'movieDataCollection')).toMatchObject({ state: 'cancelled' });
  });
});
