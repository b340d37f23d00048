import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../../../platform/config.ts';
import { postgresOptions } from '../../../platform/connections/postgres.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'mlops-connections-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string) => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
const pem = file('some.pem', 'PEM');
const nowhere = path.join(folder, 'nowhere');

describe('a secret from a file', () => {
  test.each([
    ['MLOPS_API_KEY', 's3cret', (env: Record<string, string>) => readConfig(env).client.apiKey],
    ['TMDB_API_KEY', 's3cret', (env: Record<string, string>) => readConfig(env).tmdb.apiKey],
    ['CREDENTIALS', 'ann:user:a-long-enough-secret', (env: Record<string, string>) => readConfig(env).access.credentials[0]?.name],
    ['REDIS_URL', 'redis://r:1', (env: Record<string, string>) => readConfig(env).redisUrl],
    ['DATABASE_URL', 'postgres://u@h/d', (env: Record<string, string>) => readConfig(env).database.url],
    ['TEMPORAL_API_KEY', 'k', (env: Record<string, string>) => readConfig({ TEMPORAL_ADDRESS: 't:1', ...env }).temporal.apiKey],
  ])('%s_FILE is as good as %s, and its final newline is no part of it', (name, value, read) => {
    expect(read({ [`${name}_FILE`]: file(name, `${value}\n`) })).toEqual(read({ [name]: value }));
    expect(read({ [name]: value })).toBeDefined();
  });

  test('that is missing is named', () => {
    expect(() => readConfig({ REDIS_PASSWORD_FILE: nowhere })).toThrow(`REDIS_PASSWORD_FILE: ${nowhere} cannot be read (ENOENT)`);
  });

  test('that is empty is named', () => {
    const empty = file('empty', '\n');
    expect(() => readConfig({ REDIS_PASSWORD_FILE: empty })).toThrow(`REDIS_PASSWORD_FILE: ${empty} is empty`);
  });

  test('is refused beside the secret itself', () => {
    expect(() => readConfig({ MLOPS_API_KEY: 'a', MLOPS_API_KEY_FILE: file('key', 'b') })).toThrow(
      'MLOPS_API_KEY and MLOPS_API_KEY_FILE are both set; one is enough',
    );
  });
});

describe('Postgres', () => {
  test.each([
    ['', false],
    ['?sslmode=disable', false],
    ['?sslmode=require', { rejectUnauthorized: false }],
    [`?sslmode=require&sslrootcert=${pem}`, { rejectUnauthorized: true, ca: 'PEM' }],
    [`?sslmode=verify-ca&sslrootcert=${pem}`, { rejectUnauthorized: true, ca: 'PEM' }],
    ['?sslmode=verify-full&sslrootcert=system', { rejectUnauthorized: true }],
    [`?sslmode=verify-full&sslcert=${pem}&sslkey=${pem}`, { rejectUnauthorized: true, cert: 'PEM', key: 'PEM' }],
  ])('%s is read as libpq reads it', (parameters, expected) => {
    const { ways, connectionString } = postgresOptions(`postgres://u:p@h/d${parameters}`);
    const [ssl] = ways;
    expect(ways).toHaveLength(1);
    if (ssl !== false) {
      const { checkServerIdentity, ...rest } = ssl;
      expect(rest).toEqual(expected);
      // Whether the certificate has to be this host's.
      expect(checkServerIdentity === undefined).toBe(parameters.includes('verify-full'));
    } else expect(ssl).toBe(expected);
    expect(connectionString).toBe('postgres://u:p@h/d');
  });

  test('prefer tries TLS first and allow last, with the authority that is given', () => {
    const waysOf = (mode: string) => postgresOptions(`postgres://h/d?sslmode=${mode}`).ways;
    const unchecked = { rejectUnauthorized: false, checkServerIdentity: expect.any(Function) };
    expect(waysOf('prefer')).toEqual([unchecked, false]);
    expect(waysOf('allow')).toEqual([false, unchecked]);
    expect(waysOf(`prefer&sslrootcert=${pem}`)).toEqual([{ ...unchecked, rejectUnauthorized: true, ca: 'PEM' }, false]);
  });

  test.each([
    ['on', 'sslmode (PGSSLMODE) is on; it is one of disable, allow, prefer, require, verify-ca, verify-full'],
    [`verify-ca&sslrootcert=${nowhere}`, `sslrootcert: ${nowhere} cannot be read (ENOENT)`],
    [`verify-ca&sslcert=${pem}`, 'sslcert and sslkey (PGSSLCERT, PGSSLKEY) go together'],
  ])('sslmode=%s is refused at boot', (mode, message) => {
    expect(() => readConfig({ DATABASE_URL: `postgres://u@h/d?sslmode=${mode}` })).toThrow(message);
  });

  test("libpq's variables say what the URL leaves out, and only that", () => {
    const PG = { PGUSER: 'app', PGPASSWORD: 'a/b', PGSSLMODE: 'verify-full', PGSSLROOTCERT: pem };
    expect(readConfig({ PGHOST: 'db', PGPORT: '6000', PGDATABASE: 'shop', ...PG }).database).toMatchObject({
      url: `postgres://app:a%2Fb@db:6000/shop?sslmode=verify-full&sslrootcert=${encodeURIComponent(pem)}`,
      external: true,
    });
    expect(readConfig({ DATABASE_URL: 'postgres://me:mine@h/d?sslmode=disable', ...PG, PGSSLROOTCERT: '' }).database.url).toBe(
      'postgres://me:mine@h/d?sslmode=disable',
    );
    expect(readConfig(PG).database).toMatchObject({ url: 'postgres://mlops:mlops@127.0.0.1:5432/mlops', external: false });
  });
});

