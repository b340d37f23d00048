import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../../contracts/aboutRun.ts';
import { DEFAULT_PORTS, PROJECT_ROOT } from '../../../platform/config.ts';

const FOLDER = path.join(PROJECT_ROOT, 'docker');
const STACKS = ['postgres', 'redis', 'airflow', 'feast', 'api', 'mlflow', 'pytorch', 'kafka', 'monitoring'];
/** As the guide asks for their logs, and goes into them. */
const CONTAINERS = ['airflow', 'feast', 'api', 'mlflow', 'pytorch-api', 'kafka'];
const source = (...parts: string[]) => readFileSync(path.join(PROJECT_ROOT, ...parts), 'utf8');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yml') && file !== 'common.yml');
const texts = Object.fromEntries(files.map((file) => [file, source('docker', file)]));
const all = Object.values(texts).join('\n');
/** The services of a file, each with its own lines. */
const services = (text: string) => text.split(/^(?= {2}[\w-]+:\n)/m).filter((part) => /^ {4}(image|extends):/m.test(part));
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);

test('each stack of the guide has its file, and compose.yml has them all', () => {
  expect(files.sort()).toEqual(STACKS.map((name) => `docker-compose.${name}.yml`).sort());
  const included = matches(source('compose.yml'), /path: deploy\/docker\/([\w.-]+)/g);
  expect(included.sort()).toEqual(files);
});

test('containers are named as in the guide, each once', () => {
  const named = matches(all, /container_name: movie-mlops-([\w-]+)/g);
  expect(named).toEqual(expect.arrayContaining(CONTAINERS));
  expect(new Set(named).size).toBe(named.length);
});

test('the links that the guide goes by are there', () => {
  expect(statSync(path.join(FOLDER, 'dockerfiles')).isDirectory()).toBe(true);
  expect(source('docker', 'common.yml')).toBe(source('deploy', 'docker', 'common.yml'));
});

describe.each(Object.entries(texts))('%s', (_, text) => {
  test('publishes on loopback alone', () => {
    const published = matches(text, /'([^']*:\d+)'/g).filter((entry) => /:\d+$/.test(entry) && !entry.includes('/'));
    expect(published.length).toBeGreaterThan(0);
    expect(published.filter((entry) => !entry.startsWith('127.0.0.1:${'))).toEqual([]);
  });

  test('has pinned images, whose Dockerfile is there, and hardened containers', () => {
    expect(matches(text, /image: (\S+)/g).filter((image) => !/:(\$\{MLOPS_TAG:-local\}|v?\d+\.\d+\.\d+)$/.test(image))).toEqual([]);
    for (const file of matches(text, /dockerfile: ([\w./-]+)/g)) expect(existsSync(path.join(PROJECT_ROOT, file))).toBe(true);
    const ours = services(text).filter((service) => service.includes('image: movie-mlops-'));
    expect(ours.filter((service) => !/extends: \{ file: common\.yml, service: (hardened|process) \}/.test(service))).toEqual([]);
  });

  test('takes secrets from files', () => {
    expect(matches(text, /(\w*(?:PASSWORD|SECRET|TOKEN|API_KEY)\w*): (?!\/run\/secrets\/)/g)).toEqual([]);
    for (const file of matches(text, /:-\.\.\/([\w./-]*secrets\/\w+)\}/g)) expect(existsSync(path.join(PROJECT_ROOT, file))).toBe(true);
  });

  test('by itself names no service that is elsewhere', () => {
    expect(text).not.toMatch(/depends_on/);
    expect(text).toMatch(/^name: movie-mlops$/m);
  });
});

test('a port of ours is published under the variable that `npm start` reads, at the same number', () => {
  const published = [...all.matchAll(/127\.0\.0\.1:\$\{(\w+):-(\d+)\}/g)].map(([, name, port]) => [name, Number(port)] as const);
  const ours = published.filter(([name]) => name! in DEFAULT_PORTS);
  expect(ours.length).toBeGreaterThan(12);
  for (const [name, port] of ours) expect([name, port]).toEqual([name, DEFAULT_PORTS[name as keyof typeof DEFAULT_PORTS]]);
});

test('what all have is hardened', () => {
  const common = source('docker', 'common.yml');
  for (const line of ['read_only: true', 'cap_drop: [ALL]', 'no-new-privileges:true']) expect(common).toContain(line);
});

describe('the engines in containers are set as those that `npm start` runs', () => {
  test('Temporal', () => {
    const script = source('deploy', 'docker', 'engines', 'temporal.sh');
    const settings = matches(source('deploy', 'local', 'engines', 'temporal.ts'), /^ {2}'([\w.]+)': /gm);
    expect(settings.length).toBeGreaterThan(3);
    for (const name of settings) expect(script).toContain(`--dynamic-config-value ${name}=`);
    for (const name of Object.values(SEARCH_ATTRIBUTES)) expect(script).toContain(`--search-attribute ${name}=`);
  });

  test('Kafka', () => {
    const script = source('deploy', 'docker', 'engines', 'kafka.sh');
    const settings = [...source('deploy', 'local', 'engines', 'kafka.ts').matchAll(/^ {2}'([a-z.]+)': ('?[\w.]+'?),$/gm)];
    const wanted = settings.filter(([, name = '']) => /^(auto|num|default|min|offsets|transaction|share|group|log\.cleaner)\./.test(name));
    expect(wanted.length).toBeGreaterThan(10);
    for (const [, name, value = ''] of wanted) expect(script).toContain(`\n${name}=${value.replaceAll(/[_']/g, '')}\n`);
  });
});
