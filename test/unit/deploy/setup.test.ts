import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, chmod, cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installOnce } from '../../../deploy/local/setup/cache.mjs';
import { sharedAuthorities } from '../../../deploy/local/setup/authorities.mjs';
import { runCommand, SetupError } from '../../../deploy/local/setup/command.mjs';
import { consoleUrl } from '../../../deploy/local/setup/environment.mjs';
import { findOnPath } from '../../../deploy/local/setup/findOnPath.mjs';
import { holds } from '../../../deploy/local/setup/dependencies.mjs';
import { installEngine, missingEngines } from '../../../deploy/local/setup/engines.mjs';
import { freeMb, refuseFullDisk } from '../../../deploy/local/setup/freeMb.mjs';
import { areJarsWhole, checkJars } from '../../../deploy/local/setup/jars.mjs';
import { getInLanes } from '../../../deploy/local/setup/lanes.mjs';
import { checkPrerequisites, isAtLeast, wrongNode, wrongPlatform } from '../../../deploy/local/setup/prerequisites.mjs';
import { firstThatWorks } from '../../../deploy/local/setup/ways.mjs';
import { orGoWithout, saidOfLack } from '../../../deploy/local/setup/without.mjs';
import { PROJECT_ROOT, readConfig } from '../../../platform/config.ts';
import { localUrl } from '../../../platform/localUrl.ts';
import { waitFor } from '../../support/waitFor.ts';

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

  test.each(['darwin', 'win32'] as const)('says on %s what starts all of it there', (platform) => {
    expect(wrongPlatform(platform)).toContain('`docker compose up` in this folder');
    expect(wrongPlatform()).toBeUndefined();
  });
});

describe('where the console is', () => {
  test.each([{}, { PORT_OFFSET: '100' }, { PORT_OFFSET: '100', API_PORT: '9000' }, { API_PORT: '', HOST: '0.0.0.0' }, { HOST: '::1' }])(
    'is told before there is a build, and is where the configuration has it: %j',
    (env) => {
      const loopback = { TRUST_NETWORK: '1', ...env };
      expect(consoleUrl(env)).toBe(localUrl(readConfig(loopback), 'API_PORT', '/console'));
    },
  );

  test('is the first that a start says, also on a clone that has nothing yet, with the ports of its .env', async () => {
    await cp(path.join(PROJECT_ROOT, 'deploy', 'local'), path.join(folder, 'deploy', 'local'), { recursive: true });
    await writeFile(path.join(folder, '.env'), 'PORT_OFFSET=300\n');
    const start = (...args: string[]) =>
      spawnSync(process.execPath, [path.join(folder, 'deploy', 'local', 'start.mjs'), ...args], {
        env: { PATH: folder, CACHE_DIR: folder }, // it ends at once: nothing that it needs is there
        encoding: 'utf8',
      }).stdout;
    expect(start('--once').split('\n')[0]).toBe('Console: http://127.0.0.1:8300/console, once it is ready');
    expect(start('--help')).not.toContain('Console');
  });

  test('is not told where the port is none, which the configuration says', () => {
    expect(consoleUrl({ PORT_OFFSET: 'many' })).toBeUndefined();
  });
});

