import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../../../platform/config.ts';
import { postgresOptions } from '../../../platform/connections/postgres.ts';
import { makeCertificates } from '../../support/certificates.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'mlops-connections-'));
const certificates = await makeCertificates();
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await certificates.remove();
});
const file = (name: string, text: string) => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
const junk = file('junk.pem', 'PEM');
const {
  authority,
  client: { cert, key },
} = certificates;
const textOf = (name: string) => readFileSync(name, 'utf8');
const nowhere = path.join(folder, 'nowhere');

/** Of a configuration, a line each. */
function faultsOf(env: Record<string, string>): string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
}

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
    expect(faultsOf({ DATABASE_URL_FILE: empty })).toEqual([expect.stringContaining(`DATABASE_URL_FILE: ${empty} is empty`)]);
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
    [`?sslmode=require&sslrootcert=${authority}`, { rejectUnauthorized: true, ca: textOf(authority) }],
    [`?sslmode=verify-ca&sslrootcert=${authority}`, { rejectUnauthorized: true, ca: textOf(authority) }],
    ['?sslmode=verify-full&sslrootcert=system', { rejectUnauthorized: true }],
    [`?sslmode=verify-full&sslcert=${cert}&sslkey=${key}`, { rejectUnauthorized: true, cert: textOf(cert), key: textOf(key) }],
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
    expect(waysOf(`prefer&sslrootcert=${authority}`)).toEqual([{ ...unchecked, rejectUnauthorized: true, ca: textOf(authority) }, false]);
  });

  test.each([
    ['on', 'sslmode (PGSSLMODE) is on; it is one of disable, allow, prefer, require, verify-ca, verify-full'],
    [`verify-ca&sslrootcert=${nowhere}`, `sslrootcert (PGSSLROOTCERT): ${nowhere} cannot be read (ENOENT)`],
    [`verify-ca&sslcert=${cert}`, 'sslcert and sslkey (PGSSLCERT, PGSSLKEY) go together'],
  ])('sslmode=%s is refused at boot', (mode, message) => {
    expect(() => readConfig({ DATABASE_URL: `postgres://u@h/d?sslmode=${mode}` })).toThrow(message);
  });

  test("libpq's variables say what the URL leaves out, and only that", () => {
    const PG = { PGUSER: 'app', PGPASSWORD: 'a/b', PGSSLMODE: 'verify-full', PGSSLROOTCERT: authority };
    expect(readConfig({ PGHOST: 'db', PGPORT: '6000', PGDATABASE: 'shop', ...PG }).database).toMatchObject({
      url: `postgres://app:a%2Fb@db:6000/shop?sslmode=verify-full&sslrootcert=${encodeURIComponent(authority)}`,
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
      KAFKA_TLS_CA_CERT_PATH: authority,
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
    });
    expect(kafka).toMatchObject({ ssl: { ca: textOf(authority) }, sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' } });
    expect(readConfig({ ...base, KAFKA_TLS: 'true' }).kafka.ssl).toEqual({});
    expect(readConfig(base).kafka.ssl).toBeUndefined();
  });

  test('half of a credential is refused, with the other half named', () => {
    expect(() => readConfig({ ...base, KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' })).toThrow(
      'KAFKA_SASL_PASSWORD: missing, though KAFKA_SASL_MECHANISM is plain',
    );
    expect(() => readConfig({ ...base, KAFKA_SASL_USERNAME: 'u' })).toThrow('KAFKA_SASL_MECHANISM: missing');
    expect(() => readConfig({ ...base, KAFKA_TLS_CLIENT_CERT_PATH: cert })).toThrow('KAFKA_TLS_CLIENT_KEY_PATH: missing');
  });
});

describe('Temporal', () => {
  test("is reached as the variables of Temporal's own tools say", () => {
    const variables = {
      TEMPORAL_ADDRESS: 'cloud:7233',
      TEMPORAL_NAMESPACE: 'shop.abc',
      TEMPORAL_TLS_CLIENT_CERT_PATH: cert,
      TEMPORAL_TLS_CLIENT_KEY_PATH: key,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority,
      TEMPORAL_TLS_SERVER_NAME: 'temporal',
    };
    const bytesOf = (name: string) => expect.objectContaining({ length: textOf(name).length });
    expect(readConfig(variables).temporal).toMatchObject({
      address: 'cloud:7233',
      namespace: 'shop.abc',
      external: true,
      tls: {
        serverNameOverride: 'temporal',
        serverRootCACertificate: bytesOf(authority),
        clientCertPair: { crt: bytesOf(cert), key: bytesOf(key) },
      },
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
    const [certificate, its] = ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'];
    const given = { TEMPORAL_ADDRESS: 't:1', [certificate]: cert };
    expect(() => readConfig(given)).toThrow(`${its}: missing`);
    expect(() => readConfig({ TEMPORAL_ADDRESS: 't:1', [its]: key })).toThrow(`${certificate}: missing`);
    const profile = (keyFile: string) => file('half.toml', `[profile.default.tls]\nclient_key_path = "${keyFile}"\n`);
    expect(readConfig({ ...given, TEMPORAL_CONFIG_FILE: profile(key) }).temporal.tls).toMatchObject({ clientCertPair: {} });
    expect(() => readConfig({ ...given, TEMPORAL_CONFIG_FILE: profile(certificates.server.key) })).toThrow(
      'client_key_path of the profile is not the key of the certificate in client_cert_path',
    );
    expect(() => readConfig({ ...given, TEMPORAL_CONFIG_FILE: profile(junk) })).toThrow(
      'client_key_path of the profile holds no private key that can be read',
    );
  });

  test.each(['server_ca_cert_path', 'client_cert_path'])('%s of a profile that holds no certificate is named', (field) => {
    const lines = ['[profile.default]', 'address = "t:1"', '[profile.default.tls]', `client_key_path = "${key}"`];
    const others = field === 'client_cert_path' ? [] : [`client_cert_path = "${cert}"`];
    const profile = file('junk.toml', [...lines, ...others, `${field} = "${junk}"`].join('\n'));
    expect(() => readConfig({ TEMPORAL_CONFIG_FILE: profile })).toThrow(`${field} of the profile holds no certificate that can be read`);
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
  expect(() => readConfig({ REDIS_URL: `redis://r:1?ssl_ca_certs=${authority}` })).toThrow('ssl_ca_certs needs a rediss:// address');
});

test.each([
  ['REDIS_URL', 'http://r:1', 'must be redis://HOST:PORT, or rediss://HOST:PORT by TLS'],
  ['REDIS_URL', 'secret', 'must be redis://HOST:PORT'],
  ['DATABASE_URL', 'mysql://u@h/d', 'must be postgres://USER@HOST:PORT/DATABASE'],
  ['DATABASE_URL', 'postgres', 'must be postgres://USER@HOST:PORT/DATABASE'],
])('%s as %s is told what it has to be, without what it is', (name, value, words) => {
  expect(faultsOf({ [name]: value })).toEqual([expect.stringContaining(`${name}: ${words}`)]);
  expect(faultsOf({ [name]: value }).join()).not.toContain(value === 'postgres' ? 'Invalid' : value);
});

test('a way past the pooler without the pooler is refused', () => {
  expect(faultsOf({ DATABASE_DIRECT_URL: 'postgres://u@h/d' })).toEqual([
    expect.stringContaining('DATABASE_URL: missing, though DATABASE_DIRECT_URL leads past the pooler that it names'),
  ]);
});

/** How each engine is given the files of a connection by TLS, and how their variables are called in what is said of one. */
const BY_TLS = {
  Postgres: (ca: string, crt: string, its: string) => ({
    env: { DATABASE_URL: `postgres://u@h/d?sslmode=verify-full&sslrootcert=${ca}&sslcert=${crt}&sslkey=${its}` },
    names: ['DATABASE_URL: sslrootcert (PGSSLROOTCERT)', 'DATABASE_URL: sslcert (PGSSLCERT)', 'DATABASE_URL: sslkey (PGSSLKEY)'],
  }),
  Redis: (ca: string, crt: string, its: string) => ({
    env: { REDIS_URL: `rediss://r:1?ssl_ca_certs=${ca}&ssl_certfile=${crt}&ssl_keyfile=${its}` },
    names: ['REDIS_URL: ssl_ca_certs', 'REDIS_URL: ssl_certfile', 'REDIS_URL: ssl_keyfile'],
  }),
  Kafka: (ca: string, crt: string, its: string) => namedFor('KAFKA', { KAFKA_BROKERS: 'k:1', KAFKA_TLS_CA_CERT_PATH: ca }, [crt, its]),
  Temporal: (ca: string, crt: string, its: string) =>
    namedFor('TEMPORAL', { TEMPORAL_ADDRESS: 't:1', TEMPORAL_TLS_SERVER_CA_CERT_PATH: ca }, [crt, its]),
};
function namedFor(engine: string, env: Record<string, string>, [crt = '', its = '']: string[]) {
  const [client, itsKey] = [`${engine}_TLS_CLIENT_CERT_PATH`, `${engine}_TLS_CLIENT_KEY_PATH`];
  return { env: { ...env, [client]: crt, [itsKey]: its }, names: [Object.keys(env)[1]!, client, itsKey] };
}

describe.each(Object.entries(BY_TLS))('the files by which %s is reached by TLS', (_engine, given) => {
  test('are taken as they should be', () => {
    expect(faultsOf(given(authority, cert, key).env)).toEqual([]);
  });

  test('are named, with their variable, where they hold no certificate or no key', () => {
    const holds = (what: string) => `${junk} holds no ${what} that can be read`;
    for (const [at, files, words] of [
      [0, [junk, cert, key], holds('certificate')],
      [1, [authority, junk, key], holds('certificate')],
      [2, [authority, cert, junk], holds('private key')],
    ] as const) {
      const { env, names } = given(...(files as [string, string, string]));
      expect(faultsOf(env)).toEqual([expect.stringContaining(`${names[at]}: ${words}`)]);
    }
  });

  test('are named where the key is that of another certificate', () => {
    const { env, names } = given(authority, cert, certificates.server.key);
    expect(faultsOf(env)).toEqual([expect.stringMatching(/is not the key of the certificate in/)]);
    expect(faultsOf(env)[0]).toContain(names[2]!.split(' (')[0]!);
  });
});
