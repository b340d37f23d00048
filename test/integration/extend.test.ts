import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DefaultLogger, bundleWorkflowCode, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../platform/config.ts';
import type * as contracts from '../../contracts/models.ts';
import type * as models from '../../domain/recommender/models/index.ts';
import { trainingDataOf } from '../../domain/recommender/data/snapshot.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { tasteSnapshot } from '../unit/recommender/samples.ts';
import { fitContext } from '../unit/recommender/training.ts';

const ROOMS = ['activities', 'api', 'contracts', 'domain', 'platform', 'workers', 'workflows'];
let copy: string;
let temporal: TestTemporal;

beforeAll(async () => {
  copy = mkdtempSync(path.join(tmpdir(), 'extend-'));
  for (const room of [...ROOMS, 'package.json', 'tsconfig.json'])
    cpSync(path.join(PROJECT_ROOT, room), path.join(copy, room), { recursive: true });
  symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  temporal = await createTestTemporal();
});
afterAll(async () => {
  await temporal.close();
  rmSync(copy, { recursive: true });
});

interface Block {
  readonly language: string;
  readonly file: string;
  readonly text: string;
}

/** The code of a section of docs/extend.md, each block with the file that it names. */
function blocksOf(section: string): Block[] {
  const page = readFileSync(path.join(PROJECT_ROOT, 'docs', 'extend.md'), 'utf8');
  const text = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`))!;
  return [...text.matchAll(/^```(ts|diff) (\S+)\n(.*?)^```$/gms)].map(([, language = '', file = '', code = '']) => ({
    language,
    file,
    text: code,
  }));
}

function apply({ language, file, text }: Block): void {
  const target = path.join(copy, file);
  if (language === 'ts') {
    mkdirSync(path.dirname(target), { recursive: true });
    return writeFileSync(target, text);
  }
  const lines = text.trimEnd().split('\n');
  const before = `${lines.find((line) => line.startsWith(' '))!.slice(1)}\n`;
  const added = lines.filter((line) => line.startsWith('+')).map((line) => `${line.slice(1)}\n`);
  const source = readFileSync(target, 'utf8');
  expect(source.split(before)).toHaveLength(2); // the page shows a line that is there, once
  writeFileSync(target, source.replace(before, before + added.join('')));
}

function typeCheck(): void {
  writeFileSync(
    path.join(copy, 'tsconfig.json'),
    JSON.stringify({
      extends: path.join(PROJECT_ROOT, 'tsconfig.json'),
      include: ROOMS,
      exclude: ['domain/recommender/numeric/simd/assembly'],
    }),
  );
  const tsc = path.join(PROJECT_ROOT, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', copy, '--noEmit'], { cwd: copy, encoding: 'utf8' });
}

test('whoever does what the page says of a model has one that type checks, is asked for by name, learns, and answers as before when loaded', async () => {
  blocksOf('Add a model').forEach(apply);
  typeCheck();
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

test('whoever does what the page says of a workflow has one that type checks and runs', async () => {
  blocksOf('Add a workflow').forEach(apply);
  typeCheck();

  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: path.join(copy, 'workflows', 'index.ts'),
    logger: new DefaultLogger('ERROR'),
  });
  const connection = await NativeConnection.connect({ address: temporal.address });
  const activities = { countMovies: async ({ genre }: { genre?: string }) => (genre === 'Drama' ? 4361 : 9742) };
  const worker = await Worker.create({ connection, namespace: temporal.namespace, taskQueue: 'control', workflowBundle, activities });
  const options = { taskQueue: 'control', args: [{ genre: 'Drama' }] };
  const result = await worker.runUntil(temporal.client.workflow.execute('catalogueCensus', { ...options, workflowId: 'census/one' }));
  await connection.close();
  expect(result).toEqual({ movies: 4361 });
});
