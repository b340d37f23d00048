import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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

  test('of what no user notices are empty', () => {
    expect(notesOf(['test: one more', 'refactor: a name'])).toBe('');
  });
});

describe('the gate of a rollout', () => {
  let server: Server;
  let refuses = '';
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((req, res) => {
      asked.push(`${req.headers['x-api-key'] as string} ${req.url}`);
      res.writeHead(refuses !== '' && req.url?.startsWith(refuses) === true ? 503 : 200).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const look = async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { ...process.env, API_URL: url, MLOPS_API_KEY: 'of-an-operator', GATE_LOOKS: '2', GATE_EVERY: '0', NO_PROXY: '127.0.0.1' };
    return promisify(execFile)(path.join(PROJECT_ROOT, 'scripts', 'release', 'gate.sh'), { env }).then(
      () => 'yes',
      () => 'no',
    );
  };

  test('lets pass what is ready and recommends, look after look', async () => {
    expect(await look()).toBe('yes');
    expect(asked).toEqual(Array(2).fill(['of-an-operator /health/ready', 'of-an-operator /api/v1/recommendations?k=5&user_id=1']).flat());
  });

  test.each(['/health/ready', '/api/v1/recommendations'])('says no where %s fails', async (url) => {
    refuses = url;
    expect(await look()).toBe('no');
    refuses = '';
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
});
