import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, chown, copyFile, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEngines, type Engines } from '../../deploy/local/engines/startEngines.ts';
import { lookAtPostgres } from '../../deploy/local/stack/reach/postgres.ts';
import { DEFINITIONS } from '../../domain/features/definitions.ts';
import { applyAtStart } from '../../domain/features/registry/apply.ts';
import { readConfig } from '../../platform/config.ts';
import { runMigrations } from '../../platform/migrate.ts';
import { createPool, listen, POOL_WAITS, prepare, withTransaction } from '../../platform/postgres.ts';
import { makeCertificates, type Certificates } from '../support/certificates.ts';
import { silentLog } from '../support/database.ts';
import { engine } from '../support/engines.ts';
import { describeWithPgBouncer } from '../support/optionalPrograms.ts';
import { waitFor } from '../support/waitFor.ts';

let certificates: Certificates;
let engines: Engines;
let port: string;
const PASSWORD = 'a p@ss/word:1';

/** Users from outside come by TLS alone, `mlops` also by plain text, for this test's own hand. */
const HBA = `host all mlops 127.0.0.1/32 scram-sha-256
hostssl all app,lesser all scram-sha-256
hostssl all certified all cert map=certified
hostnossl all plain all scram-sha-256
`;

beforeAll(async () => {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'mlops-managed-postgres-'));
  [certificates, engines] = await Promise.all([
    makeCertificates(),
    startEngines({ stateDir, cacheDir: readConfig().cacheDir, which: ['postgres'] }),
  ]);
  const url = engines.addresses.postgres;
  ({ port } = new URL(url));
  const pool = createPool({ url, poolSize: 1, log: silentLog, waits: POOL_WAITS.step });
  const { rows } = await pool.query<{ folder: string }>(`select current_setting('data_directory') as folder`);
  const folder = rows[0]!.folder;
  const { uid, gid } = await stat(path.join(folder, 'pg_hba.conf'));
  const give = async (from: string, name: string) => {
    await copyFile(from, path.join(folder, name));
    await chown(path.join(folder, name), uid, gid);
    await chmod(path.join(folder, name), 0o600);
  };
  await give(certificates.server.cert, 'tls.crt');
  await give(certificates.server.key, 'tls.key');
  await give(certificates.authority, 'tls-ca.crt');
  await writeFile(path.join(folder, 'pg_hba.conf'), HBA);
  await writeFile(path.join(folder, 'pg_ident.conf'), 'certified mlops certified\n');
  for (const sql of [
    `alter system set ssl_cert_file = 'tls.crt'`,
    `alter system set ssl_key_file = 'tls.key'`,
    `alter system set ssl_ca_file = 'tls-ca.crt'`,
    'alter system set ssl = on',
    `create role app login password '${PASSWORD}'`,
    `create role lesser login password '${PASSWORD}'`,
    'create role certified login',
    `create role plain login password '${PASSWORD}'`,
    'create database shop owner app',
    'select pg_reload_conf()',
  ])
    await pool.query(sql);
  await waitFor('TLS', async () => (await pool.query<{ ssl: string }>('show ssl')).rows[0]?.ssl === 'on');
  await pool.end();
});
afterAll(async () => {
  await engines?.remove();
  await certificates?.remove();
});

