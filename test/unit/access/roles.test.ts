import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { SAFE_METHODS } from '../../../platform/http/problems.ts';
import { rolesPage } from '../../roles/rolesPage.ts';
import { routeTable, type RouteRow } from '../../roles/routeTable.ts';
import { openSurfaces } from '../../roles/surfaces.ts';

let opened: Awaited<ReturnType<typeof openSurfaces>>;
let rows: RouteRow[];
beforeAll(async () => {
  opened = await openSurfaces();
  rows = routeTable(opened.surfaces);
});
afterAll(() => opened.close());

const named = (chosen: readonly RouteRow[]) => [...new Set(chosen.map(({ port, method, path: at }) => `${port} ${method} ${at}`))].sort();

test('docs/roles.md is what `npm run roles-page` writes', async () => {
  expect(readFileSync(path.join(PROJECT_ROOT, 'docs', 'roles.md'), 'utf8')).toBe(await rolesPage());
});

test('what tells nothing but health and a version is open to anyone, and the page that everything is shown in, and nothing else', () => {
  const health = /^\/(health(\/(live|ready))?|v2\/health\/(live|ready)|version|api\/v1\/(health|version)|console\/assets\/\*file)$/;
  expect(named(rows.filter(({ role, path: at }) => role === 'anyone' && !health.test(at)))).toEqual([]);
  expect(rows.filter(({ role }) => role === 'anyone').length).toBeGreaterThan(20);
});

test('every route says who may call it, but for metrics, documents and what the model server answers to all', () => {
  const said = rows.filter(({ isGated, role }) => !isGated && role !== 'anyone');
  expect(named(said.filter(({ port }) => port !== 'serving'))).toEqual([
    ...[
      'airflow GET /',
      'airflow GET /api/v1/version',
      'api GET /docs',
      'api GET /docs/assets/*file',
      'api GET /metrics',
      'api GET /openapi.json',
      'worker GET /metrics',
    ],
  ]);
  expect(new Set(said.filter(({ port }) => port === 'serving').map(({ role }) => role))).toEqual(new Set(['viewer']));
});

test('what may change something is in the audit log, but for what is data of users, runs and features', () => {
  const isChanging = ({ method, role }: RouteRow) => ![...SAFE_METHODS, 'FLIGHT'].includes(method) && !['viewer', 'anyone'].includes(role);
  const changing = rows.filter(isChanging);
  const data = changing.filter(({ isAudited }) => !isAudited);
  const ofMlflow = /\/(ajax-)?api\/2\.0\/mlflow(-artifacts\/(artifacts|mpu)|\/(runs|logged-models))\b/;
  expect(named(data.filter(({ path: at }) => !ofMlflow.test(at)))).toEqual([
    'api POST /api/v1/events/user-interaction',
    'api POST /api/v1/features/push',
    'api POST /api/v1/feedback',
    'api POST /api/v1/trigger/model-drift',
    'api POST /api/v1/trigger/system-overload',
    'api PUT /api/v1/users/:user_id',
    'feast POST /push',
    'feast POST /write-to-online-store',
  ]);
  expect(named(data.filter(({ path: at, method }) => ofMlflow.test(at) && (method === 'DELETE' || /(delete|restore)$/.test(at))))).toEqual(
    [],
  );
  expect(changing.length - data.length).toBeGreaterThan(100);
});
