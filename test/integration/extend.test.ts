import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DefaultLogger, bundleWorkflowCode, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';

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
  if (language === 'ts') return writeFileSync(target, text);
  const lines = text.trimEnd().split('\n');
  const before = `${lines.find((line) => line.startsWith(' '))!.slice(1)}\n`;
  const added = lines.filter((line) => line.startsWith('+')).map((line) => `${line.slice(1)}\n`);
  const source = readFileSync(target, 'utf8');
  expect(source.split(before)).toHaveLength(2); // the page shows a line that is there, once
  writeFileSync(target, source.replace(before, before + added.join('')));
}

test('whoever does what the page says of a workflow has one that type checks and runs', async () => {
  blocksOf('Add a workflow').forEach(apply);
  writeFileSync(
    path.join(copy, 'tsconfig.json'),
    JSON.stringify({ extends: path.join(PROJECT_ROOT, 'tsconfig.json'), include: ROOMS, exclude: [] }),
  );
  const tsc = path.join(PROJECT_ROOT, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', copy, '--noEmit'], { cwd: copy, encoding: 'utf8' });

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
}, 120_000);
