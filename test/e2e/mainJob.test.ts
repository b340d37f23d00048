import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pMap from 'p-map';
import type { DriftDecision } from '../../contracts/drift.ts';
import type { RunDetail } from '../../contracts/runs.ts';
import type { RecommendationTrace } from '../../contracts/served.ts';
import type { TrainingResult } from '../../contracts/training.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { findOnPath } from '../../deploy/local/setup/findOnPath.mjs';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { ANSWERS } from '../guide/answers.ts';
import { guideBlocks, runBlock } from '../guide/commands.ts';
import { busyBound } from '../support/busyBound.ts';
import { createStackSettings, startStack, waitForOutput, type TestStack } from '../support/stack.ts';
import { waitFor } from '../support/waitFor.ts';

/** It is work all the way, and gets what other tests leave it. */
const MAIN_JOB_MS = 1_080_000;
let stack: TestStack;
let ports: Awaited<ReturnType<typeof createStackSettings>>['ports'];

/** What drift leads to goes through stages that a test has the answers for. */
const DRIFT = { DRIFT_PROMOTION: 'canary', DRIFT_CANARY_STAGES: '0.5:0:30 1:0:30', DRIFT_DEBOUNCE_MS: '1000' };

beforeAll(async () => {
  const settings = await createStackSettings();
  ports = settings.ports;
  stack = await startStack([], { ...settings, env: { ...settings.env, ...DRIFT } });
  await waitForOutput(stack, 'curl', MAIN_JOB_MS);
});
afterAll(async () => {
  await stack.interrupt();
  await stack.remove();
});

/** What busy machines answer for now with 503 is asked again, as its `Retry-After` says. */
async function get<T>(url: string): Promise<T> {
  const answered = async () => {
    const response = await fetch(url);
    return response.status === 503 ? undefined : response;
  };
  const response = await waitFor(`an answer of ${url}`, answered, { everyMs: 2_000 });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
/** Does what stands at a number of the menu, with the stack of this test. */
async function menu(number: string, env: Record<string, string> = {}): Promise<{ status: number; stdout: string }> {
  const child = spawn(path.join(PROJECT_ROOT, 'run_movie_mlops.sh'), [number], { env: { ...process.env, ...stack.env, ...env } });
  const written: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => written.push(chunk));
  const [status] = (await once(child, 'exit')) as [number];
  return { status, stdout: Buffer.concat(written).toString() };
}

