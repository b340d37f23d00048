import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDriftActivities, type JudgeDriftInput } from '../../activities/drift.ts';
import {
  driftConsequenceSchema,
  judgingSettingsSchema,
  type DriftConsequence,
  type DriftDecision,
  type DriftReport,
  type JudgedModel,
  type Push,
} from '../../contracts/drift.ts';
import { driftAlertEventSchema, type DriftAlertEvent } from '../../contracts/events.ts';
import { isOpen, recordDriftAlerts } from '../../domain/drift/alerts.ts';
import { closeDecision, openDecision } from '../../domain/drift/decisions.ts';
import { holdPushes } from '../../domain/pushes/pushes.ts';
import { readInteractions } from '../../domain/recommender/data/readInteractions.ts';
import { createSnapshot } from '../../domain/recommender/data/snapshot.ts';
import { writeSnapshot } from '../../domain/recommender/data/snapshotFiles.ts';
import { CHAMPION } from '../../contracts/models.ts';
import { setAlias } from '../../domain/registry/aliases.ts';
import { ensureExperiment } from '../../domain/registry/experiments.ts';
import { setRunTags, startRegistryRun } from '../../domain/registry/runs.ts';
import { createModelVersion, holdModel } from '../../domain/registry/versions.ts';
import { createRandom } from '../../domain/recommender/numeric/random.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { inActivity } from '../support/inActivity.ts';

const DAY = 86_400_000;
const WEEK = 7 * DAY;
const MONDAY = Date.parse('2026-01-05T00:00:00Z');
const MOVIES = 200;
const NAME = 'ials';
const signal = new AbortController().signal;
const KEYS = { viewer: 'a viewer of sixteen', user: 'a user of sixteen letters', operator: 'an operator of sixteen' };

