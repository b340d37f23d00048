import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorFolder } from '../../../deploy/local/engines/engine.ts';
import { configureGrafana, grafanaHome } from '../../../deploy/local/monitoring/grafana.ts';
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

test("Grafana is started where its program is here and there is a Prometheus for it to ask, and no second one beside somebody else's", async () => {
  await program(path.join(folder, 'bin', 'grafana'));
  const namesOf = (env = {}) => defineMonitors(configOf(env), ['api']).map(({ name, port }) => [name, port]);
  expect(namesOf()).toEqual([]);
  expect(namesOf({ PROMETHEUS_URL: 'http://prometheus:9090' })).toEqual([['grafana', 3000]]);
  await program(path.join(folder, 'bin', 'prometheus'));
  expect(namesOf({ PORT_OFFSET: '100' })).toEqual([['prometheus', 9190], ['grafana', 3100]]); // prettier-ignore
  expect(namesOf({ GRAFANA_URL: 'http://grafana:3000' })).toEqual([['prometheus', 9090]]);
});

test("Grafana listens on this machine alone, with the guide's login unless a secret says another, and finds Prometheus and the dashboards", async () => {
  const read = (file: string) => readFile(file, 'utf8');
  const plain = await read(await configureGrafana(path.join(folder, 'plain'), configOf({ PORT_OFFSET: '10' })));
  expect(plain).toMatch(/\[server\]\nhttp_addr = 127\.0\.0\.1\nhttp_port = 3010\n/);
  expect(plain).toMatch(/\[security\]\nadmin_user = admin\nadmin_password = admin123\n/);
  const secretFile = path.join(folder, 'secret');
  await writeFile(secretFile, 'hidden\n');
  const own = path.join(folder, 'own');
  const file = await configureGrafana(own, configOf({ GRAFANA_PASSWORD_FILE: secretFile, PROMETHEUS_URL: 'http://prometheus:9090' }));
  const text = await read(file);
  expect(text).toContain(`admin_password = $__file{${path.join(own, 'admin-password')}}\n`);
  expect(text).not.toMatch(/hidden|admin123/);
  expect(await read(path.join(own, 'admin-password'))).toBe('hidden');
  for (const each of [file, path.join(own, 'admin-password')]) expect((await stat(each)).mode & 0o777).toBe(0o600);
  const provisioning = /^provisioning = (.*)$/m.exec(text)![1]!;
  expect(await read(path.join(provisioning, 'datasources', 'prometheus.yml'))).toContain('url: "http://prometheus:9090"');
  const dashboards = /path: "(.*)"/.exec(await read(path.join(provisioning, 'dashboards', 'movie-mlops.yml')))![1]!;
  const home = /^default_home_dashboard_path = (.*)$/m.exec(text)![1]!;
  expect(path.dirname(home)).toBe(dashboards);
  expect(JSON.parse(await read(home))).toMatchObject({ uid: 'mlops-overview' });
});

test("Grafana's own pages are looked for beside its program, also where that is a link", async () => {
  const archive = path.join(folder, 'grafana-12');
  const real = await program(path.join(archive, 'bin', 'grafana'));
  await mkdir(path.join(archive, 'public'));
  await symlink(real, path.join(folder, 'grafana'));
  expect(await grafanaHome(path.join(folder, 'grafana'))).toEqual([archive]);
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
