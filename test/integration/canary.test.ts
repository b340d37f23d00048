import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Canary } from '../../contracts/canary.ts';
import { routeSpecSchema, type ServedRoute } from '../../contracts/routes.ts';
import type { RegistryChange } from '../../contracts/registry.ts';
import { createCanaryActivities } from '../../activities/canary.ts';
import { beginStage, endRollout, findRolloutRoute, openRollout, promoteRollout } from '../../domain/canary/advance.ts';
import { canaryInputSchema } from '../../contracts/canary.ts';
import { setAlias } from '../../domain/registry/aliases.ts';
import { getVersionByAlias } from '../../domain/registry/versions.ts';
import { findRoute, listRouteChanges, setRoutes } from '../../domain/serving/routeTable.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { answerAll, registerVersion, verdictsOf, type Traffic } from '../support/rollouts.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { waitFor } from '../support/waitFor.ts';
import { startWorkerOfAnswers } from '../support/workerOfAnswers.ts';

let database: TestDatabase;
let temporal: TestTemporal;
let api: TestApi;
let stopWorker: () => Promise<void>;
beforeAll(async () => {
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  const { address, namespace } = temporal;
  api = await startTestApi({
    database: { url: database.url, poolSize: 4, external: true },
    temporal: { address, namespace, external: true },
  });
  stopWorker = await startWorkerOfAnswers(temporal, database.pool, createCanaryActivities({ pool: database.pool }));
});
afterAll(async () => {
  await stopWorker?.();
  await api?.stop();
  await temporal?.close();
  await database?.drop();
});

const SPEC = routeSpecSchema.parse({ variants: [{ name: 'main', models: ['ease@champion'], diversity: 0.2 }] });
const STAGES = [
  { share: 0.1, min_minutes: 0, min_answers: 150 },
  { share: 0.5, min_minutes: 0, min_answers: 800 },
  { share: 1, min_minutes: 0, min_answers: 500 },
];
let routes = 0;
/** Each test has a route of its own, and a champion and a challenger. */
async function aRoute() {
  const route = `r${(routes += 1)}`;
  const set = setRoutes(database.pool, { [route]: SPEC }, { author: { name: 'anna', reason: 'as it was' } });
  const champion = await registerVersion(database.pool, { alias: 'champion' });
  const version = await registerVersion(database.pool, { alias: 'challenger' });
  const [before] = await set;
  return { route, champion, version, before: before! };
}

const bodyOf = (route: string, version: string, more: object = {}) => ({
  route,
  model: 'ease',
  version,
  stages: STAGES,
  check_seconds: 1,
  ...more,
});
const start = (route: string, version: string, more?: object) =>
  api.call('POST', '/api/v1/canaries', { json: bodyOf(route, version, more) });
const canaryOf = async (route: string) => (await api.call<Canary>('GET', `/api/v1/canaries/${route}`)).body;
const told = (route: string, verb: string, json?: object) =>
  api.call<Canary>('POST', `/api/v1/canaries/${route}/${verb}`, { ...(json && { json }) });
const at = (route: string, stage: number) => waitFor(`stage ${stage}`, async () => (await canaryOf(route)).stages[stage - 1]);
const ended = (route: string) =>
  waitFor('the end', async () => {
    const canary = await canaryOf(route);
    return canary.state === 'running' ? undefined : canary;
  });

/** Goes on answering users by the route as it is, once a stage, until the rollout ends. */
async function answerUntilEnd(route: string, traffic?: Traffic): Promise<Canary> {
  let answered = 0;
  return waitFor('the end', async () => {
    const { status, body: canary } = await api.call<Canary>('GET', `/api/v1/canaries/${route}`);
    if (status === 404) return undefined; // not opened yet
    if (canary.state !== 'running') return canary;
    if (canary.stages.length <= answered) return undefined;
    await answerAll(database.pool, route, traffic);
    answered = canary.stages.length;
    return undefined;
  });
}

/** What a route is made of, whoever set it. */
const made = (route: ServedRoute | null) => route && { variants: route.variants, shadows: route.shadows };
const isAsBefore = async (before: ServedRoute) => expect(made(await findRoute(database.pool, before.route))).toEqual(made(before));