let database: TestDatabase;
let folder: string;
let blobs: BlobStore;
let api: TestApi;
let version: string;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'mlops drift '));
  blobs = createBlobStore(`file:${folder}`);
  const credentials = Object.entries(KEYS).map(([role, secret]) => ({ name: role, role: role as keyof typeof KEYS, secret }));
  api = await startTestApi({
    database: { url: database.url, poolSize: 4, external: true },
    blobUrl: `file:${folder}`,
    access: { host: '127.0.0.1', credentials, allowedHosts: [], allowedOrigins: [] },
  });
  await database.pool.query(
    `insert into movies (movie_id, title, source, genres) select id, 'Movie ' || id, 'test', array[case when id % 3 = 0 then 'Comedy' else 'Drama' end]
     from generate_series(1, $1::int) id`,
    [MOVIES],
  );
  await addEvents(weeks(-20, 0));
  version = await makeChampion();
});
beforeEach(async () => {
  await database.pool.query(
    'truncate outbox, drift_reports, drift_episodes, drift_decisions, drift_alerts, movie_pushes, served_answers cascade',
  );
  await database.pool.query('delete from interactions where occurred_at >= $1', [new Date(MONDAY)]);
});
afterAll(async () => {
  await api?.stop();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

interface Event {
  readonly user: string;
  readonly movie: number;
  readonly rating?: number;
  readonly at: number;
}

/** What 30 users choose in each week, five movies each, out of 100 users. */
function weeks(from: number, to: number, change: (event: Event) => Event = (event) => event): Event[] {
  const random = createRandom(5, from + 50);
  return Array.from({ length: to - from }, (_, week) =>
    Array.from({ length: 30 }, () => random.below(100)).flatMap((user) =>
      Array.from({ length: 5 }, () =>
        change({
          user: `u${user}`,
          movie: 1 + Math.floor(MOVIES * random.next() ** 1.5),
          rating: Math.min(5, Math.max(0.5, Math.round(2 * (3.5 + random.normal() / 2)) / 2)),
          at: MONDAY + (from + week) * WEEK + random.below(WEEK),
        }),
      ),
    ),
  ).flat();
}

const lower = (event: Event): Event => ({ ...event, rating: Math.max(0.5, event.rating! - 1) });

const addEvents = (events: readonly Event[]) =>
  database.pool.query(
    `insert into interactions (event_id, user_id, movie_id, interaction_type, rating, occurred_at)
     select gen_random_uuid(), u, m, case when r is null then 'view' else 'rating' end, r, t
     from unnest($1::text[], $2::int[], $3::real[], $4::timestamptz[]) as e (u, m, r, t)`,
    [
      events.map(({ user }) => user),
      events.map(({ movie }) => movie),
      events.map(({ rating }) => rating ?? null),
      events.map(({ at }) => new Date(at)),
    ],
  );

/** A champion that says it learnt from what is there now. */
async function makeChampion(): Promise<string> {
  const { interactions, movies } = await readInteractions(database.pool, signal);
  const { snapshot_id } = await writeSnapshot(blobs, createSnapshot(interactions, movies, 1));
  return withTransaction(database.pool, async (db) => {
    await holdModel(db, NAME);
    const registryRunId = await startRegistryRun(db, {
      experimentId: await ensureExperiment(db, 'test'),
      name: 'a',
      userId: 'a',
      origin: randomUUID(),
    });
    await setRunTags(db, registryRunId, { snapshot_id });
    const made = await createModelVersion(db, { name: NAME, source: 'blob:none', registryRunId, origin: randomUUID(), tags: {} });
    await setAlias(db, { name: NAME, alias: CHAMPION, version: made });
    return made;
  });
}

const settings = judgingSettingsSchema.parse({});
const activities = () => createDriftActivities({ pool: database.pool, blobs, log: silentLog });
let runs = 0;
/** Judges a week by its number. */
function judge(week: number, run = `drift/r${(runs += 1)}`, more: Partial<JudgeDriftInput> = {}): Promise<JudgedModel> {
  const [from, to] = [MONDAY + week * WEEK, MONDAY + (week + 1) * WEEK].map((at) => new Date(at).toISOString());
  return inActivity(run, () => activities().judgeDrift({ name: NAME, version, from: from!, to: to!, settings, ...more }));
}

const by = (role: keyof typeof KEYS) => ({ headers: { 'x-api-key': KEYS[role] } });
const read = async (id: string) => (await api.call<DriftReport>('GET', `/api/v1/drift/reports/${id}`, by('viewer'))).body;
async function told(): Promise<DriftAlertEvent[]> {
  const { rows } = await database.pool.query<{ payload: unknown }>('select payload from outbox order by seq');
  return rows.map(({ payload }) => driftAlertEventSchema.parse(payload));
}

describe('alerts', () => {
  test('one when a drift holds for two windows, none while it is open, and that it is over once a window is calm', async () => {
    await addEvents([...weeks(0, 3, lower), ...weeks(3, 4)]);
    const alerts = [];
    for (const week of [0, 1, 2, 3]) alerts.push((await judge(week)).alert);
    expect(alerts).toEqual(['waits', 'sent', 'open', 'resolved']);
    const [alert, resolved, ...others] = await told();
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ model_name: NAME, model_version: version, status: 'open', threshold: 1, quality: 'unknown' });
    expect(alert!.drift_score).toBeGreaterThan(1);
    expect(resolved).toMatchObject({ model_name: NAME, status: 'resolved', drift_score: 0 });
    expect([alert, resolved].map((event) => isOpen(event!))).toEqual([true, false]);
  });

  test('another one where the first was answered by a training after which the champion stayed', async () => {
    await addEvents(weeks(0, 5, lower));
    await judge(0);
    await judge(1);
    const [{ event_id: first } = { event_id: '' }] = await told();
    const run_id = 'training/drift-ials-in-vain';
    await openDecision(database.pool, { run_id, model_name: NAME, alerts: [first], most_a_day: 4 });
    expect((await judge(2)).alert).toBe('open');
    await closeDecision(database.pool, { run_id, outcome: 'failed', version: null, reason: 'loss is NaN' });
    expect([(await judge(3)).alert, (await judge(4)).alert]).toEqual(['sent', 'open']);
    const events = await told();
    expect(events.map(({ status }) => status)).toEqual(['open', 'open']);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(2);
  });

  test('none for a drift that the next window does not have, nor for what a backfill finds', async () => {
    await addEvents([...weeks(0, 1, lower), ...weeks(1, 2), ...weeks(2, 4, lower)]);
    const alerts = [];
    for (const week of [1, 3, 0, 2]) alerts.push((await judge(week)).alert);
    expect(alerts).toEqual(['none', 'waits', 'none', 'none']);
    expect(await told()).toEqual([]);
  });

  test('a step that is tried again finds its report and tells nobody twice', async () => {
    await addEvents(weeks(0, 2, lower));
    await judge(0);
    const first = await judge(1, 'drift/again');
    expect(await judge(1, 'drift/again')).toEqual(first);
    expect((await told()).length).toBe(1);
  });
});