const post = (route: string, body: unknown) =>
  fetch(`${stack.apiUrl}${route}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

interface Recommendations {
  recommendation_id: string;
  model: { name: string; version: string };
  recommendations: { movie_id: string; title: string; genres: string[] }[];
}
const recommend = (userId: string, k = 10) =>
  get<Recommendations>(`${stack.apiUrl}/api/v1/recommendations?k=${k}&user_id=${encodeURIComponent(userId)}`);
const idsOf = ({ recommendations }: Recommendations) => recommendations.map(({ movie_id }) => movie_id);

/** Five of a genre that are often liked together. */
const TASTES = {
  Horror: ['1214', '1258', '1219', '1974', '1347'], // Alien, The Shining, Psycho, Friday the 13th, A Nightmare on Elm Street
  Romance: ['339', '597', '11', '1721', '539'], // While You Were Sleeping, Pretty Woman, The American President, Titanic, Sleepless in Seattle
  'Sci-Fi': ['260', '1196', '1210', '541', '589'], // Star Wars IV to VI, Blade Runner, Terminator 2
};

const KINDS = ['popularity', 'movie_predictor', 'neural_cf', 'ials'];

describe('the main job, from an empty folder', () => {
  test('leaves version 1 of each model, as champion where it beats popularity beyond chance', async () => {
    const models = await Promise.all(
      KINDS.map((name) => get<{ aliases: Record<string, string> }>(`${stack.apiUrl}/api/v1/models/${name}`)),
    );
    expect(models.map(({ aliases }) => Object.values(aliases))).toEqual(Array(4).fill(['1']));
    expect(['popularity', 'movie_predictor', 'ials'].map((name) => models[KINDS.indexOf(name)]!.aliases['champion'])).toEqual([
      '1',
      '1',
      '1',
    ]);
  });

  test('ials ranks held-out movies better than popularity beyond chance, and is the winner', async () => {
    const { runs } = await get<{ runs: RunDetail[] }>(`${stack.apiUrl}/api/v1/runs?workflow=movieTrainingPipeline&state=success`);
    const { models, winner } = runs[0]!.result as TrainingResult;
    const { report, version } = models.find(({ model }) => model.kind === 'ials')!;
    const margin = (metric: string) => (report.metrics[metric] ?? 0) / (report.baseline[metric] ?? 1);
    process.stdout.write(
      `ials over popularity: NDCG@10 against 99 negatives ×${margin('ndcg_at_10').toFixed(2)}, full ranking ×${margin('full_ndcg_at_10').toFixed(2)}\n`,
    );
    expect(margin('ndcg_at_10')).toBeGreaterThan(1.1);
    expect(margin('full_ndcg_at_10')).toBeGreaterThan(1);
    expect([version.gate.passed, winner?.name]).toEqual([true, 'ials']);
  });

  test('recommends to three known users what they have not seen, to each something else', async () => {
    const seen = new Map<string, Set<string>>();
    const log = await readFile(path.join(stack.folder, 'data', 'processed', 'watch_log.csv'), 'utf8');
    for (const [userId = '', movieId = ''] of log.split('\n').map((line) => line.split(','))) {
      seen.set(userId, (seen.get(userId) ?? new Set()).add(movieId));
    }
    const answers = await Promise.all(['1', '2', '3'].map((userId) => recommend(userId)));
    expect(answers.map(({ model }) => model)).toEqual(Array(3).fill({ name: 'ials', version: '1' }));
    expect(answers.map(idsOf).map((ids) => ids.length)).toEqual([10, 10, 10]);
    expect(answers.flatMap((answer, index) => idsOf(answer).filter((id) => seen.get(String(index + 1))!.has(id)))).toEqual([]);
    expect(new Set(answers.map((answer) => idsOf(answer).join())).size).toBe(3);
    expect(answers.flatMap(({ recommendations }) => recommendations.map(({ title }) => title)).filter((title) => !title)).toEqual([]);
  });

  test('the guide: GET / answers by movie_predictor, popular.json has movies', async () => {
    const legacy = await get<Recommendations>(`${stack.apiUrl}/?k=10`);
    expect([legacy.model.name, legacy.recommendations.length]).toEqual(['movie_predictor', 10]);
    const popular = JSON.parse(await readFile(path.join(stack.folder, 'data', 'raw', 'movielens', 'popular.json'), 'utf8')) as {
      movies: unknown[];
    };
    expect(popular.movies[0]).toMatchObject({ title: 'Forrest Gump' });
  });
});

describe("the guide's menu", () => {
  test('checks the nine systems, and shows each process', async () => {
    const [port = 0] = await freePorts(1);
    const nowhere = `http://127.0.0.1:${port}`;
    const { status, stdout } = await menu('10', { PROMETHEUS_URL: nowhere, GRAFANA_URL: nowhere });
    expect([status, stdout]).toEqual([0, expect.stringContaining('movie_training_pipeline is there')]);
    const states = stdout.split('\n').flatMap((line) => /^(\d [a-zA-Z/ ]+?) +(ok|failed|absent) /.exec(line)?.slice(1, 3).join(' ') ?? []);
    expect(states.filter((state) => !/^[348] /.test(state))).toEqual([
      '1 data pipeline ok',
      '2 feature store ok',
      '5 orchestration ok',
      '6 model registry ok',
      '7 model serving ok',
      '9 events ok',
    ]);
    expect(states.filter((state) => state.endsWith('failed'))).toEqual([]);
    const shown = await menu('11');
    expect([shown.status, shown.stdout]).toEqual([0, expect.stringMatching(/worker-training +process +running/)]);
  });
});

describe('the check of the nine systems', () => {
  test('is a workflow too, and what it found is a metric', async () => {
    const { run_id } = (await (await post('/api/v1/runs', { workflow: 'fullSystemCheck', input: {} })).json()) as { run_id: string };
    const ended = await waitFor('the check', async () => {
      const run = await get<RunDetail>(`${stack.apiUrl}/api/v1/runs/${run_id}`);
      return run.state === 'success' ? run : undefined;
    });
    expect(ended.result).toMatchObject({ ok: true });
    const shown = await waitFor('the metric', async () => {
      const page = await (await fetch(`http://127.0.0.1:${ports.WORKER_CONTROL_METRICS_PORT}/metrics`)).text();
      return /^system_check_state\{/m.test(page) ? page : undefined;
    });
    const stateOf = (part: string) => new RegExp(`^system_check_state\\{.*part="${part}",state="(\\w+)".*\\} 1$`, 'm').exec(shown)?.[1];
    expect(['data_pipeline', 'orchestration', 'model_serving', 'events', 'prometheus'].map(stateOf)).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
      'absent',
    ]);
  });
});