interface Way {
  readonly host?: string;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly mode?: string;
  readonly root?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The configuration of somebody who comes in right, but for what is given. */
const configOf = (way: Way = {}) =>
  readConfig({
    PGHOST: way.host ?? 'localhost',
    PGPORT: port,
    PGUSER: way.user ?? 'app',
    PGPASSWORD: way.password ?? PASSWORD,
    PGDATABASE: way.database ?? 'shop',
    PGSSLMODE: way.mode ?? 'verify-full',
    PGSSLROOTCERT: way.root ?? certificates.authority,
    PGSSLCERT: way.cert ?? '',
    PGSSLKEY: way.key ?? '',
  });

test('a role that is no superuser brings its database to this release by TLS, and is told of changes there', async () => {
  const { database } = configOf();
  await runMigrations(database.url);
  const pool = createPool({ ...database, log: silentLog, waits: POOL_WAITS.step });
  const heard: (string | null)[] = [];
  const listener = listen({ url: database.url, channel: 'outbox', log: silentLog }, (payload) => heard.push(payload));
  try {
    expect(await applyAtStart(pool, DEFINITIONS)).toMatchObject({ applied: true });
    const { rows } = await pool.query(
      'select usename, ssl from pg_stat_ssl join pg_stat_activity using (pid) where pid = pg_backend_pid()',
    );
    expect(rows).toEqual([{ usename: 'app', ssl: true }]);
    await waitFor('the listener', async () => heard.length > 0);
    await pool.query(`select pg_notify('outbox', 'x')`);
    await waitFor('the notification', async () => heard.includes('x'));
  } finally {
    await listener.stop();
    await pool.end();
  }
  expect(await lookAtPostgres(configOf())).toMatch(
    /^version 18\S* at localhost:\d+\/shop by TLS \(verify-full\) as app, no superuser, who may create schemas and tables$/,
  );
});

test('a client certificate stands for the password', async () => {
  const { cert, key } = certificates.client;
  const { database } = configOf({ user: 'certified', password: '', cert, key });
  const pool = createPool({ ...database, log: silentLog, waits: POOL_WAITS.step });
  try {
    expect((await pool.query('select current_user')).rows).toEqual([{ current_user: 'certified' }]);
  } finally {
    await pool.end();
  }
});

describeWithPgBouncer('behind a pooler in transaction mode', (startPooler) => {
  test('everything works, and leaves nothing on the connections that others get', async () => {
    const pooler = await startPooler({ port, user: 'app', password: PASSWORD, database: 'shop' });
    try {
      const direct = configOf().database.url;
      const config = readConfig({
        DATABASE_URL: `postgres://app@127.0.0.1:${pooler.port}/shop`,
        DATABASE_DIRECT_URL: direct,
        PGPASSWORD: PASSWORD,
      });
      const { database } = config;
      await runMigrations(database.directUrl ?? '');
      const waits = { connectMs: 5_000, queryMs: 1_234 };
      const pool = createPool({ ...database, poolSize: 4, log: silentLog, waits });
      try {
        await applyAtStart(pool, DEFINITIONS);
        const bounds = async (db: Pick<typeof pool, 'query'>, n: number) =>
          (await db.query<object>(`select current_setting('statement_timeout') as bound, $1::int as n`, [n])).rows;
        // More at once than the server has connections: each answer is the asker's own.
        expect(await Promise.all([1, 2, 3, 4].map((n) => withTransaction(pool, (connection) => bounds(connection, n))))).toEqual(
          [1, 2, 3, 4].map((n) => [{ bound: '1234ms', n }]),
        );
        expect(await bounds(pool, 5)).toEqual([{ bound: '0', n: 5 }]);
        // Nor are statements prepared on a connection that is then another's.
        const ask = prepare('select $1::int as n');
        const asked = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => pool.query<{ n: number }>(ask([n]))));
        expect(asked.map(({ rows }) => rows[0]!.n)).toEqual([1, 2, 3, 4, 5, 6]);
        expect((await pool.query('select name from pg_prepared_statements')).rows).toEqual([]);
        await expect(withTransaction(pool, (connection) => connection.query('select pg_sleep(60)'))).rejects.toMatchObject({
          code: '57014',
        });
      } finally {
        await pool.end();
      }
      expect(await lookAtPostgres(config)).toMatch(/as app, .*; DATABASE_DIRECT_URL: version .* by TLS \(verify-full\) as app/);
    } finally {
      await pooler.remove();
    }
  });
});

test.each<[string, () => Way]>([
  ['require without an authority takes whoever answers', () => ({ mode: 'require', root: '', host: '127.0.0.1' })],
  ['verify-ca does not ask whose the certificate is', () => ({ mode: 'verify-ca', host: '127.0.0.1' })],
])('sslmode %s', async (_, way) => {
  expect(await lookAtPostgres(configOf(way()))).toContain('as app');
});

const SERVERS = { 'with TLS': () => configOf().database.url, 'that has none': () => engine('TEST_DATABASE_URL') };