afterEach(() => database.pool.query('truncate webhooks cascade'));

describe('a rollout', () => {
  test('of a version that is as good goes through its stages and is promoted; the route is as it was, and who listens is told', async () => {
    const { route, champion, version, before } = await aRoute();
    await database.pool.query(`insert into webhooks (name, url, events) values ('w', 'https://w.example', '{canary.promoted}')`);
    expect(await start(route, version, { reason: 'trained on more' })).toMatchObject({
      status: 202,
      body: { run_id: `canary/${route}`, rollout_id: expect.any(String) },
    });
    await at(route, 1);
    expect((await findRoute(database.pool, route))!.variants).toMatchObject([
      { name: 'main', weight: 9_000, models: ['ease@champion'] },
      { name: 'canary', weight: 1_000, models: [`ease/${version}`], diversity: 0.2 },
    ]);
    const canary = await answerUntilEnd(route);
    expect(canary).toMatchObject({ state: 'promoted', reason: 'passed all 3 stages', champion, version, stage: 3 });
    expect(verdictsOf(canary)).toEqual([
      [1, 0.1, 'pass'],
      [2, 0.5, 'pass'],
      [3, 1, 'pass'],
    ]);
    const { arms, comparisons } = canary.stages[1]!.report!;
    expect(arms.champion.answers + arms.canary.answers).toBe(2_000);
    expect(arms.canary).toMatchObject({ faults: 0, latency_ms: expect.any(Number) });
    expect(comparisons.map(({ metric }) => metric)).toEqual(['clicked', 'click_through_rate', 'liked', 'reciprocal_rank']);
    await isAsBefore(before);
    expect((await getVersionByAlias(database.pool, 'ease', 'champion'))!.version).toBe(version);
    const { changes } = (await api.call<{ changes: RegistryChange[] }>('GET', '/api/v1/models/ease/history')).body;
    expect(changes.find(({ alias, to }) => alias === 'champion' && to === version)).toMatchObject({
      by: 'canary',
      reason: `canary of ease/${version} on ${route}: passed all 3 stages`,
    });
    const { rows } = await database.pool.query('select event, data from webhook_deliveries');
    expect(rows).toEqual([
      { event: 'canary.promoted', data: { route, model: 'ease', version, champion, stage: 3, reason: 'passed all 3 stages' } },
    ]);
    const { rows: steps } = await database.pool.query<{ step: string; tries: number }>(
      'select step, count(*) as tries from run_steps where workflow_id = $1 group by step order by step',
      [`canary/${route}`],
    );
    expect(steps).toEqual([
      { step: 'open_canary', tries: 1 },
      { step: 'promote_canary', tries: 1 },
      { step: 'set_canary_stage', tries: 3 },
    ]); // and none of the looks
    const result = await temporal.client.workflow.getHandle(`canary/${route}`).result();
    expect(result).toEqual({ outcome: 'promoted', reason: 'passed all 3 stages' });
  });

  test('of a version whose users click less is taken back, and says why; its alias stays', async () => {
    const { route, champion, version, before } = await aRoute();
    await database.pool.query(`insert into webhooks (name, url, events) values ('w', 'https://w.example', '{canary.rolled_back}')`);
    await start(route, version);
    const canary = await answerUntilEnd(route, { champion: 0.6, canary: 0.1 });
    expect(canary).toMatchObject({ state: 'rolled_back', reason: expect.stringMatching(/^clicked is worse than the champion's by 0\.\d/) });
    expect(canary.stages.at(-1)).toMatchObject({ verdict: 'roll_back', reason: canary.reason });
    await isAsBefore(before);
    expect((await getVersionByAlias(database.pool, 'ease', 'champion'))!.version).toBe(champion);
    expect((await getVersionByAlias(database.pool, 'ease', 'challenger'))!.version).toBe(version);
    const { rows } = await database.pool.query<{ event: string }>('select event from webhook_deliveries');
    expect(rows).toEqual([{ event: 'canary.rolled_back' }]);
  });

  test('of a version that cannot give one answer of twenty is taken back at its first stage', async () => {
    const { route, version, before } = await aRoute();
    await start(route, version);
    await at(route, 1);
    const canary = await answerUntilEnd(route, { faults: 0.1 });
    expect(canary).toMatchObject({
      state: 'rolled_back',
      stage: 1,
      reason: expect.stringMatching(/^of \d+ answers that it was to give it could not give \d+/),
    });
    await isAsBefore(before);
  });

  test('that nobody asks anything is taken back after the longest time of a stage', async () => {
    const { route, version, before } = await aRoute();
    await start(route, version, { max_minutes: 1 });
    const { rollout_id } = await at(route, 1).then(() => canaryOf(route));
    await createCanaryActivities({ pool: database.pool }).judgeCanary({ rollout_id, stage: 0, watched_ms: 59_000, paused: false });
    const judged = await createCanaryActivities({ pool: database.pool }).judgeCanary({
      rollout_id,
      stage: 0,
      watched_ms: 60_000,
      paused: false,
    });
    expect(judged).toMatchObject({
      verdict: 'roll_back',
      reason: expect.stringContaining('after 1 minutes it has given 0 of 150 answers'),
    });
    await told(route, 'abort', {});
    await ended(route);
    await isAsBefore(before);
  });

  test('stops where an operator changes the route meanwhile, and leaves their route alone', async () => {
    const { route, version } = await aRoute();
    await start(route, version);
    await at(route, 1);
    const own = routeSpecSchema.parse({ variants: [{ name: 'mine', models: ['ials@champion'] }] });
    await setRoutes(database.pool, { [route]: own }, { author: { name: 'bert', reason: 'the holidays' } });
    const canary = await ended(route);
    expect(canary).toMatchObject({
      state: 'stopped',
      reason: expect.stringMatching(/^route r\d+ was changed to revision 3 by bert meanwhile \(the holidays\)$/),
    });
    expect(await findRoute(database.pool, route)).toMatchObject({ revision: 3, variants: [{ name: 'mine' }] });
  });

  test('stops where another version becomes champion meanwhile, and puts the route back', async () => {
    const { route, version, before } = await aRoute();
    await start(route, version);
    await at(route, 1);
    const other = await registerVersion(database.pool, {});
    await setAlias(database.pool, { name: 'ease', alias: 'champion', version: other });
    expect(await ended(route)).toMatchObject({
      state: 'stopped',
      reason: expect.stringContaining(`ease@champion is version ${other} now`),
    });
    await isAsBefore(before);
  });

  test('that is paused grows no further and is watched on; resumed it goes on', async () => {
    const { route, version, before } = await aRoute();
    await start(route, version);
    await at(route, 1);
    expect((await told(route, 'pause')).status).toBe(202);
    await waitFor('the pause', async () => (await canaryOf(route)).paused);
    await answerAll(database.pool, route);
    const looked = await waitFor('it to be enough', async () => {
      const canary = await canaryOf(route);
      return canary.stages[0]?.verdict === 'pass' ? canary : undefined;
    });
    await waitFor('another look', async () => (await canaryOf(route)).stages[0]!.checked_at !== looked.stages[0]!.checked_at);
    expect(await canaryOf(route)).toMatchObject({ state: 'running', stage: 1, paused: true });
    await told(route, 'resume');
    await at(route, 2);
    await told(route, 'pause');
    await waitFor('the pause', async () => (await canaryOf(route)).paused);
    await answerAll(database.pool, route, { champion: 0.6, canary: 0.1 });
    expect(await ended(route)).toMatchObject({ state: 'rolled_back', stage: 2, paused: false });
    await isAsBefore(before);
  });

  test.each(['aborted', 'cancelled', 'cancelled while it is paused'])('that is %s puts the route back', async (how) => {
    const { route, version, before } = await aRoute();
    await start(route, version);
    await at(route, 1);
    if (how.endsWith('paused')) await told(route, 'pause');
    if (how === 'aborted') expect((await told(route, 'abort', { reason: 'the boss' })).status).toBe(202);
    else await temporal.client.workflow.getHandle(`canary/${route}`).cancel();
    expect(await ended(route)).toMatchObject({ state: 'aborted', reason: how === 'aborted' ? 'the boss' : 'its run was cancelled' });
    await isAsBefore(before);
    await waitFor('the workflow to end', async () => (await told(route, 'pause')).status === 409);
  });

  test('that was ended from outside is tidied up by the next one', async () => {
    const { route, version, before } = await aRoute();
    await start(route, version);
    await at(route, 1);
    await temporal.client.workflow.getHandle(`canary/${route}`).terminate();
    expect((await start(route, version)).status).toBe(202);
    await waitFor('the next', async () => (await listed(route)).length === 2);
    expect(await listed(route)).toMatchObject([{ state: 'running' }, { state: 'aborted', reason: 'its workflow was ended from outside' }]);
    await told(route, 'abort', {});
    await ended(route);
    await isAsBefore(before);
  });
});

const listed = async (route: string) => (await api.call<{ canaries: Canary[] }>('GET', `/api/v1/canaries?route=${route}`)).body.canaries;

describe('is refused', () => {
  test('a second one on a route, which is told what goes on', async () => {
    const { route, version } = await aRoute();
    await start(route, version);
    await at(route, 1);
    expect(await start(route, version)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining(`canary/${route} runs already: ease/${version}, at stage 1 of 3`) },
    });
    await told(route, 'abort', {});
    await ended(route);
  });

  test('a version that did not pass the gate, with the rule; one that is not there, that is champion, a route in a test or without the model', async () => {
    const { route, champion } = await aRoute();
    const rule = { rule: 'beats_popularity', passed: false, value: -0.1, bound: 0, detail: 'worse than popularity' };
    const failed = await registerVersion(database.pool, { gate: { passed: false, rules: [rule] } });
    expect(await start(route, failed)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('beats_popularity'), errors: [{ field: 'beats_popularity' }] },
    });
    expect((await start(route, '99999')).status).toBe(404);
    expect(await start(route, champion)).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('is the champion already') },
    });
    expect((await start('nowhere', champion)).status).toBe(404);
    expect(await start(route, champion, { model: 'sasrec' })).toMatchObject({ status: 422, body: { errors: [{ field: 'body.model' }] } });
    const tested = routeSpecSchema.parse({ variants: [SPEC.variants[0]!, { name: 'b', models: ['ials@champion'] }] });
    await setRoutes(database.pool, { [route]: tested }, { author: { name: 'anna', reason: '' } });
    expect(await start(route, champion)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('has 2 variants') } });
    expect((await api.call('GET', `/api/v1/canaries/${route}`)).status).toBe(404);
    expect(await start(route, champion, { stages: [{ share: 0.5 }, { share: 0.1 }] })).toMatchObject({ status: 422 });
  });
});

