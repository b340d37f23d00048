import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startTestApi, type TestApi } from '../support/api.ts';

const run = promisify(execFile);
const COMPILER = path.resolve('node_modules', '@typescript', 'native', 'bin', 'tsc');

/** Of somebody who has nothing of this repository. */
const PROGRAM = `import { createClient, NoSuchApi } from 'movie-mlops-client';
const client = createClient({ url: process.argv[2]! });
const { workflows } = await client.workflows.list();
const names: string[] = workflows.map(({ name }) => name);
// @ts-expect-error a run id has two parts
const call = () => client.runs.get({ params: { subject: 'training' } });
const nobody = await createClient({ url: 'http://127.0.0.1:1' }).models.list().catch((error: unknown) => error instanceof NoSuchApi);
console.log(JSON.stringify({ names, nobody, call: typeof call }));
`;

let folder: string;
let api: TestApi;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops-client-'));
  api = await startTestApi();
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

test('the packed client installs into an empty project without a network, is typed there, and calls the API', async () => {
  await run('npm', ['run', '--silent', 'pack:client', '--', folder]);
  const [tarball = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  expect(tarball).toMatch(/^movie-mlops-client-\d+\.\d+\.\d+\.tgz$/);

  const project = { cwd: folder };
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(path.join(folder, 'program.ts'), `declare const process: { argv: string[] };\n${PROGRAM}`);
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--cache', path.join(folder, 'cache'), tarball], project);
  await run(process.execPath, [COMPILER, '--strict', '--module', 'nodenext', '--target', 'es2022', 'program.ts'], project);
  const { stdout } = await run(process.execPath, ['program.js', api.url], project);
  expect(JSON.parse(stdout)).toEqual({ names: expect.arrayContaining(['movieTrainingPipeline']), nobody: true, call: 'function' });
});
