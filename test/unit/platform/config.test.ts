import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, describeSettings, PROJECT_ROOT, readConfig } from '../../../platform/config.ts';

const CREDENTIALS = 'ann:operator:a-long-enough-secret';

function complaint(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('who may call', () => {
  test('a host wider than loopback is refused without credentials, and taken with them', () => {
    for (const HOST of ['0.0.0.0', '::', '10.0.0.5', 'mlops.example']) {
      expect(complaint({ HOST })).toContain(`CREDENTIALS: HOST is ${HOST}, wider than loopback, so callers must be known`);
      expect(readConfig({ HOST, CREDENTIALS }).access.credentials).toEqual([
        { name: 'ann', role: 'operator', secret: 'a-long-enough-secret' },
      ]);
    }
  });

  test.each(['127.0.0.1', '::1', 'localhost'])('%s needs none', (HOST) => {
    expect(readConfig({ HOST }).access).toMatchObject({ host: HOST, credentials: [] });
  });

  test('a network that is trusted takes the place of credentials, and is said to whoever lets callers in', () => {
    expect(readConfig({ HOST: '0.0.0.0', TRUST_NETWORK: '1' }).access).toMatchObject({ host: '0.0.0.0', trustsNetwork: true });
    expect(readConfig({}).access.trustsNetwork).toBe(false);
  });

  test('credentials with an unknown role or a short secret are refused, and the secret is not repeated', () => {
    expect(complaint({ CREDENTIALS: 'ann:chief:a-long-enough-secret' })).toContain('entry "ann:chief:…" must be name:role:secret');
    expect(complaint({ CREDENTIALS: 'ann:admin:hunter2' })).not.toContain('hunter2');
  });

  test('a secret may hold colons', () => {
    expect(readConfig({ CREDENTIALS: 'ann:admin:a:b:c:d:e:f:g:h:i' }).access.credentials[0]?.secret).toBe('a:b:c:d:e:f:g:h:i');
  });
});

test('every wrong value is named at once, with what it is for', () => {
  const message = complaint({ API_PORT: 'eighty', LOG_LEVEL: 'loud', SERVING_URL: 'nowhere' });
  expect(
    message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(':')[0]),
  ).toEqual(['API_PORT', 'SERVING_URL', 'LOG_LEVEL']);
  expect(message).toContain('(Port of the API');
});

test('an empty value is a missing one', () => {
  expect(readConfig({ DATABASE_URL: '', API_PORT: '' })).toMatchObject({ ports: { API_PORT: 8000 }, database: { external: false } });
});

test('the offset moves every port that is not given by its own variable, and the addresses with them', () => {
  const { ports, database, servingUrl, temporal } = readConfig({ PORT_OFFSET: '100', API_PORT: '9000' });
  expect({ api: ports.API_PORT, servingUrl, temporal: temporal.address, port: new URL(database.url).port }).toEqual({
    api: 9000,
    servingUrl: 'http://127.0.0.1:8101',
    temporal: '127.0.0.1:7333',
    port: '5532',
  });
});

test('folders are absolute, wherever the process was started', () => {
  expect(readConfig({ DATA_DIR: 'elsewhere', BLOB_URL: 'file:kept' })).toMatchObject({
    dataDir: path.join(PROJECT_ROOT, 'elsewhere'),
    blobUrl: `file:${path.join(PROJECT_ROOT, 'kept')}`,
  });
});

describe('the stages of a rollout that drift leads to', () => {
  test('are read as the command reads them', () => {
    expect(readConfig({}).drift.canaryStages).toBeUndefined();
    expect(readConfig({ DRIFT_CANARY_STAGES: '0.1:30:500  1' }).drift.canaryStages).toEqual([
      { share: 0.1, min_minutes: 30, min_answers: 500 },
      { share: 1, min_minutes: 10, min_answers: 1_000 },
    ]);
  });

  test.each([
    ['0.1;1', 'is a list of SHARE[:MINUTES[:ANSWERS]], with a space between them'],
    ['0.1: 1', 'is a list of SHARE[:MINUTES[:ANSWERS]], with a space between them'],
    ['0.5 0.1', 'each has a larger share than the one before'],
    ['2', 'expected number to be <=1'],
  ])('%s are refused', (stages, words) => {
    expect(complaint({ DRIFT_CANARY_STAGES: stages })).toContain(words);
    expect(complaint({ DRIFT_CANARY_STAGES: stages })).toContain('DRIFT_CANARY_STAGES');
  });
});

describe('what is told of the settings', () => {
  const told = (env: Record<string, string>) => new Map(describeSettings(env).map((setting) => [setting.name, setting]));

  test('where each value comes from; a port that nobody set is the one in force', () => {
    const settings = told({ LOG_LEVEL: 'debug', PORT_OFFSET: '100', API_PORT: '' });
    expect(settings.get('LOG_LEVEL')).toMatchObject({ source: 'environment', value: 'debug', is_set: true });
    expect(settings.get('HOST')).toMatchObject({ source: 'default', value: '127.0.0.1', is_set: true });
    expect(settings.get('API_PORT')).toMatchObject({ source: 'default', value: '8100' });
    expect(settings.get('CACHE_DIR')).toMatchObject({ source: 'default', value: null, is_set: false });
  });

  test('of a secret whether it is set, by itself or by a file, and nothing else', () => {
    const settings = told({ CREDENTIALS, ERASURE_KEY_FILE: '/run/secrets/erasure' });
    expect(settings.get('CREDENTIALS')).toMatchObject({ is_secret: true, is_set: true, source: 'environment', value: null });
    expect(settings.get('ERASURE_KEY')).toMatchObject({ is_secret: true, is_set: true, source: 'file', value: null });
    expect(settings.get('BACKUP_KEY')).toMatchObject({ is_secret: true, is_set: false, source: 'default', value: null });
  });

  test('whatever is named as a secret counts as one, and no address tells its password', () => {
    const planted = 'a-planted-secret-of-more-than-32-characters';
    const names = describeSettings({}).map(({ name }) => name);
    const secret = names.filter((name) => /SECRET|PASSWORD|TOKEN|CREDENTIALS|_KEY(_ID)?$|HEADERS/.test(name));
    const settings = describeSettings({
      ...Object.fromEntries(secret.filter((name) => !isPath(name)).map((name) => [name, planted])),
      ...{ PROMETHEUS_URL: `http://me:${planted}@prometheus:9090`, OTEL_EXPORTER_OTLP_ENDPOINT: `http://collector/v1?token=${planted}` },
    });
    expect(JSON.stringify(settings)).not.toContain(planted);
    expect(settings.find(({ name }) => name === 'PROMETHEUS_URL')?.value).toBe('http://…@prometheus:9090');
    expect(secret.length).toBeGreaterThan(15);
  });
  /** Of PEM files, whose paths are no secret. */
  const isPath = (name: string) => /(SSL|TLS).*_KEY$|^PGSSLKEY$/.test(name);
});
