import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { offerHooks } from '../../../deploy/local/setup/hooks.mjs';
import { PROJECT_ROOT } from '../../../platform/config.ts';
import { notesOf } from '../../../scripts/release/notes.mjs';

describe('the notes of a release', () => {
  test('tell users what breaks, what is new, what was mended and what became faster, and leave out the rest', () => {
    const lines = [
      'docs: a page',
      'feat(serving): similar movies',
      'fix: no answer twice',
      'perf: ease in half the time',
      'wip',
      'feat!: another port',
      '',
    ];
    expect(notesOf(lines)).toBe(
      [
        '## Breaks\n\n- another port\n',
        '## New\n\n- **serving**: similar movies\n',
        '## Mended\n\n- no answer twice\n',
        '## Faster\n\n- ease in half the time\n',
      ].join('\n'),
    );
  });

  test('take what breaks from the end of a message too', () => {
    expect(notesOf(['feat: ports\n\nWhy.\n\nBREAKING CHANGE: 8000 is 9000\n'])).toBe('## Breaks\n\n- 8000 is 9000\n');
  });

  test('of commits that are not here are none', () => {
    const { status, stdout } = spawnSync(path.join(PROJECT_ROOT, 'scripts', 'release', 'notes.sh'), ['nonsense'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([2, '']);
  });

  test('of what no user notices are empty', () => {
    expect(notesOf(['test: one more', 'refactor: a name'])).toBe('');
  });
});

describe('a rollout', () => {
  const stubs = mkdtempSync(path.join(tmpdir(), 'rollout '));
  let server: Server;
  /** What is answered to a path that begins so, in place of 200. */
  let wrong: { begins: string; status: number } | undefined;
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((req, res) => {
      asked.push(`${req.headers['x-api-key'] as string} ${req.url}`);
      res.writeHead(wrong && req.url?.startsWith(wrong.begins) === true ? wrong.status : 200, { location: '/elsewhere' }).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const calls = path.join(stubs, 'calls');
    writeFileSync(
      path.join(stubs, 'helm'),
      `#!/bin/sh\necho "$1 $*" | cut -d' ' -f1,3,4 >>'${calls}'\n[ "$1" != "$HELM_FAILS" ] || exit 1\n[ "$1" != list ] || echo "$HELM_RUNS"\n`,
      { mode: 0o755 },
    );
  });
  afterAll(async () => {
    rmSync(stubs, { recursive: true, force: true });
    await new Promise((resolve) => server.close(resolve));
  });
  const script = (name: string, args: readonly string[], more: Record<string, string>) => {
    const API_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const PATH = `${stubs}${path.delimiter}${process.env['PATH']}`;
    const env = {
      ...process.env,
      PATH,
      API_URL,
      MLOPS_API_KEY: 'of-an-operator',
      GATE_LOOKS: '2',
      GATE_EVERY: '0',
      NO_PROXY: '127.0.0.1',
      ...more,
    };
    return promisify(execFile)(path.join(PROJECT_ROOT, 'scripts', 'release', `${name}.sh`), args, { env }).then(
      () => 0,
      ({ code }: { code: number }) => code,
    );
  };
  const look = (more: Record<string, string> = {}) => script('gate', [], more);

  describe('its gate', () => {
    test('lets pass what is ready and recommends, look after look', async () => {
      expect(await look()).toBe(0);
      expect(asked).toEqual(Array(2).fill(['of-an-operator /health/ready', 'of-an-operator /api/v1/recommendations?k=5&user_id=1']).flat());
    });

    test.each([
      ['/health/ready', 503],
      ['/api/v1/recommendations', 503],
      ['/health/ready', 308],
    ])('says no where %s is answered with %i', async (begins, status) => {
      wrong = { begins, status };
      expect(await look()).toBe(1);
      wrong = undefined;
    });

    test('that would ask nothing is no gate', async () => {
      expect(await look({ GATE_LOOKS: '0' })).toBe(2);
    });
  });

  test("takes images that the release of that version signed, and no other's", async () => {
    const said = path.join(stubs, 'verified');
    writeFileSync(path.join(stubs, 'cosign'), `#!/bin/sh\necho "$@" >>'${said}'\n`, { mode: 0o755 });
    const verify = path.join(PROJECT_ROOT, 'scripts', 'images', 'verify.sh');
    const env = { PATH: `${stubs}${path.delimiter}${process.env['PATH']}`, WITH_GPU: '1' };
    expect(spawnSync(verify, ['ghcr.io/Somebody', 'v0.3.0', 'Somebody/movies'], { env }).status).toBe(0);
    const lines = readFileSync(said, 'utf8').trim().split('\n');
    expect(lines.filter((line) => !line.includes('Somebody/movies/.github/workflows/cd.yml@refs/tags/v0.3.0 ghcr.io/somebody/'))).toEqual(
      [],
    );
    expect(lines.at(3)).toMatch(/worker-gpu:0\.3\.0$/);
  });

  const RUNS = JSON.stringify([{ name: 'movie-mlops', namespace: 'staging', revision: '4', status: 'deployed' }]);
  const rollOut = async (more: Record<string, string> = {}, args = ['staging', 'ghcr.io/somebody', 'v0.3.0']) => {
    writeFileSync(path.join(stubs, 'calls'), '');
    const code = await script('rollout', args, { HELM_RUNS: RUNS, ...more });
    return [code, ...readFileSync(path.join(stubs, 'calls'), 'utf8').trim().split('\n').filter(Boolean)];
  };
  const LIST = 'list --namespace staging';
  const UPGRADE = 'upgrade movie-mlops oci://ghcr.io/somebody/charts/movie-mlops';

  test('that is well stays', async () => {
    expect(await rollOut()).toEqual([0, LIST, UPGRADE]);
  });

  test('that the gate refuses goes back to the release that ran, where there was one', async () => {
    wrong = { begins: '/health', status: 503 };
    expect(await rollOut()).toEqual([1, LIST, UPGRADE, 'rollback movie-mlops 4']);
    expect(await rollOut({ HELM_FAILS: 'rollback' })).toEqual([1, LIST, UPGRADE, 'rollback movie-mlops 4']);
    expect(await rollOut({ HELM_RUNS: '[]' })).toEqual([1, LIST, UPGRADE]);
    wrong = undefined;
  });

  test('begins only where there is a way back, and somebody to ask', async () => {
    expect(await rollOut({ HELM_FAILS: 'list' })).toEqual([1, LIST]);
    expect(await rollOut({ API_URL: '' })).toEqual([2]);
    expect(await rollOut({}, ['stagin', 'ghcr.io/somebody', 'v0.3.0'])).toEqual([2]);
    expect(await rollOut({}, ['staging', 'ghcr.io/somebody', '0.3.0,image.pullPolicy=Never'])).toEqual([2]);
  });

  test('that does not get ready has been taken back by Helm', async () => {
    expect(await rollOut({ HELM_FAILS: 'upgrade' })).toEqual([1, LIST, UPGRADE]);
  });
});

describe('the hook that looks at commits', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hooks '));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is offered in a checkout that has none, and not elsewhere', async () => {
    expect(await offerHooks(folder)).toBeUndefined();
    execFileSync('git', ['init', '--quiet', folder]);
    expect(await offerHooks(folder)).toContain('scripts/hooks/install.sh');
    execFileSync('git', ['-C', folder, 'config', 'core.hooksPath', 'scripts/hooks/git']);
    expect(await offerHooks(folder)).toBeUndefined();
  });

  const git = (...args: string[]) =>
    execFileSync('git', ['-C', checkout, '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { encoding: 'utf8' });
  const checkout = path.join(folder, 'checkout');
  const install = (...args: string[]) =>
    spawnSync(path.join(checkout, 'scripts', 'hooks', 'install.sh'), args, { encoding: 'utf8' }).status;
  const hooksPath = () => spawnSync('git', ['-C', checkout, 'config', 'core.hooksPath'], { encoding: 'utf8' }).stdout.trim();

  test('is put in and taken out, and leaves hooks of somebody else alone', () => {
    cpSync(path.join(PROJECT_ROOT, 'scripts'), path.join(checkout, 'scripts'), { recursive: true });
    execFileSync('git', ['-C', folder, 'config', '--unset', 'core.hooksPath']);
    expect(install()).toBe(2); // in a checkout of something else
    expect(hooksPath()).toBe('');
    git('init', '--quiet');
    expect([install(), hooksPath()]).toEqual([0, 'scripts/hooks/git']);
    expect([install('--remove'), hooksPath(), install('--remove')]).toEqual([0, '', 0]);

    git('config', 'core.hooksPath', '.husky');
    expect([install(), install('--remove'), hooksPath()]).toEqual([1, 0, '.husky']);
    git('config', '--unset', 'core.hooksPath');
    mkdirSync(path.join(checkout, '.git', 'hooks'), { recursive: true });
    const own = path.join(checkout, '.git', 'hooks', 'pre-push');
    writeFileSync(own, '#!/bin/sh\n', { mode: 0o755 });
    expect([install(), hooksPath()]).toEqual([1, '']);
    rmSync(own);
  });

  test('looks at what is staged, takes links and what is gone, and lets git merge', () => {
    expect(install()).toBe(0);
    writeFileSync(path.join(checkout, 'a.unknown'), `AKIA${'A'.repeat(16)}\n`);
    git('add', 'a.unknown');
    writeFileSync(path.join(checkout, 'a.unknown'), 'nothing\n');
    const commit =
      (...args: string[]) =>
      () =>
        git('commit', '--quiet', ...args);
    symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(checkout, 'node_modules'));
    expect(commit('-m', 'feat: a')).toThrow('a.unknown:1 has a key of AWS');
    git('add', 'a.unknown');
    symlinkSync('a.unknown', path.join(checkout, 'link'));
    writeFileSync(path.join(checkout, 'gone.md'), 'gone\n');
    git('add', 'link', 'gone.md');
    rmSync(path.join(checkout, 'gone.md'));
    commit('-m', 'feat: a')();
    git('checkout', '--quiet', '-b', 'feature/x');
    commit('--allow-empty', '-m', 'feat: x')();
    git('checkout', '--quiet', '-');
    commit('--allow-empty', '-m', 'feat: y')();
    git('merge', '--quiet', '--no-edit', 'feature/x');
  });
});