describe('reports', () => {
  test('over HTTP: a list, each column, and a page that needs nothing from elsewhere', async () => {
    await addEvents(weeks(0, 1, lower));
    const { report_id } = await judge(0);
    const { body } = await api.call<{ reports: DriftReport[] }>('GET', `/api/v1/drift/reports?model=${NAME}`, by('viewer'));
    expect(body.reports).toMatchObject([{ report_id, drifted: true, verdict: { input: 'moved', quality: 'unknown' }, alert: 'waits' }]);
    const report = await read(report_id);
    expect(report.columns.find(({ column }) => column === 'ratings')).toMatchObject({
      state: 'drifted',
      most: 'lower',
      users: expect.any(Number),
    });
    expect(report.columns.filter(({ state }) => state === 'not_judged').map(({ column, reason }) => [column, reason])).toEqual(
      ['scores', 'click_through_rate', 'hr_at_10'].map((column) => [column, 'this version has not answered anybody']),
    );
    const page = await api.call<string>('GET', `/api/v1/drift/reports/${report_id}.html`, by('viewer'));
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.body).toContain('the input moved; whether answers do worse could not be judged');
    expect(page.body).not.toMatch(/<script|<link|<img|https?:|url\(|@import|\son\w+=/i);
    expect((await api.call('GET', `/api/v1/drift/reports/${randomUUID()}`, by('viewer'))).status).toBe(404);
  });

  test('a window with no events is not judged, and alarms nobody', async () => {
    const judged = await judge(0);
    expect(judged).toMatchObject({ drifted: false, alert: 'none' });
    const { columns, verdict } = await read(judged.report_id);
    expect(verdict).toMatchObject({ input: 'unknown', quality: 'unknown' });
    expect(new Set(columns.slice(0, 6).map(({ reason }) => reason))).toEqual(new Set(['no choices in the window']));
  });

  test('a reference that vanished is said, and what needs none is judged', async () => {
    await addEvents(weeks(0, 1));
    const { rows } = await database.pool.query<{ value: string }>(`select value from registry_run_tags where key = 'snapshot_id'`);
    const kept = `${folder}/snapshots/${rows[0]!.value}`;
    const aside = createBlobStore(`file:${kept}`);
    const manifest = await aside.get(aside.uriOf('manifest.json'));
    await aside.remove(aside.uriOf('manifest.json'));
    const { report_id } = await judge(0);
    await aside.put('manifest.json', manifest);
    const { reference, columns, events } = await read(report_id);
    expect(reference).toMatchObject({ events: 0, reason: expect.stringContaining('is not there any more') });
    expect([columns[0]!.state, columns[0]!.reason, events > 0]).toEqual(['not_judged', reference.reason, true]);
  });
});

describe('how answers do', () => {
  /** Answers to 40 users on a day of a week, of which some choose the first movie they were shown. */
  async function serve(week: number, share: number) {
    const at = MONDAY + week * WEEK;
    const users = Array.from({ length: 120 }, (_, nth) => `served${week} ${nth}`);
    await database.pool.query(
      `insert into served_answers (recommendation_id, variant, is_shadow, served_at, user_id, route, revision, assignment, propensity, model, version, k,
         movie_ids, scores, exclude_seen, seen_from, history, history_length, disliked)
       select gen_random_uuid(), 'a', false, $2, u, 'default', 1, 'user', 1, $3, $4, 10, array(select generate_series(1, 12)), array_fill(0.5::float8, array[12]),
         true, 'events', '{}', 0, '{}' from unnest($1::text[]) u`,
      [users, new Date(at), NAME, version],
    );
    await addEvents(users.map((user, nth) => ({ user, movie: nth < share * users.length ? 1 : 12, at: at + 3_600_000 })));
  }
  const quality = async (report_id: string) =>
    (await read(report_id)).columns.filter(({ about }) => about === 'quality').map(({ column, state, most }) => [column, state, most]);

  test('that fewer are hit than in its first days is quality that is hurt; both are told by users', async () => {
    for (const week of [0, 1]) await serve(week, 0.6);
    await serve(2, 0.2);
    expect(await quality((await judge(1)).report_id)).toEqual([
      ['click_through_rate', 'stable', 'not lower'],
      ['hr_at_10', 'stable', 'not lower'],
    ]);
    const { report_id } = await judge(2);
    expect(await quality(report_id)).toEqual([
      ['click_through_rate', 'stable', 'not lower'], // the twelfth was shown too, and chosen
      ['hr_at_10', 'drifted', 'lower'],
    ]);
    expect((await read(report_id)).verdict.quality).toBe('hurt');
  });

  test('a version that has answered for less than two windows is not judged by it', async () => {
    await serve(0, 0.6);
    const { columns } = await read((await judge(0)).report_id);
    expect(columns.at(-1)).toMatchObject({ state: 'not_judged', reason: 'this version has not answered for two windows' });
  });
});

