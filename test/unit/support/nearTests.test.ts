import { expect, test } from '@jest/globals';
import { choose, testsNear } from '../../support/nearTests.mjs';

const near = (...changed: string[]) => testsNear(changed).map(([file]) => file);

test('what imports a changed file comes before what imports that, and what has nothing to do with it does not come', () => {
  const tests = near('domain/recommender/evaluation/gate.ts');
  const [at, further] = ['unit/recommender/gate', 'integration/evaluation'].map((name) => tests.indexOf(`test/${name}.test.ts`));
  expect(at).toBeGreaterThanOrEqual(0);
  expect(further).toBeGreaterThan(at!);
  expect(tests).not.toContain('test/unit/tmdb/client.test.ts');
});

test.each([
  ['a test', 'test/unit/tmdb/client.test.ts', 'test/unit/tmdb/client.test.ts'],
  ['a migration', 'data/migrations/006.do.imports.sql', 'test/integration/ledger.test.ts'],
  ['a page', 'docs/extend.md', 'test/integration/extend.test.ts'],
  ['the template of the environment', '.env.template', 'test/unit/platform/envTemplate.test.ts'],
  ['the sample', 'data/movielens-small/ratings.csv', 'test/integration/collection.test.ts'],
  ['a recorded history', 'test/replay/histories/0.3.0/dataImport.json', 'test/replay/replay.test.ts'],
  ['a workflow', 'workflows/driftRetrain.ts', 'test/integration/driftRetrain.test.ts'],
  ['a process that tests start as it is built', 'workers/ingest/main.ts', 'test/integration/ingest.test.ts'],
  ['a task of the training worker', 'domain/recommender/tasks/runTrial.ts', 'test/integration/modelSweep.test.ts'],
  ['a program of Python', 'test/integration/feast/client.py', 'test/integration/feastClient.test.ts'],
])('%s is followed to the tests that it can break', (_what, changed, test) => {
  expect(near(changed)).toContain(test);
});

test('no more are chosen than a third of a minute has room for, and one at least', () => {
  const slow = 'test/integration/training.test.ts';
  expect(choose([[slow, 0]])).toEqual({ chosen: [slow], left: 0 });
  const unit = Array.from({ length: 100 }, (_, n): [string, number] => [`test/unit/${n}.test.ts`, 1]);
  expect(choose(unit)).toMatchObject({ left: 60 });
});