test.each<[string, string, keyof typeof SERVERS, string, boolean]>([
  ['prefer', 'app', 'with TLS', 'is by TLS', true],
  ['prefer', 'plain', 'with TLS', 'is without where the server lets nobody in by TLS', false],
  ['prefer', '', 'that has none', 'is without', false],
  ['allow', 'app', 'with TLS', 'is by TLS where the server lets nobody in without', true],
  ['allow', 'plain', 'with TLS', 'is without', false],
  ['allow', '', 'that has none', 'is without', false],
])('sslmode %s as the user %j of a server %s %s', async (mode, user, server, _, isEncrypted) => {
  const url = new URL(SERVERS[server]());
  url.searchParams.set('sslmode', mode);
  if (user) url.username = user;
  const pool = createPool({ url: url.href, poolSize: 2, log: silentLog, waits: POOL_WAITS.step });
  const heard: unknown[] = [];
  const listener = listen({ url: url.href, channel: 'x', log: silentLog }, (payload) => heard.push(payload));
  try {
    const ask = () => pool.query<{ ssl: boolean }>('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
    const answers = await Promise.all([ask(), ask()]);
    expect(answers.flatMap(({ rows }) => rows)).toEqual(Array(2).fill({ ssl: isEncrypted }));
    await waitFor('the listener', async () => heard.length > 0);
  } finally {
    await listener.stop();
    await pool.end();
  }
});

test('the doctor says whether a connection that may do without TLS does', async () => {
  expect(await lookAtPostgres(configOf({ mode: 'prefer' }))).toContain(' by TLS (prefer) as app');
  const config = readConfig({ DATABASE_URL: `${engine('TEST_DATABASE_URL')}?sslmode=prefer` });
  expect(await lookAtPostgres(config)).toContain(' without TLS (prefer) as ');
});

describe('the doctor says what to change where', () => {
  test('of the direct address, which libpq’s variables do not stand for', async () => {
    const { database } = configOf();
    const wrong = { ...database, directUrl: database.url.replace(`:${port}/`, ':1/') };
    await expect(lookAtPostgres({ database: wrong })).rejects.toThrow(/nobody answers there: check DATABASE_DIRECT_URL \(/);
  });

  test.each<[string, () => Way, RegExp]>([
    [
      'the password is wrong',
      () => ({ password: 'wrong' }),
      /refused the user app \(28P01.*the password in DATABASE_URL \(PGUSER, PGPASSWORD\)/,
    ],
    [
      'the authority is another',
      () => ({ root: certificates.stranger }),
      /certificate is of no authority that is trusted: check sslrootcert.*PGSSLROOTCERT/,
    ],
    ['the authority is another, with require', () => ({ mode: 'require', root: certificates.stranger }), /of no authority that is trusted/],
    [
      'the certificate is for another host',
      () => ({ host: '127.0.0.1' }),
      /certificate is for another host: check the host in DATABASE_URL \(PGHOST, PGPORT\)/,
    ],
    [
      'no password is given',
      () => ({ password: '' }),
      /wants a password of the user app, and none is given: put it into DATABASE_URL \(PGPASSWORD\)/,
    ],
    ['the password is wrong, with prefer', () => ({ password: 'wrong', mode: 'prefer' }), /refused the user app \(28P01/],
    ['the password is wrong, with allow', () => ({ password: 'wrong', mode: 'allow' }), /refused the user app \(28P01/],
    ['there is no TLS', () => ({ mode: 'disable' }), /takes no connection without TLS: check sslmode in DATABASE_URL \(PGSSLMODE\)/],
    [
      'the database is not there',
      () => ({ database: 'shopp' }),
      /database "shopp" does not exist: check the database in DATABASE_URL \(PGDATABASE\)/,
    ],
    ['no client certificate is shown', () => ({ user: 'certified', password: '' }), /refused the user certified|client certificate/],
    [
      'the client certificate is of another authority',
      () => ({ user: 'certified', password: '', ...certificates.forged }),
      /client certificate.*PGSSLCERT, PGSSLKEY/,
    ],
    [
      'the role may create nothing',
      () => ({ user: 'lesser' }),
      /the role lesser of DATABASE_URL may not create what the platform makes: grant create on database shop to lesser; grant create on schema public to lesser/,
    ],
  ])('%s', async (_, way, message) => {
    await expect(lookAtPostgres(configOf(way()))).rejects.toThrow(message);
  });
});