describe('the loop closes', () => {
  // Before any event: on the same data the new version is as good as the champion, and so takes its place.
  test('drift alerts that come together start one training, whose model is registered and served', async () => {
    const alert = { model_name: 'popularity', drift_score: 0.85, threshold: 0.7 };
    const responses = await Promise.all(Array.from({ length: 5 }, () => post('/api/v1/trigger/model-drift', alert)));
    expect(responses.map(({ status }) => status)).toEqual(Array(5).fill(202));
    const model = () => get<{ versions: { version: string }[] }>(`${stack.apiUrl}/api/v1/models/popularity`);
    await waitFor('version 2', async () => (await model()).versions.some(({ version }) => version === '2'));
    const { runs } = await get<{ runs: RunDetail[] }>(`${stack.apiUrl}/api/v1/runs?workflow=movieTrainingPipeline`);
    expect(runs.map(({ run_id }) => run_id).filter((id) => id.startsWith('training/drift-'))).toHaveLength(1);
    const served = () => get<{ models: { name: string; version: string }[] }>(stack.servingUrl);
    await waitFor('version 2 to serve', async () =>
      (await served()).models.some(({ name, version }) => name === 'popularity' && version === '2'),
    );
  });

  test('a movie that a user says they watched is gone from their next recommendations', async () => {
    const [first = ''] = idsOf(await recommend('4'));
    const response = await post('/api/v1/events/user-interaction', {
      user_id: '4',
      movie_id: `movie_${first}`,
      interaction_type: 'view',
      rating: 4,
    });
    expect(response.status).toBe(202);
    await waitFor(`movie ${first} to be gone`, async () => !idsOf(await recommend('4')).includes(first));
  });

  test('what a stranger likes shows in their next recommendations within a second, beside what everybody gets', async () => {
    const everybodys = await recommend('stranger', 100);
    expect(everybodys.model.name).toBe('popularity');
    let [ofTheirs, ofEverybodys] = [0, 0];
    for (const [genre, liked] of Object.entries(TASTES)) {
      const stranger = `who likes ${genre}`;
      const likes = liked.map((movieId) =>
        post('/api/v1/events/user-interaction', { user_id: stranger, movie_id: movieId, interaction_type: 'like' }),
      );
      expect((await Promise.all(likes)).map(({ status }) => status)).toEqual(Array(liked.length).fill(202));
      const since = performance.now();
      const theirs = await waitFor('the likes to count', async () => {
        const answer = await recommend(stranger);
        return answer.model.name === 'ials' && !idsOf(answer).some((id) => liked.includes(id)) ? answer : undefined;
      });
      expect(performance.now() - since).toBeLessThan(busyBound(1_000));
      const unseen = everybodys.recommendations.filter(({ movie_id }) => !liked.includes(movie_id)).slice(0, 10);
      expect(idsOf(theirs)).not.toEqual(unseen.map(({ movie_id }) => movie_id));
      ofTheirs += theirs.recommendations.filter(({ genres }) => genres.includes(genre)).length;
      ofEverybodys += unseen.filter(({ genres }) => genres.includes(genre)).length;
    }
    process.stdout.write(`of 30 movies ${ofTheirs} are of the genre that was liked, of everybody's ${ofEverybodys}\n`);
    expect(ofTheirs).toBeGreaterThan(2 * ofEverybodys);
  });

  test('an answer is told of by its id, down to the data', async () => {
    const { recommendation_id: id, model } = await recommend('1');
    const trace = await waitFor('it to be stored', () => get<RecommendationTrace>(`${stack.apiUrl}/api/v1/recommendations/${id}`));
    expect(trace).toMatchObject({ user_id: '1', model, made_by: { gate: { passed: true }, data_sets: ['movielens'] } });
    expect(trace.history.length).toBeGreaterThan(100);
  });
});

