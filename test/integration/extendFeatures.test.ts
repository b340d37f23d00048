import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { computeView } from '../../domain/features/compute.ts';
import { DEFINITIONS } from '../../domain/features/definitions.ts';
import { applyDefinitions } from '../../domain/features/registry/apply.ts';
import { reportView } from '../../domain/features/featureReport.ts';
import type { FeatureView } from '../../domain/features/views/view.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  [database, folder] = await Promise.all([createTestDatabase(), mkdtemp(path.join(tmpdir(), 'extend '))]);
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

test('the view of docs/extend.md is applied and computed, and follows a corrected title', async () => {
  const page = await readFile(path.join(PROJECT_ROOT, 'docs', 'extend.md'), 'utf8');
  const [, code = ''] = /## Add a feature view[\s\S]*?```ts \S+\n([\s\S]*?)```/.exec(page) ?? [];
  const file = path.join(folder, 'titleFeatures.mts');
  await writeFile(file, code.replace("'./entities.ts'", `'${path.join(PROJECT_ROOT, 'domain', 'features', 'views', 'entities.ts')}'`));
  const { titleFeatures } = (await import(file)) as { titleFeatures: FeatureView };

  const definitions = { ...DEFINITIONS, views: [...DEFINITIONS.views, titleFeatures] };
  expect(await applyDefinitions(database.pool, definitions, { by: 'ann' })).toMatchObject({ applied: true, plan: { takes_away: false } });
  await database.pool.query(`insert into movies (movie_id, title, release_year, source) values (1, 'Heat', 1995, 'test')`);
  const compute = () => computeView(database.pool, titleFeatures, { end: new Date('2000-01-01') });
  expect(await compute()).toMatchObject({ written: 1 });
  expect(await compute()).toMatchObject({ written: 0 });
  await database.pool.query(`update movies set title = 'Heated'`);
  expect(await compute()).toMatchObject({ written: 1, late_entities: 1 });
  expect((await reportView(database.pool, titleFeatures)).features).toMatchObject([{ feature: 'title_length', min: 6, broken: [] }]);
});