describe('Kafka', () => {
  const base = { KAFKA_BROKERS: 'k:9093' };

  test.each([
    [{ KAFKA_BROKERS: 'k:9092, other' }, /KAFKA_BROKERS: each is a host and a port/],
    [{ KAFKA_BROKERS: 'kafka://k:9092' }, /KAFKA_BROKERS: each is a host and a port/],
    [{ ...base, KAFKA_SASL_MECHANISM: 'gssapi' }, /KAFKA_SASL_MECHANISM: .*"PLAIN".*"SCRAM-SHA-256"/],
    [{ ...base, KAFKA_TOPIC_PREFIX: 'a b/' }, /KAFKA_TOPIC_PREFIX: letters, digits/],
  ])('%j is refused by name', (env, words) => {
    expect(() => readConfig(env)).toThrow(words);
  });

  test('is reached by TLS and SASL as the variables say', () => {
    const { kafka } = readConfig({
      ...base,
      KAFKA_TLS_CA_CERT_PATH: pem,
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
    });
    expect(kafka).toMatchObject({ ssl: { ca: 'PEM' }, sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' } });
    expect(readConfig({ ...base, KAFKA_TLS: 'true' }).kafka.ssl).toEqual({});
    expect(readConfig(base).kafka.ssl).toBeUndefined();
  });

  test('half of a credential is refused, with the other half named', () => {
    expect(() => readConfig({ ...base, KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' })).toThrow(
      'KAFKA_SASL_PASSWORD: missing, though KAFKA_SASL_MECHANISM is plain',
    );
    expect(() => readConfig({ ...base, KAFKA_SASL_USERNAME: 'u' })).toThrow('KAFKA_SASL_MECHANISM: missing');
    expect(() => readConfig({ ...base, KAFKA_TLS_CLIENT_CERT_PATH: pem })).toThrow('KAFKA_TLS_CLIENT_KEY_PATH: missing');
  });
});

describe('Temporal', () => {
  test("is reached as the variables of Temporal's own tools say", () => {
    const variables = {
      TEMPORAL_ADDRESS: 'cloud:7233',
      TEMPORAL_NAMESPACE: 'shop.abc',
      TEMPORAL_TLS_CLIENT_CERT_PATH: pem,
      TEMPORAL_TLS_CLIENT_KEY_PATH: pem,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: pem,
      TEMPORAL_TLS_SERVER_NAME: 'temporal',
    };
    const bytes = expect.objectContaining({ length: 3 });
    expect(readConfig(variables).temporal).toMatchObject({
      address: 'cloud:7233',
      namespace: 'shop.abc',
      external: true,
      tls: { serverNameOverride: 'temporal', serverRootCACertificate: bytes, clientCertPair: { crt: bytes, key: bytes } },
    });
    expect(readConfig({ TEMPORAL_ADDRESS: 't:1', TEMPORAL_API_KEY: 'k' }).temporal).toMatchObject({ apiKey: 'k', tls: true });
    expect(readConfig({ TEMPORAL_ADDRESS: 't:1' }).temporal).toEqual({ address: 't:1', namespace: 'default', external: true });
  });

  test('is reached by a profile of a file, and a variable wins over it', () => {
    const profiles = file('temporal.toml', '[profile.shop]\naddress = "cloud:7233"\nnamespace = "shop"\napi_key = "k"\n');
    const env = { TEMPORAL_CONFIG_FILE: profiles, TEMPORAL_PROFILE: 'shop' };
    expect(readConfig(env).temporal).toMatchObject({ address: 'cloud:7233', namespace: 'shop', apiKey: 'k', external: true });
    expect(readConfig({ ...env, TEMPORAL_NAMESPACE: 'other' }).temporal.namespace).toBe('other');
  });

  test('a certificate without its key, or a key without its certificate, is refused, with the other named; a profile may have it', () => {
    const [cert, key] = ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'];
    const given = { TEMPORAL_ADDRESS: 't:1', [cert]: pem };
    expect(() => readConfig(given)).toThrow(`${key}: missing`);
    expect(() => readConfig({ TEMPORAL_ADDRESS: 't:1', [key]: pem })).toThrow(`${cert}: missing`);
    const profiles = file('half.toml', `[profile.default.tls]\nclient_key_path = "${pem}"\n`);
    expect(readConfig({ ...given, TEMPORAL_CONFIG_FILE: profiles }).temporal.tls).toMatchObject({ clientCertPair: {} });
  });

  test.each(['TEMPORAL_CONFIG_FILE', 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_SERVER_CA_CERT_PATH'])(
    '%s that is not there is named',
    (name) => {
      expect(() => readConfig({ TEMPORAL_ADDRESS: 't:1', [name]: nowhere })).toThrow(`${name}: ${nowhere} cannot be read (ENOENT)`);
    },
  );
});

test('Redis takes user and password beside its address, and refuses what it cannot use', () => {
  expect(readConfig({ REDIS_URL: 'rediss://r:1', REDIS_USERNAME: 'u', REDIS_PASSWORD: 'a@b' }).redisUrl).toBe('rediss://u:a%40b@r:1');
  expect(() => readConfig({ REDIS_URL: `rediss://r:1?ssl_ca_certs=${nowhere}` })).toThrow(
    `ssl_ca_certs: ${nowhere} cannot be read (ENOENT)`,
  );
  expect(() => readConfig({ REDIS_URL: `redis://r:1?ssl_ca_certs=${pem}` })).toThrow('ssl_ca_certs needs a rediss:// address');
});
