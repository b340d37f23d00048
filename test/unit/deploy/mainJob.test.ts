import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { RunDetail, RunState } from '../../../contracts/runs.ts';
import { OWN_LOG_KINDS, planMainJob, runMainJob, SAMPLE_JOB } from '../../../deploy/local/stack/mainJob.ts';
import { overview } from '../../../deploy/local/stack/overview.ts';
import { doMainJob, runStack } from '../../../deploy/local/stack/supervisor.ts';
import type { Progress } from '../../../deploy/local/stack/progress.ts';
import { modelKind } from '../../../domain/recommender/models/index.ts';
import { readConfig } from '../../../platform/config.ts';
import { aRun, aRunDetail, aStep } from '../cli/runs.ts';

/** A status, a run's state, or no answer at all. */
type Answer = number | RunState | 'no answer';

/** An API that knows these runs, and gives its answers to each start and each look at a run in turn, the last one again and again. */
function createApi() {
  const api = {
    known: {} as Record<string, RunState>,
    starts: [] as Answer[],
    looks: [] as Answer[],
    started: [] as string[],
    looked: [] as string[],
  };
  const next = (answers: Answer[]): Answer => (answers.length > 1 ? answers.shift()! : (answers[0] ?? 'success'));
  const detail = (runId: string, state: RunState): RunDetail =>
    aRunDetail({ run_id: runId, state, steps: [aStep({ state: state === 'success' ? 'success' : 'running' })] });
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const url = new URL(request.url ?? '', 'http://api');
      const answer = (what: Answer, runId: string) => {
        if (what === 'no answer') return request.socket.destroy();
        const isRefused = typeof what === 'number';
        return response.writeHead(isRefused ? what : 200).end(JSON.stringify(isRefused ? {} : detail(runId, what)));
      };
      if (url.pathname === '/api/v1/data/preview') return response.end(JSON.stringify(PREVIEW));
      if (request.method === 'POST') {
        const { workflow, run } = JSON.parse(body) as { workflow: string; run: string };
        api.started.push(`${workflow} ${run}`);
        return answer(next(api.starts), `${workflow === 'movieDataCollection' ? 'collection' : 'training'}/${run}`);
      }
      const runId = url.pathname.split('/api/v1/runs/')[1];
      if (runId) {
        api.looked.push(runId);
        return answer(next(api.looks), runId);
      }
      const asked = `${url.searchParams.get('workflow')} ${url.searchParams.get('state')}`;
      const runs = Object.entries(api.known).filter(([run, state]) => `${run.split(' ')[0]} ${state}` === asked);
      return response.end(
        JSON.stringify({ runs: runs.map(([run, state]) => aRun({ run_id: run.split(' ')[1] ?? '', state })), next_cursor: null }),
      );
    });
  });
  return { api, server };
}

const PREVIEW = {
  ...{
    name: 'shop',
    log: '/shop.csv',
    columns: ['user', 'item'],
    nested_columns: [],
    map: { user: 'user', item: 'item' },
    titles_map: null,
  },
  ...{ scale: 'choices', rows_read: 1, is_whole: true, set_aside_count: 0, set_aside: [], problem: null },
  rows: [{ user_id: 'shop:a', item: 'shop:b', value: 1, rating: 4, time: '2024-01-02T00:00:00.000Z' }],
};

