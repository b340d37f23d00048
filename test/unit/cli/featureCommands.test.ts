import { afterEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeDefinitions } from '../../../domain/features/registry/describe.ts';
import { DEFINITIONS } from '../../../domain/features/definitions.ts';
import { planChanges } from '../../../domain/features/registry/plan.ts';
import { problem, startApiServer, type Answer } from './apiServer.ts';
import { invoke } from './invoke.ts';
import { aRunDetail } from './runs.ts';

let server: Awaited<ReturnType<typeof startApiServer>> | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});
async function ask(args: readonly string[], script: Record<string, Answer>) {
  await server?.close();
  server = await startApiServer(script);
  return invoke(['features', ...args, '--api', server.url]);
}

/** Views of each kind; what else the platform has is no matter here. */
const SHOWN = ['movie_features', 'user_features', 'user_recent', 'genre_match'];
const definitions = describeDefinitions(DEFINITIONS);
const described = { ...definitions, views: definitions.views.filter(({ name }) => SHOWN.includes(name)) };
const plan = planChanges({ ...described, services: [] }, { ...described, views: described.views.slice(0, 3) }, 4);

describe('features', () => {
  test('lists entities, views and services', async () => {
    const { out } = await ask(['views', 'list'], { 'GET /api/v1/features/views': { body: { views: described.views } } });
    expect(out).toBe(
      [
        'VIEW            KIND       ENTITY  FEATURES  TTL    OWNER',
        'movie_features  batch      movie   9                recommendation',
        'user_features   batch      user    9                recommendation',
        'user_recent     stream     user    4         365 d  recommendation',
        'genre_match     on_demand          1                recommendation',
        '',
      ].join('\n'),
    );
    const entities = await ask(['entities', 'list'], { 'GET /api/v1/features/entities': { body: { entities: described.entities } } });
    expect(entities.out).toContain('movie   movie_id');
    const services = await ask(['services', 'list'], { 'GET /api/v1/features/services': { body: { services: described.services } } });
    expect(services.out).toContain('popularity       movie_features:popularity, movie_features:popularity_7d');
  });

  test('describes a view with its rules and its SQL', async () => {
    const { out } = await ask(['describe', 'movie_features'], {
      'GET /api/v1/features/views/movie_features': { body: described.views[0] },
    });
    expect(out).toContain('rating          float64      movielens  ≥ 0.5, ≤ 5 (refuse)');
    expect(out).toContain('from user_movie_events');
  });

  test('tells how values went over time, and from how much of them', async () => {
    const figures = { feature: 'rating', null_rate: 0.25, low: 1, middle: 3.5, high: 5, distinct: 9 };
    const span = { from: '2020-01-01T00:00:00.000Z', until: '2020-02-01T00:00:00.000Z', rows: 4, features: [figures] };
    const body = { view: 'movie_features', sampled: 0.5, spans: [span] };
    const { out } = await ask(['distribution', 'movie_features', '--days', '365'], {
      'GET /api/v1/features/views/movie_features/distribution': { body },
    });
    expect(server!.received[0]!.url).toMatch(/\?days=365$/);
    expect(out).toMatch(/2020-02-01 00:00:00 +rating +4 +0\.25 +1 +3\.5 +5 +9\n/);
    expect(out).toContain('a sample of 50 % of the rows');
    const none = await ask(['distribution', 'movie_features'], {
      'GET /api/v1/features/views/movie_features/distribution': { body: { ...body, sampled: 1, spans: [] } },
    });
    expect(none.out).toBe('No value is stored yet.\n');
  });

  test('shows a plan field by field, and applies it when told to', async () => {
    const { out } = await ask(['plan'], { 'GET /api/v1/features/plan': { body: plan } });
    expect(out).toContain('+ service movie_predictor\n');
    expect(out).toContain('- view genre_match\n');
    expect(out).toContain('`features apply --yes` applies it.');
    const applied = { plan, version: 5, applied: true };
    const { out: done } = await ask(['apply', '--yes'], { 'POST /api/v1/features/apply': { body: applied } });
    expect(done).toContain('Version 5 is in force.');
    expect(server!.received[0]!.body).toEqual({ confirm: true });
    const refused = await ask(['apply'], { 'POST /api/v1/features/apply': { status: 409, body: problem(409, 'Conflict', 'takes away') } });
    expect(refused).toMatchObject({ exitCode: 1, err: 'Conflict: takes away\n' });
  });

  test('lists the versions', async () => {
    const version = { version: 1, hash: 'ab'.repeat(32), changes: plan.changes, applied_by: 'ann', applied_at: '2026-11-25T04:00:00.000Z' };
    const { out } = await ask(['history'], { 'GET /api/v1/features/history': { body: { versions: [version] } } });
    expect(out).toContain('1        2026-11-25 04:00:00  ann');
  });

  test('reports what breaks its rule', async () => {
    const feature = { feature: 'rating', null_rate: 0.25, min: 0.5, max: 9, broken: ['1 of 4 values are not ≤ 5'], severity: 'refuse' };
    const view = { view: 'movie_features', rows: 4, computed_to: null, newest_event: null, newest_row: null, features: [feature] };
    const { out } = await ask(['report'], { 'GET /api/v1/features/report': { body: { views: [view] } } });
    expect(out).toContain('movie_features: 4 rows, never computed');
    expect(out).toContain('movie_features:rating  0.25   0.5  9    1 of 4 values are not ≤ 5 (refuse)');
  });

  test('shows the online values of one thing', async () => {
    const body = {
      entity_type: 'movie',
      entity_id: '1',
      features: { 'movie_features:rating': 4.5, 'movie_features:genre': null },
      statuses: { 'movie_features:rating': 'PRESENT', 'movie_features:genre': 'NOT_FOUND' },
      event_timestamps: { movie_features: null },
    };
    const { out } = await ask(['get', 'movie', '1'], { 'GET /api/v1/features/movie/1': { body } });
    expect(out).toContain('movie_features:rating  PRESENT    4.5');
  });

  test.each([
    [['get', 'film', '1'], 'Allowed choices are movie, user.'],
    [['describe', '..'], 'name: ".." cannot stand in a path'],
    [['describe', ''], 'name: "" cannot stand in a path'],
  ])('%j names nothing: exit 2 without a call', async (args, said) => {
    const { exitCode, err } = await ask(args, {});
    expect({ exitCode, err, received: server!.received }).toEqual({ exitCode: 2, err: expect.stringContaining(said), received: [] });
  });

  test('materializes as a run that is waited for', async () => {
    const done = aRunDetail({ run_id: 'materialize/a', workflow: 'featureMaterialization', state: 'success' });
    const { exitCode } = await ask(['materialize', '--view', 'movie_features', '--run', 'a'], {
      'POST /api/v1/runs': { body: done },
      'GET /api/v1/runs/materialize/a': { body: done },
    });
    expect(exitCode).toBe(0);
    expect(server!.received[0]!.body).toMatchObject({ workflow: 'featureMaterialization', input: { views: ['movie_features'] } });
  });

  test('pushes a file of rows, and names one that is none', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'rows '));
    const file = path.join(folder, 'rows.json');
    await writeFile(file, '{"user_id": ["1"]}');
    const answer = { body: { view: 'user_recent', rows: 1, to: 'online' } };
    const { out } = await ask(['push', 'user_recent', file], { 'POST /api/v1/features/push': answer });
    expect(out).toBe('1 rows of user_recent are online.\n');
    expect(server!.received[0]!.body).toEqual({ view: 'user_recent', rows: { user_id: ['1'] } });
    await rm(folder, { recursive: true });
    expect(await ask(['push', 'user_recent', file], {})).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('cannot be read as JSON'),
    });
  });
});
