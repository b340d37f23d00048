import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../../platform/config.ts';

/** Runs a script with stand-ins of `npm` and `node` that print what they were given, and end well. */
async function ask(script: string, args: string[], input = '') {
  const folder = await mkdtemp(path.join(tmpdir(), 'menu '));
  try {
    for (const name of ['npm', 'node']) {
      await writeFile(path.join(folder, name), `#!/bin/sh\necho "${name} $*"\n`);
      await chmod(path.join(folder, name), 0o755);
    }
    const { status, stdout, stderr } = spawnSync(path.join(PROJECT_ROOT, script), args, {
      cwd: tmpdir(), // wherever it is asked
      env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
      input,
      encoding: 'utf8',
    });
    return { status, done: stdout.split('\n').filter((line) => /^(npm|node) /.test(line)), stdout, stderr };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
const menu = (...args: string[]) => ask('run_movie_mlops.sh', args);

/** The guide's numbers, and the sensible ones between. */
test.each([
  ['1', ['npm run setup']],
  ['2', ['npm start']],
  ['3', ['node cli/mlops.mjs down']],
  ['4', ['npm start -- --no-job']],
  ['5', ['npm start -- --only api']],
  ['6', ['npm start -- --only ml']],
  ['7', ['npm start -- --only monitoring']],
  ['8', ['npm run test:e2e', 'node cli/mlops.mjs check']],
  ['9', ['node cli/mlops.mjs logs --follow']],
  ['10', ['node cli/mlops.mjs check']],
  ['11', ['node cli/mlops.mjs status']],
  ['12', ['node cli/mlops.mjs recommend 1']],
])('%s of the menu does %j', async (number, done) => {
  expect(await menu(number)).toMatchObject({ status: 0, done });
  expect(await ask('run_movie_mlops.sh', [], `${number}\n`)).toMatchObject({ status: 0, done });
});

test('the menu lists each number that it takes, and refuses others', async () => {
  const { stdout, status, done } = await menuWithout();
  const script = await readFile(path.join(PROJECT_ROOT, 'run_movie_mlops.sh'), 'utf8');
  const taken = [...script.matchAll(/^ {4}(\d+)\)/gm)].map(([, number]) => number);
  expect([...stdout.matchAll(/^ +(\d+) {2}/gm)].map(([, number]) => number).sort()).toEqual(taken.sort());
  expect([status, done]).toEqual([0, []]);
  expect(await menu('99')).toMatchObject({ status: 2, done: [], stderr: expect.stringContaining('no 99') });
  expect(await menu('1', '2')).toMatchObject({ status: 2, done: [] });
});
/** Nobody answers. */
const menuWithout = () => ask('run_movie_mlops.sh', []);

test('run_tests.sh runs all checks, or those of one kind', async () => {
  const tests = (...args: string[]) => ask('run_tests.sh', args);
  expect(await tests()).toMatchObject({ status: 0, done: ['npm test'] });
  for (const kind of ['unit', 'integration', 'e2e']) expect(await tests(kind)).toMatchObject({ status: 0, done: [`npm run test:${kind}`] });
  expect(await tests('e2')).toMatchObject({ status: 2, done: [] });
  expect(await tests('unit', 'e2e')).toMatchObject({ status: 2, done: [] });
  const { scripts } = JSON.parse(await readFile(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['test:unit', 'test:integration', 'test:e2e', 'setup', 'start']));
});