describe('what a person must bring', () => {
  const { PATH } = process.env;
  afterEach(() => void (process.env['PATH'] = PATH));

  test('is named all at once, each with the line that installs it', async () => {
    process.env['PATH'] = folder;
    const checked = checkPrerequisites(['python', 'venv', 'openssl']);
    for (const install of ['python3 python3-pip', 'python3-venv', 'openssl']) {
      await expect(checked).rejects.toThrow(`install: apt-get install ${install}`);
    }
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
  const java = async (version: string) => {
    const home = path.join(folder, `java ${version}`);
    await mkdir(path.join(home, 'bin'), { recursive: true });
    await writeFile(path.join(home, 'bin', 'java'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(path.join(home, 'release'), `IMPLEMENTOR="Somebody"\nJAVA_VERSION="${version}"\n`);
    return path.join(home, 'bin');
  };
  const names = ({ test = false, env = {} }: { test?: boolean; env?: Record<string, string> }) =>
    missingEngines({ test, cacheDir: folder, env }).map(({ title }: { title: string }) => title);
  const JAVA = 'Java (runs Kafka; none from 17 on is here)';

  test('are installed unless their address is given', async () => {
    const env = { PATH: await java('17.0.15') };
    expect(names({ env })).toEqual(['Temporal server', 'Kafka']);
    expect(names({ env: { ...env, KAFKA_BROKERS: 'broker:9092' } })).toEqual(['Temporal server']);
  });
  test('need no Temporal where the profile that is chosen has the address of one', async () => {
    const file = path.join(folder, 'temporal.toml');
    await writeFile(
      file,
      '[profile.default]\nnamespace = "a"\n[profile."shop"] # ours\naddress = "shop.example:7233"\n[profile.shop.tls]\n',
    );
    const env = { PATH: await java('17.0.15'), TEMPORAL_CONFIG_FILE: file };
    expect(names({ env: { ...env, TEMPORAL_PROFILE: 'shop' } })).toEqual(['Kafka']);
    expect(readConfig({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'shop' }).temporal.external).toBe(true);
    expect(names({ env })).toEqual(['Temporal server', 'Kafka']);
    expect(readConfig({ TEMPORAL_CONFIG_FILE: file }).temporal.external).toBe(false);
    expect(names({ env: { ...env, TEMPORAL_CONFIG_FILE: path.join(folder, 'nowhere') } })).toEqual(['Temporal server', 'Kafka']);
    await mkdir(path.join(folder, 'temporalio'));
    await rename(file, path.join(folder, 'temporalio', 'temporal.toml'));
    const usual = { PATH: env.PATH, XDG_CONFIG_HOME: folder };
    expect(names({ env: { ...usual, TEMPORAL_PROFILE: 'shop' } })).toEqual(['Kafka']);
    expect(names({ env: usual })).toEqual(['Temporal server', 'Kafka']);
  });
  test('are all there for tests, whatever addresses are given', async () => {
    expect(names({ test: true, env: { PATH: await java('21'), KAFKA_BROKERS: 'broker:9092' } })).toEqual([
      'Temporal server',
      'Kafka',
      'Temporal test server',
      ...(findOnPath('redis-server') ? [] : ['Redis']),
      ...(findOnPath('pgbouncer') ? [] : ['PgBouncer']),
      ...(findOnPath('chromium') ? [] : ['Chromium']),
      "Airflow's Python client",
      "Feast's Python client",
      "Kafka's Python client",
      "MLflow's Python client",
      'Moto, a local S3',
    ]);
  });
  test('that run on Java bring one where the machine has none, or too old a one', async () => {
    expect(names({ env: { PATH: '' } })).toContain(JAVA);
    expect(names({ env: { PATH: await java('11.0.2') } })).toContain(JAVA);
    expect(names({ env: { PATH: await java('26') } })).not.toContain(JAVA);
    expect(names({ env: { PATH: '', KAFKA_BROKERS: 'b:1' } })).not.toContain(JAVA);
  });
});

describe('a part that can be had in several ways', () => {
  const context = () => {
    const said: string[] = [];
    return { said, context: { step: { say: () => undefined }, note: (text: string) => said.push(text) } };
  };
  const fails = (message: string) => () => Promise.reject(new SetupError(message));

  test('comes by the first that works; one that does not is told, and leaves nothing behind', async () => {
    const { said, context: given } = context();
    const place = path.join(folder, 'part');
    await mkdir(place);
    const half = async (into: string) => {
      await writeFile(path.join(into, 'half'), '');
      throw new SetupError('no network');
    };
    const ways = [
      { by: 'what is not here', isHere: () => false, run: fails('never tried') },
      { by: 'an archive', run: half },
      { by: 'a compiler', run: (into: string) => writeFile(path.join(into, 'whole'), '') },
    ];
    expect(await firstThatWorks(ways, place, given)).toBe('by a compiler');
    expect(await readdir(place)).toEqual(['whole']);
    expect(said).toEqual(['It did not work by an archive: no network']);
  });
  test('is refused with the reason of each where none works', async () => {
    const ways = [
      { by: 'an archive', run: fails('wrong hash') },
      { by: 'a compiler', run: fails('no compiler') },
    ];
    await mkdir(path.join(folder, 'part'));
    await expect(firstThatWorks(ways, path.join(folder, 'part'), context().context)).rejects.toThrow(
      'by an archive: wrong hash\nby a compiler: no compiler',
    );
  });
});

describe('a part that is optional', () => {
  const REDIS = { entry: 'redis', title: 'Redis', optional: true, without: 'its tests are skipped' };
  const notes: string[] = [];
  const goOn = (part: typeof REDIS, get: () => Promise<unknown>) =>
    orGoWithout(part, { cacheDir: folder, note: (text: string) => void notes.push(text) }, get);
  const fail = () => Promise.reject(new SetupError('there is no apt-get'));

  test('is gone without, aloud, and that is remembered until it can be had', async () => {
    const said = 'Going on without Redis (its tests are skipped): there is no apt-get';
    expect(await goOn(REDIS, fail)).toEqual([said]);
    expect(notes).toEqual([said]);
    expect(saidOfLack(folder, 'redis')).toBe(said);
    expect(await goOn(REDIS, async () => undefined)).toEqual([]);
    expect(saidOfLack(folder, 'redis')).toBeUndefined();
  });
  test('is not gone without where it was asked for by name, or the fault is ours', async () => {
    await expect(goOn({ ...REDIS, optional: false }, fail)).rejects.toThrow('there is no apt-get');
    await expect(goOn(REDIS, () => Promise.reject(new TypeError('ours')))).rejects.toThrow('ours');
    expect(saidOfLack(folder, 'redis')).toBeUndefined();
  });
});

const versions = async () =>
  JSON.parse(await readFile(path.join(PROJECT_ROOT, 'deploy', 'local', 'versions.json'), 'utf8')) as Record<string, string>;

describe('jars', () => {
  test('that are missing, other than they were, or not in the list are each named', async () => {
    await writeFile(path.join(folder, 'kafka_2.13-4.3.1.jar'), 'forged');
    await writeFile(path.join(folder, 'stranger-1.jar'), '');
    const checked = checkJars('kafka', folder);
    await expect(checked).rejects.toThrow(/kafka_2\.13-4\.3\.1\.jar has the hash [0-9a-f]{64} instead of/);
    await expect(checked).rejects.toThrow('stranger-1.jar is not in the list');
    await expect(checked).rejects.toThrow('kafka-clients-4.3.1.jar is missing');
  });
  test('that were whole once are noticed when one is cut, changed or gone', async () => {
    const jars = path.join(folder, 'engine-1');
    await mkdir(jars);
    const list: Record<string, string> = {};
    for (const name of ['a', 'b']) {
      list[`org.${name}:${name}:1`] = createHash('sha256').update(`jar ${name}`).digest('hex');
      await writeFile(path.join(jars, `${name}-1.jar`), `jar ${name}`);
    }
    const isWhole = () => areJarsWhole('kafka', jars, list);
    expect([isWhole(), isWhole()]).toEqual([true, true]);
    const file = path.join(jars, 'b-1.jar');
    await writeFile(file, 'jar');
    expect(isWhole()).toBe(false);
    await writeFile(file, 'jar b');
    expect(isWhole()).toBe(true); // of another time, and the same
    await writeFile(file, 'jar c');
    expect(isWhole()).toBe(false);
    await rm(file);
    expect(isWhole()).toBe(false);
  });

  test('that are damaged in the cache are missing again, and are made anew', async () => {
    const made: string[] = [];
    const engine = {
      entry: 'engine-2',
      isWhole: (at: string) => readFileSync(path.join(at, 'jar'), 'utf8') === 'jar',
      install: async (at: string) => {
        made.push('made');
        await writeFile(path.join(at, 'jar'), 'jar');
      },
    };
    const notes: string[] = [];
    const context = { cacheDir: folder, env: {}, step: { say: () => undefined }, note: (text: string) => void notes.push(text) };
    await installEngine(engine, context);
    await appendFile(path.join(folder, 'engine-2', 'jar'), 'more');
    await installEngine(engine, context);
    expect([made, notes]).toEqual([['made', 'made'], ['engine-2 in the cache is damaged; it is made anew']]);
    await mkdir(path.join(folder, `kafka-${(await versions())['kafka']}`));
    expect(missingEngines({ test: false, cacheDir: folder, env: {} }).map(({ title }: { title: string }) => title)).toContain('Kafka');
  });
  test.each([
    ['kafka', 'org.apache.kafka:kafka_2.13', 'kafka'],
    ['temporal-test-server', 'io.temporal:temporal-test-server', 'temporal_test_server'],
  ])('of %s are listed for the version that is used', async (engine, artifact, name) => {
    const read = async (file: string) =>
      JSON.parse(await readFile(path.join(PROJECT_ROOT, 'deploy', 'local', file), 'utf8')) as Record<string, string>;
    const { [name]: version } = await read('versions.json');
    expect(await read(`setup/jars/${engine}.json`)).toHaveProperty([`${artifact}:${version}`]);
  });
});

describe('certificate authorities', () => {
  test('that one variable names are known to every program that the setup runs', async () => {
    const company = path.join(folder, 'company.pem');
    await writeFile(company, 'the company');
    const added = sharedAuthorities({ NODE_EXTRA_CA_CERTS: company }, folder);
    expect(Object.keys(added).sort()).toEqual(['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE']);
    const bundle = await readFile(added['PIP_CERT'] ?? '', 'utf8');
    expect(bundle.startsWith('the company')).toBe(true);
    expect(bundle).toContain('BEGIN CERTIFICATE');
  });
  test('stay as they are where none is named, and where each is', () => {
    expect(sharedAuthorities({}, folder)).toEqual({});
    const all = { NODE_EXTRA_CA_CERTS: 'a', SSL_CERT_FILE: 'b', PIP_CERT: 'c', REQUESTS_CA_BUNDLE: 'd' };
    expect(sharedAuthorities(all, folder)).toEqual({});
  });
});

describe('parts', () => {
  const parts = [{ name: 'java' }, { name: 'client', standsAlone: true }, { name: 'kafka' }, { name: 'redis', standsAlone: true }];

  test('that stand alone are got beside the others, of each kind one after the other', async () => {
    const begun: string[] = [];
    const letGo: (() => void)[] = [];
    const all = getInLanes(parts, async ({ name }) => {
      begun.push(name);
      await new Promise<void>((resolve) => letGo.push(resolve));
      return [`got ${name}`];
    });
    expect(begun).toEqual(['java', 'client']);
    letGo[0]!();
    await waitFor('the next of its kind', () => begun.length === 3);
    expect(begun).toEqual(['java', 'client', 'kafka']);
    letGo[1]!();
    await waitFor('the last', () => begun.length === 4);
    letGo.forEach((go) => go());
    expect(await all).toEqual(['got java', 'got kafka', 'got client', 'got redis']);
  });

  test('of which one fails fail with it, once what is made beside it is done', async () => {
    const got: string[] = [];
    const all = getInLanes(parts, async ({ name }) => {
      if (name === 'java') throw new Error('no java');
      await new Promise(setImmediate); // the failure is there long before
      got.push(name);
      return [];
    });
    await expect(all).rejects.toThrow('no java');
    expect(got).toEqual(['client', 'redis']);
  });
});

test('a disk that cannot hold what the setup takes is said with what is free and the variable to change, also of a folder to come', async () => {
  const cacheDir = path.join(folder, 'to', 'come');
  const more = (await freeMb(cacheDir)) + 1_000_000;
  await expect(refuseFullDisk(cacheDir, more)).rejects.toThrow(
    new RegExp(
      `^The disk of .*come has \\d+ MB free, and the setup takes up to ${more} MB: make room there, or give CACHE_DIR another disk$`,
    ),
  );
  await expect(refuseFullDisk(cacheDir, 0)).resolves.toBeUndefined();
});

test.each([
  ['apache-airflow-client', 'airflow_client'],
  ['feast', 'feast'],
  ['kafka-python', 'kafka_python'],
  ['mlflow-skinny', 'mlflow'],
  ['moto', 'moto'],
  ['schemathesis', 'schemathesis'],
  ['tritonclient', 'tritonclient'],
  ['mlflow', 'mlflow'],
  ['mlflow-page', 'mlflow', 'mlflow'],
])(
  'the Python client %s and all that it needs are pinned by hash, in the version that its folder is called by',
  async (name, key, of = name) => {
    const read = (file: string) => readFile(path.resolve('deploy', 'local', file), 'utf8');
    const versions = JSON.parse(await read('versions.json')) as Record<string, string>;
    const pinned = (await read(`setup/requirements/${name}.txt`)).trim().split(/\n(?! )/);
    expect(pinned.filter((requirement) => !/^[\w.-]+(\[[\w,-]+\])?==\S+.*\\\n {4}--hash=sha256:[0-9a-f]{64}/.test(requirement))).toEqual(
      [],
    );
    expect(pinned.map((requirement) => requirement.split(' ')[0])).toContain(`${of}==${versions[key]}`);
  },
);