test('each step is done once, however often it is tried', async () => {
  const { route, version, before } = await aRoute();
  const { pool } = database;
  const plan = canaryInputSchema.omit({ carried: true }).parse(bodyOf(route, version));
  const twice = async <T>(step: () => Promise<T>) => [await step(), await step()];
  await twice(() => openRollout(pool, { rollout_id: 'twice', ...plan }));
  await twice(() => beginStage(pool, 'twice', 0));
  await twice(() => beginStage(pool, 'twice', 1));
  await twice(() => promoteRollout(pool, 'twice'));
  await twice(() => endRollout(pool, 'twice', 'rolled_back', 'too late'));
  expect((await canaryOf(route)).state).toBe('promoted');
  await isAsBefore(before);
  expect((await listRouteChanges(pool, route, 10))!.map(({ changed_by, restores }) => [changed_by, restores])).toEqual([
    ['canary', 1],
    ['canary', null],
    ['canary', null],
    ['anna', null],
  ]);
});

test('where a version is rolled out that drift led to: on the default route where that asks the model, else on the first that does', async () => {
  const { pool } = database;
  await setRoutes(
    pool,
    { shelf: routeSpecSchema.parse({ variants: [{ name: 'main', models: ['ials@champion', 'movie_predictor@champion'] }] }) },
    { author: { name: 'anna', reason: '' } },
  );
  const asked = ['ials', 'movie_predictor', 'popularity'].map((model) => findRolloutRoute(pool, model));
  expect(await Promise.all(asked)).toEqual(['default', 'legacy', null]);
});
