import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../platform/config.ts';
import type * as contracts from '../../contracts/models.ts';
import type * as models from '../../domain/recommender/models/index.ts';
import { trainingDataOf } from '../../domain/recommender/data/snapshot.ts';
import type { Pool } from '../../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { quietTemporal } from '../support/quietTemporal.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { tasteSnapshot } from '../unit/recommender/samples.ts';
import { fitContext } from '../unit/recommender/training.ts';

/** What the checks read: everything but what is built or kept. */
const COPIED = [
  ...[
    'activities',
    'api',
    'bench',
    'cli',
    'client',
    'console',
    'contracts',
    'deploy',
    'domain',
    'jobs',
    'platform',
    'scripts',
    'serving',
    'test',
    'workers',
    'workflows',
  ],
  ...['package.json', 'tsconfig.json', '.oxlintrc.json', 'eslint.config.js', 'jest.config.js', '.prettierrc.json'],
];
let copy: string;
let database: TestDatabase;
let temporal: TestTemporal;
let blocks: Block[];

beforeAll(async () => {
  copy = mkdtempSync(path.join(tmpdir(), 'extend-'));
  for (const name of COPIED) cpSync(path.join(PROJECT_ROOT, name), path.join(copy, name), { recursive: true });
  for (const name of ['node_modules', 'data']) symlinkSync(path.join(PROJECT_ROOT, name), path.join(copy, name));
  blocks = readBlocks();
  blocks.forEach(apply);
  [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
});
afterAll(async () => {
  await Promise.all([temporal.close(), database.drop()]);
  rmSync(copy, { recursive: true });
});

type Census = (input: object) => Promise<{ movies: number }>;
interface CensusModule {
  readonly createCensusActivities: (deps: { pool: Pool }) => { countMovies: (asked: { genre?: string }) => Promise<number> };
}
interface Block {
  readonly language: string;
  readonly file: string;
  readonly text: string;
}

/** The code of docs/extend.md, each block with the file that it names. */
function readBlocks(): Block[] {
  const page = readFileSync(path.join(PROJECT_ROOT, 'docs', 'extend.md'), 'utf8');
  return [...page.matchAll(/^```(ts|diff) (\S+)\n(.*?)^```$/gms)].map(([, language = '', file = '', text = '']) => ({
    language,
    file,
    text,
  }));
}

function apply({ language, file, text }: Block): void {
  const target = path.join(copy, file);
  if (language === 'ts') {
    mkdirSync(path.dirname(target), { recursive: true });
    return writeFileSync(target, text);
  }
  const lines = text.match(/^.*\n/gm) ?? [];
  const without = (sign: string) =>
    lines
      .filter((line) => !line.startsWith(sign))
      .map((line) => line.slice(1))
      .join('');
  const source = readFileSync(target, 'utf8');
  expect(source.split(without('+'))).toHaveLength(2); // the page shows lines that are there, once
  writeFileSync(
    target,
    source.replace(without('+'), () => without('-')),
  );
}

/** Runs a program of node_modules in the copy. @returns nothing where it is content, else what it says */
const complaintsOf = (program: string, ...args: readonly string[]) =>
  new Promise<string>((resolve) => {
    const file = path.join(PROJECT_ROOT, 'node_modules', ...program.split('/'));
    // Its words are for this test, and its counts no part of the suite's.
    const env = { ...process.env, TEST_LOG: undefined, COUNT_FILE: undefined };
    execFile(process.execPath, [file, ...args], { cwd: copy, env }, (error, out, err) => resolve(error ? `${out}${err}` : ''));
  });
const failuresOf = (project: string, files: string) =>
  complaintsOf('jest/bin/jest.js', '--selectProjects', project, '--testPathPatterns', files);

test('whoever does what the page says has code that types, lint and the format let pass', async () => {
  const files = [...new Set(blocks.map(({ file }) => file))];
  const added = blocks.filter(({ language }) => language === 'ts').map(({ file }) => file);
  const checks = [
    complaintsOf('@typescript/native/bin/tsc', '-p', '.'),
    complaintsOf('oxlint/bin/oxlint', '--deny-warnings', ...added),
    complaintsOf('eslint/bin/eslint.js', ...added),
    complaintsOf('prettier/bin/prettier.cjs', '--check', ...files),
  ];
  expect(await Promise.all(checks)).toEqual(['', '', '', '']);
});

test('the tests that every model, view, input and endpoint must pass hold of what the page adds', async () => {
  const files = 'unit/(recommender/models|cli/featureCommands|sizes/schemas|api/input)';
  expect(await failuresOf('unit', files)).toBe('');
});

test('its model is asked for by name, learns, and answers as before when loaded', async () => {
  const { modelSpecSchema } = (await import(path.join(copy, 'contracts', 'models.ts'))) as typeof contracts;
  const { modelKind } = (await import(path.join(copy, 'domain', 'recommender', 'models', 'index.ts'))) as typeof models;
  const spec = modelSpecSchema.parse({ kind: 'genre_taste' });
  expect(spec).toEqual({ kind: 'genre_taste', last: 50 });
  const kind = modelKind(spec.kind);
  const { model } = await kind.fit(spec, trainingDataOf(tasteSnapshot()), fitContext());
  const asker = { userId: 'stranger', history: ['1', '4'] }; // both of one genre
  const best = model.recommend({ ...asker, k: 10 });
  expect(best.map(({ movieId }) => (Number(movieId) - 1) % 3)).toEqual(best.map(() => 0));
  expect(kind.load(model.save(), fitContext().tf).recommend({ ...asker, k: 10 })).toEqual(best);
});

test('its workflow counts the catalogue, and does what its row says', async () => {
  await database.pool.query(
    `insert into movies (movie_id, title, genres, source) values (1, 'Heat', '{Drama,Crime}', 'test'), (2, 'Alien', '{Horror}', 'test')`,
  );
  const { createCensusActivities } = (await import(path.join(copy, 'activities', 'census.ts'))) as CensusModule;
  quietTemporal();
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: path.join(copy, 'workflows', 'index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  const connection = await NativeConnection.connect({ address: temporal.address });
  const activities = createCensusActivities(database);
  const worker = await Worker.create({ connection, namespace: temporal.namespace, taskQueue: 'control', workflowBundle, activities });
  const count = (workflowId: string, input: object) =>
    temporal.client.workflow.execute<Census>('catalogueCensus', { taskQueue: 'control', workflowId, args: [input] });
  const counts = await worker.runUntil(async () => [await count('census/all', {}), await count('census/one', { genre: 'Drama' })]);
  await connection.close();
  expect(counts).toEqual([{ movies: 2 }, { movies: 1 }]);

  const history = await temporal.client.workflow.getHandle('census/one').fetchHistory();
  const [release = ''] = readdirSync(path.join(copy, 'test', 'replay', 'histories'));
  writeFileSync(path.join(copy, 'test', 'replay', 'histories', release, 'catalogueCensus.json'), historyToJSON(history));
  expect(await failuresOf('replay', 'replay/rows')).toBe('');
});