let server: Server;
let api: ReturnType<typeof createApi>['api'];
beforeEach(async () => {
  ({ api, server } = createApi());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

/** Runs the main job, and says what it came to, what it noted, and which lines of its progress are still open. */
async function run({ again = false, bearAbsenceMs = 20_000, signal = new AbortController().signal } = {}) {
  const notes: string[] = [];
  const open = new Set<string>();
  const ended: string[] = [];
  const progress: Progress = {
    note: (said) => void notes.push(said),
    begin(name) {
      open.add(name);
      const end = (how: string) => {
        open.delete(name);
        ended.push(how);
      };
      return { say: () => undefined, done: () => end('done'), fail: (reason) => end(reason) };
    },
    step: () => Promise.reject(new Error('the main job has no steps of its own')),
  };
  const { port } = server.address() as AddressInfo;
  const config = readConfig({ API_PORT: String(port) });
  const outcome = await runMainJob({ config, progress, signal, again, bearAbsenceMs, parts: SAMPLE_JOB.parts }).then(
    () => 'succeeded',
    (error: Error) => error.message,
  );
  return { outcome, notes, open: [...open], ended };
}

describe('the main job', () => {
  test('follows its run through looks that fail, told once each time, and a start whose answer was lost is no second run', async () => {
    api.starts = [503, 'no answer', 409];
    api.looks = [404, 'running', 503, 'no answer', 502, 'success'];
    api.known = { 'movieTrainingPipeline training/before': 'success' };
    const { outcome, notes, open } = await run();
    expect(outcome).toBe('succeeded');
    expect(new Set(api.started)).toEqual(new Set([expect.stringMatching(/^movieDataCollection start-/)]));
    expect(api.started).toHaveLength(3);
    expect(new Set(api.looked)).toEqual(new Set([`collection/${api.started[0]?.split(' ')[1]}`]));
    expect(notes.filter((note) => note.includes('asking again for up to 1 min'))).toHaveLength(3);
    expect(open).toEqual([]);
  });

  test('goes on where an earlier start came to: what succeeded is not done again, a run under way is followed', async () => {
    api.known = { 'movieDataCollection collection/a1': 'success', 'movieTrainingPipeline training/a1': 'running' };
    expect(await run()).toMatchObject({ outcome: 'succeeded', notes: ['collection/a1 succeeded before', 'training/a1'] });
    expect({ started: api.started, looked: api.looked }).toEqual({ started: [], looked: ['training/a1'] });
  });

  test('repeats what succeeded where it is asked to', async () => {
    api.known = { 'movieDataCollection collection/a1': 'success', 'movieTrainingPipeline training/a1': 'success' };
    expect((await run({ again: true })).outcome).toBe('succeeded');
    expect(api.started.map((start) => start.split(' ')[0])).toEqual(['movieDataCollection', 'movieTrainingPipeline']);
  });

  test.each<[string, Answer[], RegExp, string]>([
    ['a run that fails', ['running', 'failed'], /^collection\/start-.* failed/, 'failed'],
    ['an API that stays away', ['running', 503], /answered 503/, 'no longer followed'],
    ['an API that refuses', ['running', 403], /answered 403/, 'no longer followed'],
  ])('ends with %s, and so do the lines of its steps', async (_name, looks, message, reason) => {
    api.looks = looks;
    const { outcome, open, ended } = await run({ bearAbsenceMs: 100 });
    expect(outcome).toMatch(message);
    expect({ open, ended }).toEqual({ open: [], ended: [reason] });
  });

  test('that is interrupted leaves no line open', async () => {
    api.looks = ['running'];
    const interruption = new AbortController();
    const running = run({ signal: interruption.signal });
    while (api.looked.length < 2) await new Promise(setImmediate);
    interruption.abort();
    expect(await running).toMatchObject({ open: [], ended: ['no longer followed'] });
  });
});

test('own data stands in place of the sample: a log of choices is imported and trained on with whatever else is here, a MovieLens folder as what is collected', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'main job '));
  const data = path.join(folder, 'shop.csv');
  await writeFile(data, 'user,item\na,b\n');
  const { port } = server.address() as AddressInfo;
  const notes: string[] = [];
  const progress = { note: (said: string) => void notes.push(said) } as unknown as Progress;
  const options = { config: readConfig({ API_PORT: String(port) }), progress, signal: new AbortController().signal };
  const training = (input: object) => ({ workflow: 'movieTrainingPipeline', input });
  expect(await planMainJob(options, undefined)).toEqual({ ...SAMPLE_JOB, parts: [{ workflow: 'movieDataCollection' }, training({})] });
  expect(await planMainJob(options, { data: folder })).toEqual({
    parts: [{ workflow: 'movieDataCollection', input: { path: folder } }, training({})],
    shownUser: '1',
  });
  const ownLog = (kinds: readonly string[]) => ({
    parts: [
      { workflow: 'dataImport', input: { path: data, titles: '/t.csv', map: { user: 'user' }, name: 'shop' } },
      training({ models: kinds.map((kind) => ({ kind })) }),
    ],
    afterwards: [{ workflow: 'featureMaterialization' }],
    shownUser: 'shop:a',
  });
  expect(await planMainJob(options, { data, titles: '/t.csv', map: { user: 'user' } }, ['ease', 'neural_cf'])).toEqual(
    ownLog(['ease', 'neural_cf']),
  );
  expect(notes).toEqual([]);
  expect(await planMainJob(options, { data, titles: '/t.csv', map: { user: 'user' } })).toEqual(ownLog(OWN_LOG_KINDS));
  expect(OWN_LOG_KINDS).not.toContain('neural_cf');
  expect(OWN_LOG_KINDS.flatMap((kind) => modelKind(kind).featureService ?? [])).toEqual([]);
  expect(notes).toEqual([expect.stringContaining('--models takes other kinds, such as neural_cf')]);
  await rm(folder, { recursive: true });
});

test('what is to be tried afterwards asks for a user of the set that was imported, whatever came of the job', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'main job '));
  const data = path.join(folder, 'shop.csv');
  await writeFile(data, 'user,item\na,b\n');
  api.starts = [422];
  const { port } = server.address() as AddressInfo;
  const config = readConfig({ API_PORT: String(port) });
  const progress = { note: () => undefined } as unknown as Progress;
  const options = { config, progress, signal: new AbortController().signal };
  const outcome = await doMainJob(options, { own: { data }, kinds: undefined });
  expect(outcome).toEqual({ succeeded: false, shownUser: 'shop:a' });
  expect(overview(config, outcome.shownUser)).toContain(`recommendations?k=10&user_id=shop%3Aa'`);
  await rm(folder, { recursive: true });
});

test('kinds of models that the main job is to train are known before anything is started', async () => {
  const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(await runStack({ args: ['--models', 'ease,easy'], progress: {} as Progress })).toBe(1);
  expect(written.mock.calls.join()).toContain('there is no kind of model "easy"; there are ease, ensemble,');
  written.mockRestore();
});

test.each([
  [['--titles', 't.csv'], '--titles is said of --data, which is missing'],
  [['--name', 'shop'], '--name is said of --data, which is missing'],
  [['--map', 'user=a'], '--map is said of --data, which is missing'],
  [
    ['--data', import.meta.filename, '--map', 'buyer=a'],
    '--map: Give user=<column>,item=<column>,value=<column>,time=<column>, or some of them.',
  ],
  [['--data', import.meta.filename, '--titles-map', 'item=a,item=b'], '--titles-map: item is given twice.'],
  [['--data', import.meta.filename, '--scale', 'tens'], '--scale: Invalid option'],
  [['--data', import.meta.filename, '--name', 'My shop'], '--name: small letters, digits and ._-, at most 40'],
  [['--data', '/nowhere/log.csv'], 'there is no /nowhere/log.csv'],
  [['--models', 'genius'], 'there is no kind of model "genius"'],
])('%j is refused before anything is started', async (args, words) => {
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const progress = { note: () => undefined } as unknown as Progress;
    expect(await runStack({ args, progress })).toBe(1);
    expect(said.mock.calls.flat().join('')).toContain(words);
  } finally {
    said.mockRestore();
  }
});