describe('the whole circle', () => {
  const DAY_MS = 86_400_000;
  const GENRE = 'Horror';
  /** As many users as two cores that do other things as well answer in time. */
  const AT_ONCE = { concurrency: 8 };
  const users = Array.from({ length: 80 }, (_, nth) => String(nth + 1));
  /** The last midnight in UTC. */
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;

  const ofGenre = (userId: string) =>
    get<Recommendations>(`${stack.apiUrl}/api/v1/recommendations?k=80&user_id=${userId}&genres=${GENRE}`).then(idsOf);
  async function shareOfGenre(): Promise<number> {
    const shown = (await pMap(users, (user) => recommend(user), AT_ONCE)).flatMap(({ recommendations }) => recommendations);
    return shown.filter(({ genres }) => genres.includes(GENRE)).length / shown.length;
  }
  /** In each of the last two weeks every user likes ten movies of the genre, and each movie is new to most of them. */
  async function shiftTastes(): Promise<void> {
    const shiftTasteOf = async (user_id: string) => {
      const liked = (await ofGenre(user_id)).filter((_, nth) => (nth + Number(user_id)) % 4 === 0);
      const events = liked.map((movie_id, nth) => ({
        ...{ user_id, movie_id, interaction_type: 'like' },
        timestamp: new Date(today - (nth % 2 === 0 ? 14 : 7) * DAY_MS + (nth + 1) * 3_600_000).toISOString(),
      }));
      expect((await post('/api/v1/events/user-interaction', { events })).status).toBe(202);
      await waitFor('what they like to count', async () => !(await ofGenre(user_id)).some((id) => liked.includes(id)));
    };
    await pMap(users, shiftTasteOf, AT_ONCE);
  }
  /** What the schedule of a Monday does, for the week before a day. */
  async function lookBack(until: number): Promise<void> {
    const input = { models: ['ials'], until: new Date(until).toISOString() };
    const { run_id } = (await (await post('/api/v1/runs', { workflow: 'driftMonitor', input })).json()) as { run_id: string };
    await waitFor('the look at drift', async () => (await get<RunDetail>(`${stack.apiUrl}/api/v1/runs/${run_id}`)).state === 'success');
  }

  test('users take to another genre: it is found, learnt, tried on half of them, promoted and recommended, and nobody did anything', async () => {
    const before = await shareOfGenre();
    await shiftTastes();
    await lookBack(today - 7 * DAY_MS);
    await lookBack(today);
    const whatBecameOfIt = async () => {
      await shareOfGenre(); // they go on using it, and leave the training its time
      const { decisions } = await get<{ decisions: DriftDecision[] }>(`${stack.apiUrl}/api/v1/drift/decisions?model=ials`);
      return decisions.find(({ outcome }) => outcome !== 'training');
    };
    const decision = await waitFor('what became of it', whatBecameOfIt, { everyMs: 2_000 });
    expect(decision).toMatchObject({
      outcome: 'promoted',
      version: '2',
      reason: 'its rollout passed all 2 stages',
      report_id: expect.any(String),
    });
    await waitFor('version 2 to answer', async () => (await recommend('1')).model.version === '2');
    const after = await shareOfGenre();
    process.stdout.write(`${GENRE} is ${before.toFixed(3)} of what is recommended before, ${after.toFixed(3)} after\n`);
    expect(after).toBeGreaterThan(2 * before);
  });
});

/** Last, for some of it starts trainings of everything. */
(findOnPath('curl') ? describe : describe.skip)('what the guide prints works as it prints it, but for host and port', () => {
  /** What it starts is seen to start, and need not go on. */
  afterEach(async () => {
    const { runs } = await get<{ runs: RunDetail[] }>(`${stack.apiUrl}/api/v1/runs?state=running`);
    await Promise.all(runs.map(({ run_id }) => post(`/api/v1/runs/${run_id}/cancel`, {})));
  });

  test.each(guideBlocks().map((block) => [block.title, block] as const))('%s', async (title, block) => {
    const { printed, calls } = await runBlock(block, ports);
    const ofStack = calls.filter(({ port }) => port !== ports.PROMETHEUS_PORT); // `npm run test:monitoring` has the rest
    expect(ofStack.filter(({ status }) => status < 200 || status > 299)).toEqual([]);
    expect(ofStack.length).toBe(ANSWERS[title]!.calls);
    for (const expected of ANSWERS[title]!.prints) expect(printed).toMatch(expected);
  });
});