describe('10,000 fake users who push one movie', () => {
  const fakes = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, nth) => ({ user: `fake${from + nth}`, movie: 77, rating: 5, at: MONDAY + DAY + nth }));
  const learnt = async () => {
    const { interactions } = await readInteractions(database.pool, signal);
    return interactions.users.ids.filter((id) => id.startsWith('fake')).length;
  };
  const pushes = async () => (await api.call<{ pushes: Push[] }>('GET', '/api/v1/drift/pushes', by('viewer'))).body.pushes;

  test('are shown in the report, and not learnt from before somebody approves', async () => {
    await addEvents([...weeks(0, 1), ...fakes(0, 10_000)]);
    const until = new Date(MONDAY + WEEK + 5 * 3_600_000).toISOString();
    expect(await activities().planDrift({ until, window_days: 7 })).toEqual({
      models: [{ name: NAME, version }],
      ...{ from: new Date(MONDAY).toISOString(), to: new Date(MONDAY + WEEK).toISOString() },
    });
    const report = await read((await judge(0)).report_id);
    expect(report.pushes).toMatchObject([{ movie_id: '77', title: 'Movie 77', users: 10_000, state: 'held' }]);
    expect(report.pushes[0]!.times).toBeGreaterThan(50);
    expect(report.columns.find(({ column }) => column === 'items')).toMatchObject({ state: 'drifted', most: 'all others more' });
    expect(await learnt()).toBe(0);

    const decide = (role: keyof typeof KEYS, decision: string) =>
      api.call<Push>('POST', `/api/v1/drift/pushes/${report.pushes[0]!.push_id}/decision`, {
        json: { decision, reason: 'a premiere' },
        ...by(role),
      });
    expect((await decide('user', 'approve')).status).toBe(403);
    expect(await learnt()).toBe(0);
    expect((await decide('operator', 'approve')).body).toMatchObject({ state: 'approved', decided_by: 'operator', reason: 'a premiere' });
    expect(await learnt()).toBe(10_000);
    expect((await decide('operator', 'reject')).status).toBe(409);
    expect([await holdPushes(database.pool), await learnt()]).toEqual([0, 10_000]); // what was approved is not found again
  });

  test('stay out once they are rejected, and more of them wait for a decision of their own', async () => {
    await addEvents([...weeks(0, 1), ...fakes(0, 500)]);
    expect(await holdPushes(database.pool)).toBe(500);
    expect(await holdPushes(database.pool)).toBe(0);
    const [push] = await pushes();
    await api.call('POST', `/api/v1/drift/pushes/${push!.push_id}/decision`, { json: { decision: 'reject' }, ...by('operator') });
    expect(await learnt()).toBe(0);
    expect([await holdPushes(database.pool), (await pushes()).map(({ state }) => state)]).toEqual([0, ['rejected']]);
    await addEvents(fakes(500, 520));
    expect(await holdPushes(database.pool)).toBe(20);
    expect([await learnt(), (await pushes()).map(({ state }) => state)]).toEqual([0, ['held', 'rejected']]);
  });

  test('newcomers who choose what others choose too are learnt from', async () => {
    await addEvents(Array.from({ length: 400 }, (_, nth) => ({ user: `fake${nth}`, movie: 1 + (nth % 20), at: MONDAY + DAY + nth })));
    expect([await holdPushes(database.pool), await learnt()]).toEqual([0, 400]);
  });
});

