import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import jestConfig from '../../../jest.config.js';
import { judge, report } from '../../../scripts/ml/judge.mjs';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scripts '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const WORKFLOWS = path.join(PROJECT_ROOT, '.github', 'workflows');
const { projects }: { projects: readonly { displayName: string }[] } = jestConfig;
const KINDS = projects.map(({ displayName }) => displayName).sort();
const isScript = (file: string) => {
  accessSync(path.join(PROJECT_ROOT, file), constants.X_OK);
  return true;
};
const run = (script: string, args: string[], cwd = PROJECT_ROOT) => {
  const { status, stdout, stderr } = spawnSync(path.join(PROJECT_ROOT, script), args, { cwd, encoding: 'utf8' });
  return { status, said: stdout + stderr };
};
async function planted(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, text);
  return file;
}

test('every step of CI that runs something is a script that runs here', () => {
  const definitions = readdirSync(WORKFLOWS).map((file) => readFileSync(path.join(WORKFLOWS, file), 'utf8'));
  const steps = definitions.flatMap((text) => [...text.matchAll(/^ +- run: (.+)$/gm)].map(([, command = '']) => command));
  expect(steps.length).toBeGreaterThan(10);
  for (const step of steps) {
    const [script = ''] = step.split(' ');
    const kinds = script.includes('${{ matrix.kind }}') || step.includes('${{ matrix.kind }}') ? KINDS : [''];
    for (const kind of kinds) {
      const file = step.replace('${{ matrix.kind }}', kind).split(' ')[0]!;
      expect([file, file.startsWith('scripts/') && isScript(file)]).toEqual([file, true]);
    }
  }
  expect(definitions.join('\n')).not.toMatch(/run: \|/);
});

test('CI runs every kind of test', () => {
  const [, kinds = ''] = /^ +kind: \[(.+)\]$/m.exec(readFileSync(path.join(WORKFLOWS, 'ci.yml'), 'utf8'))!;
  expect(kinds.split(', ').sort()).toEqual(KINDS);
});

describe('the scan of the code', () => {
  test('finds nothing in ours', () => {
    expect(run('scripts/security/scan.sh', [])).toEqual({ status: 0, said: 'No unsafe use was found.\n' });
  });

  const FAULTS = {
    'a text that becomes a program': 'export const run = (text: string) => eval(text);\n',
    'an expression that takes for ever': 'export const isWord = (text: string) => /^(\\w+\\s?)*$/.test(text);\n',
    'a certificate that is not looked at': 'export const options = { rejectUnauthorized: false };\n',
    'a command that an argument can write':
      "import { exec } from 'node:child_process';\nexport const list = (folder: string) => exec(`ls ${folder}`);\n",
  };
  test('finds each planted fault, and nothing in clean code', async () => {
    const names = Object.keys(FAULTS);
    const code = await mkdtemp(path.join(folder, 'code '));
    const texts = [...Object.values(FAULTS), 'export const sum = (a: number, b: number) => a + b;\n'];
    for (const [nth, text] of texts.entries()) await writeFile(path.join(code, `planted${nth}.ts`), text);
    const { status, said } = run('scripts/security/scan.sh', [code]);
    expect([status, names.filter((_, nth) => !said.includes(`planted${nth}.ts`))]).toEqual([1, []]);
    expect(said).not.toContain(`planted${names.length}.ts`);
  });

  test('looks into pages, and at calls by their bare names', async () => {
    const code = await mkdtemp(path.join(folder, 'pages '));
    const faults = {
      'page.tsx': 'export const Page = ({ text }: { text: string }) => <p dangerouslySetInnerHTML={{ __html: text }} />;\n',
      'old.cjs': "const { execSync } = require('node:child_process');\nmodule.exports = (folder) => execSync(`ls ${folder}`);\n",
      'hash.ts':
        "import { createHash } from 'node:crypto';\nexport const digest = (text: string) => createHash('md5').update(text).digest();\n",
      'tls.ts': "process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';\n",
    };
    for (const [name, text] of Object.entries(faults)) await writeFile(path.join(code, name), text);
    const { said } = run('scripts/security/scan.sh', [code]);
    expect(Object.keys(faults).filter((name) => !said.includes(name))).toEqual([]);
  });
});

describe('the look for credentials', () => {
  test('finds a planted one by file, line and kind, and passes over what is marked', async () => {
    const key = `AKIA${'A'.repeat(16)}`;
    const file = await planted('config.ts', `const a = 1;\nconst key = '${key}';\nconst example = '${key}'; // not a secret\n`);
    expect(run('scripts/security/secrets.sh', [file])).toEqual({ status: 1, said: expect.stringContaining(`${file}:2 has a key of AWS`) });
    expect(run('scripts/security/secrets.sh', [file]).said).not.toContain(':3 ');
  });

  test.each([
    ['-----BEGIN PGP PRIVATE KEY', ' BLOCK-----'],
    ['glpat-', 'aB3dE6gH9aB3dE6gH9aB'],
    ['sk-proj-', 'aB3dE6gH9aB3dE6gH9aB3dE6gH9aB3dE6gH9'],
    ['AWS_SECRET_ACCESS_KEY: ', 'aB3dE6gH9aB3dE6gH9aB3dE6gH9aB3dE6gH9aB3d'],
    ['aws_secret_access_key = ', 'aB3dE6gH9aB3dE6gH9aB3dE6gH9aB3dE6gH9aB3d'],
    ['postgres://mlops:', 'Tr0ub4dor3@db.corp.net/mlops'],
  ])('finds one that begins with %j', async (beginning, rest) => {
    const file = await planted('planted.txt', `${beginning}${rest}\n`);
    expect(run('scripts/security/secrets.sh', ['planted.txt'], folder)).toEqual({
      status: 1,
      said: expect.stringContaining('planted.txt:1 has '),
    });
    expect(run('scripts/security/secrets.sh', [file]).status).toBe(1);
  });

  test.each([
    'postgres://mlops:mlops-at-home@localhost:5432/mlops',
    'https://user:password@example.org',
    'TMDB_API_KEY=${TMDB_API_KEY_OF_THE_VAULT}',
  ])('passes over %s', async (line) => {
    expect(run('scripts/security/secrets.sh', [await planted('clean.txt', line)]).status).toBe(0);
  });

  test('finds none in what git tracks', () => {
    expect(run('scripts/security/secrets.sh', [])).toEqual({
      status: 0,
      said: expect.stringMatching(/^No credential was found in \d+ files\.\n$/),
    });
  });
});

