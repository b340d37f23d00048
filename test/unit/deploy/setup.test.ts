import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installOnce } from '../../../deploy/local/setup/cache.mjs';
import { runCommand } from '../../../deploy/local/setup/command.mjs';
import { findOnPath } from '../../../deploy/local/setup/findOnPath.mjs';
import { holds } from '../../../deploy/local/setup/dependencies.mjs';
import { missingEngines } from '../../../deploy/local/setup/engines.mjs';
import { isAtLeast, wrongNode } from '../../../deploy/local/setup/prerequisites.mjs';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops setup '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('versions', () => {
  test.each([
    [[21], [17], true],
    [[17], [17], true],
    [[11], [17], false],
    [[1, 26], [1, 21], true],
    [[1, 20], [1, 21], false],
    [[2, 0], [1, 21], true],
    [[], [17], false],
  ])('%j is at least %j: %s', (version, least, expected) => {
    expect(isAtLeast(version, least)).toBe(expected);
  });

  test('a Node that is too old is named with what to do', () => {
    expect(wrongNode('18.20.4')).toContain('Node 20.19 or newer; this is 18.20.4');
    expect(wrongNode('20.19.0')).toBeUndefined();
    expect(wrongNode('24.1.0')).toBeUndefined();
  });
});

describe('node_modules', () => {
  const wanted = { '': {}, 'node_modules/a': { integrity: 'sha512-a' }, 'node_modules/mac': { integrity: 'sha512-m', optional: true } };

  test('hold what the lock file says when every package is there; those of other platforms may be missing', () => {
    expect(holds(wanted, { 'node_modules/a': { integrity: 'sha512-a' } })).toBe(true);
  });
  test('do not when one is missing or of another version', () => {
    expect(holds(wanted, {})).toBe(false);
    expect(holds(wanted, { 'node_modules/a': { integrity: 'sha512-b' } })).toBe(false);
  });
});

describe('programs', () => {
  test('are found on PATH when they may be run, in the order of PATH', async () => {
    for (const name of ['first', 'second']) await mkdir(path.join(folder, name));
    await writeFile(path.join(folder, 'first', 'tool'), '');
    await writeFile(path.join(folder, 'second', 'tool'), '');
    await chmod(path.join(folder, 'second', 'tool'), 0o755);
    const searchPath = ['first', 'second'].map((name) => path.join(folder, name)).join(path.delimiter);
    expect(findOnPath('tool', searchPath)).toBe(path.join(folder, 'second', 'tool'));
    expect(findOnPath('other', searchPath)).toBeUndefined();
  });

  test('that fail are told with what they wrote', async () => {
    await expect(runCommand(process.execPath, ['-e', 'console.error("no such thing"); process.exit(3)'])).rejects.toThrow(
      /ended with 3:\nno such thing/,
    );
    await expect(runCommand(path.join(folder, 'none'), [])).rejects.toThrow(/cannot be run/);
  });
});

describe('the cache', () => {
  const write = (text: string) => async (place: string) => writeFile(path.join(place, 'file'), text);

  test('installs an entry once, however many ask at a time', async () => {
    let builds = 0;
    const install = () =>
      installOnce(folder, 'engine', async (place: string) => {
        builds += 1;
        await write('whole')(place);
      });
    const entries = await Promise.all([install(), install(), install()]);
    expect(new Set(entries)).toEqual(new Set([path.join(folder, 'engine')]));
    expect(builds).toBe(1);
    expect(await readFile(path.join(folder, 'engine', 'file'), 'utf8')).toBe('whole');
  });

  test('holds nothing of a build that failed, and the next one succeeds', async () => {
    const fail = async (place: string) => {
      await write('half')(place);
      throw new Error('no network');
    };
    await expect(installOnce(folder, 'engine', fail)).rejects.toThrow('no network');
    expect(await readdir(folder)).toEqual([]);
    await installOnce(folder, 'engine', write('whole'));
    expect(await readdir(folder)).toEqual(['engine']);
  });

  test('takes over the lock, and removes the folder, of a setup that was killed', async () => {
    await writeFile(path.join(folder, 'engine.lock'), JSON.stringify({ pid: 2 ** 22 + 1, startTime: '1' }));
    await mkdir(path.join(folder, `.building-${2 ** 22 + 1}-abc`));
    await installOnce(folder, 'engine', write('whole'));
    expect(await readdir(folder)).toEqual(['engine']);
  });
});

describe('engines', () => {
  const names = (options: { test?: boolean; env?: Record<string, string> }) =>
    missingEngines({ test: false, cacheDir: folder, env: {}, ...options }).missing.map(({ title }: { title: string }) => title);

  test('are installed unless their address is given', () => {
    expect(names({})).toEqual(['Temporal server', 'Kafka']);
    expect(names({ env: { KAFKA_BROKERS: 'broker:9092' } })).toEqual(['Temporal server']);
  });
  test('are all there for tests, whatever addresses are given', () => {
    expect(names({ test: true, env: { KAFKA_BROKERS: 'broker:9092' } })).toEqual([
      'Temporal server',
      'Kafka',
      'Temporal test server',
      ...(findOnPath('redis-server') ? [] : ['Redis']),
      "Airflow's Python client",
      "Feast's Python client",
    ]);
  });
  test('that somebody else runs need no Java here', () => {
    expect(missingEngines({ test: false, cacheDir: folder, env: { KAFKA_BROKERS: 'b:1' } }).runsOn).toEqual([]);
    expect(missingEngines({ test: false, cacheDir: folder, env: {} }).runsOn).toEqual(['java']);
  });
});