describe('decisions', () => {
  const alert = (quality: 'hurt' | 'holds' = 'hurt'): DriftAlertEvent => ({
    ...{ event_id: randomUUID(), model_name: NAME, drift_score: 2.5, threshold: 1, timestamp: new Date(MONDAY).toISOString() },
    ...{ status: 'open', quality, report_id: randomUUID() },
  });
  const open = (run_id: string, alerts: readonly string[], most_a_day = 4) =>
    openDecision(database.pool, { run_id, model_name: NAME, alerts, most_a_day });
  const list = async () => (await api.call<{ decisions: DriftDecision[] }>('GET', '/api/v1/drift/decisions', by('viewer'))).body.decisions;

  test('have the alert, its report and verdict, what became of the training and why; a promotion ends the alert, once', async () => {
    await addEvents(weeks(0, 2, lower));
    for (const week of [0, 1]) await judge(week);
    const [sent] = await told();
    await recordDriftAlerts(database.pool, [sent!]);
    await database.pool.query(
      `insert into webhooks (name, url, events) values ('a', 'https://example.com', array['drift_retrain.decided'])`,
    );
    await open('training/a', [sent!.event_id]);
    expect(await list()).toMatchObject([{ run_id: 'training/a', outcome: 'training', decided_at: null }]);
    const decision = { run_id: 'training/a', outcome: 'promoted', version: '2', reason: 'it passed the gate' } as const;
    await closeDecision(database.pool, decision);
    await closeDecision(database.pool, { ...decision, outcome: 'failed' });
    expect(await list()).toMatchObject([
      { model_name: NAME, alerts: [sent!.event_id], report_id: sent!.report_id, quality: 'unknown', ...decision, held_choices: 0 },
    ]);
    expect((await told()).map(({ status }) => status)).toEqual(['open', 'resolved']);
    const { rows } = await database.pool.query(`select event, data ->> 'outcome' as outcome from webhook_deliveries`);
    expect(rows).toEqual([{ event: 'drift_retrain.decided', outcome: 'promoted' }]);
  });

  test('are found from the report that alarmed, and from those made while its alert was open; another says why there is none', async () => {
    await addEvents([...weeks(0, 3, lower), ...weeks(3, 4)]);
    const reports: string[] = [];
    for (const week of [0, 1, 2, 3]) reports.push((await judge(week)).report_id);
    const late = (await judge(0, 'drift/late')).report_id;
    const [sent] = await told();
    const of = async (id: string) =>
      (await api.call<DriftConsequence>('GET', `/api/v1/drift/reports/${id}/consequence`, by('viewer'))).body;
    const states = async () => Promise.all([...reports, late].map(async (id) => (await of(id)).state));
    expect(await states()).toEqual(['waits', 'on_its_way', 'on_its_way', 'resolved', 'late']);
    await recordDriftAlerts(database.pool, [sent!]);
    await database.pool.query('update drift_alerts set signalled_at = now()');
    expect(await states()).toEqual(['waits', 'gathering', 'gathering', 'resolved', 'late']);
    await open('training/a', [randomUUID(), sent!.event_id]);
    expect(await states()).toEqual(['waits', 'retrained', 'retrained', 'resolved', 'late']);
    const alarmed = await of(reports[1]!);
    expect(driftConsequenceSchema.parse(alarmed)).toEqual(alarmed);
    expect(alarmed).toMatchObject({
      alert: { event_id: sent!.event_id, report_id: reports[1], received_at: expect.any(String) as unknown },
      retraining: { run_id: 'training/a', outcome: 'training' },
      run_id: `drift-retrain/${NAME}`,
    });
    expect((await of(reports[2]!)).alert).toEqual(alarmed.alert);
    expect(await of(reports[0]!)).toMatchObject({ alert: null, retraining: null });
    expect((await api.call('GET', `/api/v1/drift/reports/${randomUUID()}/consequence`, by('viewer'))).status).toBe(404);
  });

  test('are as many a day as may be; the next one is told how long to wait', async () => {
    const one = alert();
    for (const nth of [1, 2]) expect(await open(`training/${nth}`, [one.event_id], 2)).toBe(0);
    expect(await open('training/2', [one.event_id], 2)).toBe(0); // tried again it is the same one
    const wait = await open('training/3', [one.event_id], 2);
    expect(wait).toBeGreaterThan(DAY - 600_000);
    await database.pool.query(`update drift_decisions set started_at = started_at - interval '25 hours' where run_id = 'training/1'`);
    expect(await open('training/3', [one.event_id], 2)).toBe(0);
  });
});

test('a drift alert of a caller without the role is refused, and so is a decision', async () => {
  const forged = { model_name: NAME, drift_score: 0.9, threshold: 0.1 };
  for (const role of ['viewer', 'user'] as const)
    expect((await api.call('POST', '/api/v1/trigger/model-drift', { json: forged, ...by(role) })).status).toBe(403);
  expect(await told()).toEqual([]);
});