test('the licences of the lock file are those that the product may be given on with; another one is named', async () => {
  expect(run('scripts/licences/check.sh', [])).toMatchObject({ status: 0 });
  const packages = { '': {}, 'node_modules/free': { license: '(MIT OR GPL-3.0)' }, 'node_modules/@other/bound': { license: 'GPL-3.0' } };
  const lock = await planted('lock.json', JSON.stringify({ packages: { ...packages, 'node_modules/silent': {} } }));
  expect(run('scripts/licences/check.sh', [lock])).toEqual({
    status: 1,
    said: expect.stringMatching(/\n {2}@other\/bound: GPL-3\.0\n {2}silent: says none\n/),
  });
});

test.each([
  ['(MIT OR Apache-2.0) AND GPL-3.0', 1],
  ['MIT AND (GPL-3.0 OR (ISC AND MIT))', 0],
  ['MIT OR GPL-3.0 AND ISC', 0],
])('a package under %s ends the look at licences with %i', async (license, status) => {
  const lock = await planted('lock.json', JSON.stringify({ packages: { 'node_modules/mixed': { license } } }));
  for (const given of [lock, 'lock.json']) {
    expect(run('scripts/licences/check.sh', [given], folder)).toEqual({ status, said: expect.stringMatching(/All 1 packages|mixed: /) });
  }
});

describe('models of two commits', () => {
  const figures = (ndcg_at_10: number[]) => ({ ease: { ndcg_at_10 } });
  const before = figures([0.5, 0.51, 0.49]);
  test.each([
    ['as before', [0.5, 0.51, 0.49], false],
    ['as another seed would have it', [0.49, 0.5, 0.485], false],
    ['better', [0.6, 0.61, 0.6], false],
    ['worse', [0.45, 0.46, 0.44], true],
  ])('%s', (_, after, isWorse) => {
    const rows = judge(before, figures(after));
    expect(rows.map((row) => row.isWorse)).toEqual([isWorse]);
    expect(report(rows).includes('**worse**')).toBe(isWorse);
  });

  test('less than is shown is no finding', () => {
    expect(judge(figures([0.5, 0.5, 0.5]), figures([0.499_99, 0.499_99, 0.499_99]))).toMatchObject([{ isWorse: false }]);
  });

  test('a commit that there is not is no verdict', () => {
    const { status, said } = run('scripts/ml/report.sh', ['nonsense']);
    expect([status, said]).toEqual([2, expect.stringContaining('There is no commit nonsense here')]);
    expect(run('scripts/ml/report.sh', []).status).toBe(2);
  });

  test('one that is gone is no pass', () => {
    for (const lost of [[0.5, Number.NaN, 0.5], [undefined]]) {
      expect(() => judge(before, figures(lost as number[]))).toThrow('ease has a ndcg_at_10 that is no number');
    }
    expect(() => judge(before, {})).toThrow('ease has no ndcg_at_10 any more');
  });
});

describe("a commit's first line", () => {
  test.each([
    ['feat: trending movies', 0],
    ['fix(serving)!: no answer twice', 0],
    ['release: 0.3.0', 0],
    ["Merge branch 'feature/x'", 0],
    ['Revert "feat: trending movies"', 0],
    ['fixup! feat: trending movies', 0],
    ['\n# a comment\nfeat: trending movies', 0],
    ['Fix things', 1],
    ['feat:no space', 1],
    ['wip', 1],
    ['', 1],
  ])('%j ends with %i', async (subject, status) => {
    const file = await planted('message', `${subject}\n\nwhatever follows\n`);
    expect(run('scripts/commits/check.sh', ['--file', file]).status).toBe(status);
  });

  test('of each commit since another', () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { cwd: folder, encoding: 'utf8' });
    git('init', '-q');
    git('commit', '-q', '--allow-empty', '-m', 'Whatever');
    git('commit', '-q', '--allow-empty', '-m', 'feat: one');
    expect(run('scripts/commits/check.sh', ['HEAD~1'], folder).status).toBe(0);
    git('commit', '-q', '--allow-empty', '-m', 'Two');
    expect(run('scripts/commits/check.sh', ['HEAD~2'], folder)).toEqual({ status: 1, said: expect.stringMatching(/:\nTwo\n$/) });
    git('commit', '-q', '--amend', '--allow-empty', '-m', 'fixup! feat: one');
    expect(run('scripts/commits/check.sh', ['HEAD~1'], folder).status).toBe(1);
    for (const since of [[], ['--all']]) expect(run('scripts/commits/check.sh', since).status).toBe(2);
  });
});
