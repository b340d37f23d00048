import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorFolder } from '../../../deploy/local/engines/engine.ts';
import { configureAlertmanager, configurePrometheus, targetsOf } from '../../../deploy/local/monitoring/configure.ts';
import { defineMonitors } from '../../../deploy/local/monitoring/monitors.ts';
import { locateMonitor } from '../../../deploy/local/monitoring/programs.ts';
import { readConfig } from '../../../platform/config.ts';

let folder: string;
const { PATH } = process.env;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'monitors '));
  process.env['PATH'] = path.join(folder, 'bin');
});
afterEach(async () => {
  process.env['PATH'] = PATH;
  await rm(folder, { recursive: true, force: true });
});

const configOf = (env: Record<string, string> = {}) => readConfig({ STATE_DIR: folder, CACHE_DIR: path.join(folder, 'cache'), ...env });

async function program(file: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o755);
  return file;
}

test('a program is the one that a setting names, else one on PATH, else the one of the cache; else there is none', async () => {
  const config = configOf();
  expect(locateMonitor(config, 'alertmanager')).toBeUndefined();
  expect(defineMonitors(config, ['api'])).toEqual([]);
  const cached = await program(path.join(monitorFolder(config.cacheDir, 'alertmanager'), 'alertmanager'));
  expect(locateMonitor(config, 'alertmanager')).toBe(cached);
  const debian = await program(path.join(folder, 'bin', 'prometheus-alertmanager'));
  expect(locateMonitor(config, 'alertmanager')).toBe(debian);
  const named = await program(path.join(folder, 'own'));
  expect(locateMonitor(configOf({ ALERTMANAGER_PROGRAM: named }), 'alertmanager')).toBe(named);
  expect(locateMonitor(configOf({ ALERTMANAGER_PROGRAM: '/none' }), 'alertmanager')).toBeUndefined();
});

test("none is started beside somebody else's Prometheus; without Alertmanager there is Prometheus alone", async () => {
  await program(path.join(folder, 'bin', 'prometheus'));
  const namesOf = (env = {}) => defineMonitors(configOf(env), ['api']).map(({ name, port }) => [name, port]);
  expect(namesOf({ PORT_OFFSET: '100' })).toEqual([['prometheus', 9190]]);
  await program(path.join(folder, 'bin', 'alertmanager'));
  expect(namesOf()).toEqual([['prometheus', 9090], ['alertmanager', 9093]]); // prettier-ignore
  expect(namesOf({ PROMETHEUS_URL: 'http://prometheus:9090' })).toEqual([]);
});

test('those of our processes are asked that run, at their ports, and the Temporal server where it is ours', () => {
  const { services, temporal } = targetsOf(configOf({ PORT_OFFSET: '10', SURFACES: 'mlflow,api' }), ['api', 'worker-control'], true);
  expect([services, temporal]).toEqual([{ api: '127.0.0.1:5010', 'worker-control': '127.0.0.1:9474' }, '127.0.0.1:9477']);
  expect(targetsOf(configOf({ TEMPORAL_ADDRESS: 'temporal:7233' }), [], false)).toEqual({ services: {}, prometheus: '127.0.0.1:9090' });
});

test('where callers must be known both are given a secret by a file that its owner alone reads, of no more than they need', async () => {
  const config = configOf({ CREDENTIALS: 'root:admin:aaaaaaaaaaaaaaaa,op:operator:bbbbbbbbbbbbbbbb,view:viewer:cccccccccccccccc' });
  const files = [
    await configurePrometheus(path.join(folder, 'p'), config, targetsOf(config, ['api'], true)),
    await configureAlertmanager(path.join(folder, 'a'), config),
  ];
  const secrets = ['p/scrape-key', 'a/api-key'].map((name) => path.join(folder, name));
  expect(await Promise.all(secrets.map((file) => readFile(file, 'utf8')))).toEqual(['cccccccccccccccc', 'bbbbbbbbbbbbbbbb']);
  for (const [at, file] of files.entries()) {
    const text = await readFile(file, 'utf8');
    expect(text).toContain(`credentials_file: ${JSON.stringify(secrets[at])}`);
    expect(text).not.toMatch(/aaaa|bbbb|cccc/);
  }
  for (const file of [...secrets, ...files]) expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('Slack, mail and a webhook are told where they are set', async () => {
  const plain = await readFile(await configureAlertmanager(path.join(folder, 'plain'), configOf()), 'utf8');
  expect(plain).not.toMatch(/slack|email|credentials/);
  expect(plain).toContain('url: "http://127.0.0.1:8000/api/v1/alerts/webhook"');
  const config = configOf({
    ALERT_SLACK_URL: 'https://hooks.slack.com/services/T/B/secret',
    ALERT_WEBHOOK_URL: 'https://example.org/alerts',
    ALERT_MAIL_TO: 'a@example.org',
    ALERT_MAIL_FROM: 'b@example.org',
    ALERT_SMTP_HOST: 'mail:587',
    ALERT_SMTP_USERNAME: 'mlops',
    ALERT_SMTP_PASSWORD: 'hidden',
  });
  const text = await readFile(await configureAlertmanager(path.join(folder, 'a'), config), 'utf8');
  for (const part of [
    'api_url_file: ',
    'url: "https://example.org/alerts"',
    'to: "a@example.org"',
    'smarthost: "mail:587"',
    'auth_password_file: ',
  ])
    expect(text).toContain(part);
  expect(text).not.toMatch(/hidden|secret"/);
  expect(await readFile(path.join(folder, 'a', 'slack-url'), 'utf8')).toContain('/secret');
});

test('what is set by halves, and a workflow that nobody may start, is said', () => {
  expect(() => configOf({ ALERT_MAIL_TO: 'a@example.org' })).toThrow(
    /ALERT_MAIL_FROM: missing, though ALERT_MAIL_TO is set[^]*ALERT_SMTP_HOST: missing/,
  );
  expect(() => configOf({ ALERT_WORKFLOWS: 'NoFreshData=userErasure' })).toThrow(
    /entry "NoFreshData=userErasure" must be Alert=workflow, the workflow one of/,
  );
  expect([...configOf({ ALERT_WORKFLOWS: 'NoFreshData=movieDataCollection, A=dataImport' }).monitoring.alertWorkflows]).toEqual([
    ['NoFreshData', 'movieDataCollection'],
    ['A', 'dataImport'],
  ]);
});
