import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { BackupManifest, BackupResult } from '../../contracts/backup.ts';
import type { BackupRequest } from '../../contracts/backupJob.ts';
import type { RecommendAnswer } from '../../contracts/recommendations.ts';
import { TASK_QUEUES } from '../../contracts/workflows.ts';
import { freePorts } from '../../deploy/local/engines/freePorts.ts';
import { removeOwnedFolder } from '../../deploy/local/engines/unprivileged.ts';
import { createBackupActivities } from '../../activities/backup.ts';
import { drillRestore } from '../../domain/backup/drill.ts';
import { listBackups, listUnfinished, readManifest } from '../../domain/backup/manifest.ts';
import { openBackupPool } from '../../domain/backup/openBackupPool.ts';
import { openPlace, pooledName, type BackupPlace } from '../../domain/backup/place.ts';
import { removeOldBackups } from '../../domain/backup/removeOld.ts';
import { restoreFiles } from '../../domain/backup/restoreBlobs.ts';
import { restoreBackup, type RestoreTarget } from '../../domain/backup/restoreBackup.ts';
import { takeBackup } from '../../domain/backup/takeBackup.ts';
import { SEEDED } from '../../domain/backup/target.ts';
import { verifyBackup } from '../../domain/backup/verify.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { PROJECT_ROOT } from '../../platform/config.ts';
import { entriesBelow } from '../../platform/entriesBelow.ts';
import { sha256 } from '../../platform/sha256.ts';
import { runMigrations } from '../../platform/migrate.ts';
import type { Pool } from '../../platform/postgres.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { createTemporalSchedules } from '../../platform/temporal/schedules.ts';
import { openBackupFixture, rowsOf, UNDER_WAY, type BackupFixture } from '../support/backupSource.ts';
import { createEmptyDatabase, createTestDatabase, silentLog, type TestDatabase } from '../support/database.ts';
import { engine } from '../support/engines.ts';
import { inActivity } from '../support/inActivity.ts';
import { startProcess } from '../support/processes.ts';
import { BUCKET, startTestS3 } from '../support/s3.ts';
import { createStackSettings } from '../support/stack.ts';
import { createTestTemporal, type TestTemporal } from '../support/temporal.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from '../support/tinyTraining.ts';
import { waitFor } from '../support/waitFor.ts';

const KEY = 'a key of this test alone, 32 and more';
const OTHER_KEY = 'another key of this test alone, 32 and more';
const LOCKS = `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`;
const TABLES_OF_RESTORE = ['restores', 'schema_migrations', 'schema_contractions'];

let fixture: BackupFixture;
let place: BackupPlace;
let backupId: string;
let manifest: BackupManifest;
const opened: TestDatabase[] = [];
beforeAll(async () => {
  fixture = await openBackupFixture();
  place = fixture.place(KEY);
  backupId = await fixture.take(place);
  manifest = await readManifest(place, backupId);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.drop()));
});
afterAll(() => fixture?.stop());

async function open(create = createEmptyDatabase): Promise<TestDatabase> {
  const database = await create();
  opened.push(database);
  return database;
}
let targets = 0;
function targetOf(database: TestDatabase, more: Partial<RestoreTarget> = {}): RestoreTarget {
  return {
    pool: database.pool,
    databaseUrl: database.url,
    blobs: createBlobStore(`file:${fixture.folder}/restored-${(targets += 1)}`),
    kafka: fixture.kafka,
    schedules: { createIfMissing: async () => false },
    startAfterwards: async () => undefined,
    ...more,
  };
}
const without = (rows: Record<string, string>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(rows).filter(([name]) => !names.includes(name)));
async function filesOf(folder: string): Promise<Record<string, string>> {
  const files = (await entriesBelow(folder)).filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  return Object.fromEntries(
    await Promise.all(files.sort().map(async (file) => [path.relative(folder, file), sha256(await readFile(file))] as const)),
  );
}

describe('a backup', () => {
  test('has every table there is, also of a schema that nobody thought of, and says what it is', async () => {
    const tables = manifest.tables.map(({ schema, name }) => (schema === 'public' ? name : `${schema}.${name}`));
    expect(tables.toSorted()).toEqual(Object.keys(await rowsOf(fixture.database.pool)).toSorted());
    const [summary] = await listBackups(place);
    expect(summary).toMatchObject({ backupId, manifest: { release: '1.2.3', is_encrypted: true, blobs: { count: 4 } } });
    expect(await verifyBackup(place, backupId, UNDER_WAY)).toMatchObject({ faults: [], blobs: 4, parts: tables.length + 3 });
  });

  test('restored into another database is it row by row, with its files, sequences, offsets and schedules; serving goes on from there', async () => {
    const [database, temporal] = [await open(), await createTestTemporal()];
    const after: string[] = [];
    const target = targetOf(database, {
      schedules: createTemporalSchedules(temporal.client),
      startAfterwards: async (id) => void after.push(id),
    });
    await fixture.kafka.setOffsets('ingest', 'user-events', [{ partition: 0, offset: '3' }]);
    const restored = await restoreBackup(place, backupId, target, UNDER_WAY);
    expect(restored).toMatchObject({ blobs: 4, offsets: 1, schedules: 1, lost_runs: ['training/under-way'] });
    expect(after).toEqual([backupId]);
    expect(without(await rowsOf(database.pool), TABLES_OF_RESTORE)).toEqual(
      without(await rowsOf(fixture.database.pool), TABLES_OF_RESTORE),
    );
    expect(await filesOf(path.join(fixture.folder, `restored-${targets}`))).toEqual(await filesOf(path.join(fixture.folder, 'blobs')));
    expect(await fixture.kafka.lag('ingest', 'user-events')).toBe(1);
    const schedules = createTemporalSchedules(temporal.client);
    const nightly = await schedules.get('nightly');
    expect(nightly).toEqual({ ...(await fixture.schedules.get('nightly')), recent_runs: [] });
    await expectWorking(database);
    await temporal.close();
  });

  test('takes from the files of the blob store what no backup before has, and each content once', async () => {
    const second = await takeBackup(fixture.source, place, UNDER_WAY);
    expect(second).toMatchObject({ blobs: 4, new_blobs: 0, lacks: [] });
    await fixture.source.blobs.put('runs/training/a/report.json', Buffer.from('[]')); // of the same size
    await fixture.source.blobs.put('runs/training/b/report.json', Buffer.from('[1]'));
    expect(await takeBackup(fixture.source, place, UNDER_WAY)).toMatchObject({ blobs: 5, new_blobs: 2 });
    await fixture.source.blobs.put('runs/training/a/report.json', Buffer.from('{}'));
    await fixture.source.blobs.remove('blob:runs/training/b');
  });

  test('has all tables as they were at one moment, while others write to them', async () => {
    const { pool } = fixture.database;
    const MORE = 3_000; // the largest are read first
    await pool.query('create table staging.first (n integer); create table staging.last (n integer)');
    await pool.query('insert into staging.first select generate_series(1, $1)', [MORE]);
    let isTaken = false;
    const writing = (async () => {
      while (!isTaken) await pool.query('with one as (insert into staging.first values (0)) insert into staging.last values (0)');
    })();
    const busy = fixture.place(undefined, 'busy');
    const id = await fixture.take(busy).finally(() => (isTaken = true));
    await writing;
    const { tables } = await readManifest(busy, id);
    const rowsIn = (name: string) => tables.find((table) => table.name === name)!.rows;
    expect(rowsIn('first') - rowsIn('last')).toBe(MORE);
    const { rows } = await pool.query<{ count: number }>('select count(*)::integer as count from staging.last');
    expect(rows[0]!.count).toBeGreaterThan(rowsIn('last'));
    await pool.query('drop table staging.first, staging.last');
  });

  test('is taken while Kafka and Temporal are away, and says what it lacks', async () => {
    const away = { browse: { groups: () => Promise.reject(new Error('no broker')) } } as unknown as BackupFixture['kafka'];
    const taken = await takeBackup({ ...fixture.source, kafka: away }, fixture.place(undefined, 'lacking'), UNDER_WAY);
    expect(taken).toMatchObject({ is_encrypted: false, lacks: ['offsets of consumers: no broker'] });
  });
});

/** Sequences go on, foreign keys hold and triggers fire. */
async function expectWorking({ pool }: TestDatabase): Promise<void> {
  const { rows } = await pool.query<{ next: number }>(`select nextval('own_movie_id_seq') as next`);
  const { rows: theirs } = await fixture.database.pool.query<{ last: number }>('select last_value as last from own_movie_id_seq');
  expect(rows[0]!.next).toBe(theirs[0]!.last + 1);
  await expect(
    pool.query(`insert into ratings (user_id, movie_id, rating, rated_at, source) values ('shop:x', 999, 4, now(), 'x')`),
  ).rejects.toThrow(/foreign key/);
  await pool.query('delete from movies where movie_id = 7');
  expect((await pool.query('select from gone_movies where movie_id = 7')).rowCount).toBe(1);
  await expect(pool.query('delete from feature_registry')).rejects.toThrow();
}

describe('what is not as it was written', () => {
  /** A place of its own with that backup alone, to change a file of it. */
  let alone: string;
  beforeAll(async () => {
    alone = path.join(fixture.folder, 'alone');
    await cp(path.join(fixture.folder, 'backups', backupId), path.join(alone, backupId), { recursive: true });
    await cp(path.join(fixture.folder, 'backups', 'blobs'), path.join(alone, 'blobs'), { recursive: true });
  });
  /** While `body` looks at it one file is another. */
  async function whileChanged(name: string, change: (file: string) => Promise<unknown>, body: (damaged: BackupPlace) => Promise<unknown>) {
    const file = path.join(alone, name);
    const bytes = await readFile(file);
    await change(file);
    try {
      await body(fixture.place(KEY, 'alone'));
    } finally {
      await writeFile(file, bytes);
    }
  }
  const flip = (at: number) => async (file: string) => {
    const bytes = await readFile(file);
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    await writeFile(file, bytes);
  };
  const partOf = (name: string) => `${backupId}/tables/public.${name}`;
  const aBlob = async () => pooledName(place, sha256(await fixture.source.blobs.get('blob:artifacts/1/twice.bin')));

  test.each<[string, () => string | Promise<string>, (file: string) => Promise<unknown>]>([
    ['a byte of a table', () => partOf('movies'), flip(-20)],
    ['its first byte', () => partOf('movies'), flip(0)],
    ['the end of a table', () => partOf('ratings_of_shop'), (file) => truncate(file, 200)],
    ['a table that is gone', () => partOf('runs'), (file) => rm(file)],
    ['a byte of a file of the blob store', aBlob, flip(-1)],
    ['a file that is gone', aBlob, (file) => rm(file)],
    ['the engines', () => `${backupId}/engines.json`, flip(40)],
    ['the names of blobs', () => `${backupId}/used.jsonl`, flip(-20)],
  ])('%s is found and named', async (_, name, change) => {
    const at = await name();
    await whileChanged(at, change, async (damaged) => {
      const { faults } = await verifyBackup(damaged, backupId, UNDER_WAY);
      expect(faults).toEqual([expect.stringContaining(at)]);
    });
  });

  test('is not restored, not even a part of it', () =>
    whileChanged(partOf('movies'), flip(-20), async (damaged) => {
      const database = await open();
      const target = targetOf(database);
      await expect(restoreBackup(damaged, backupId, target, UNDER_WAY)).rejects.toMatchObject({ type: 'SourceCorrupt' });
      expect(await rowsOf(database.pool)).toEqual({});
      expect(await target.blobs.list('blob:')).toEqual([]);
    }));

  test.each<[string, (file: string) => Promise<unknown>, string]>([
    [
      'the rows of the manifest',
      async (file) => writeFile(file, (await readFile(file, 'utf8')).replace(/"rows": [1-9]\d*/, '"rows": 0')),
      'was changed',
    ],
    ['a manifest that is cut off', (file) => truncate(file, 300), 'damaged or changed'],
  ])('%s', (_, change, words) =>
    whileChanged(`${backupId}/manifest.json`, change, (damaged) => expect(readManifest(damaged, backupId)).rejects.toThrow(words)),
  );
});

describe('a restore is refused, and changes nothing,', () => {
  const refused = async (
    words: RegExp,
    { of = place, id = backupId, into }: { of?: BackupPlace; id?: string; into?: TestDatabase } = {},
  ) => {
    const database = into ?? (await open());
    const before = await rowsOf(database.pool);
    await expect(restoreBackup(of, id, targetOf(database), UNDER_WAY)).rejects.toThrow(words);
    expect(await rowsOf(database.pool)).toEqual(before);
  };

  test('with another key, or none', async () => {
    await refused(/BACKUP_KEY is not the key of the backup/, { of: fixture.place(OTHER_KEY) });
    await refused(/is encrypted: set BACKUP_KEY/, { of: fixture.place() });
  });

  test('where there is no such backup', () =>
    refused(/there is no backup 20200101T000000000Z-00000000/, { id: '20200101T000000000Z-00000000' }));

  test('into a database in which something is', async () => {
    const database = await open(createTestDatabase);
    await database.pool.query(`insert into movies (movie_id, title, source) values (1, 'One', 'test')`);
    await refused(/the database is in use: public.movie/, { into: database });
  });

  test('of a schema that is newer than this release', async () => {
    const newer = fixture.place(undefined, 'newer');
    const id = await fixture.take(newer);
    const file = path.join(fixture.folder, 'newer', id, 'manifest.json');
    const sealed = JSON.parse(await readFile(file, 'utf8')) as { manifest: BackupManifest; seal: string };
    sealed.manifest.schema_version = 9_999;
    sealed.seal = sha256(Buffer.from(JSON.stringify(sealed.manifest)));
    await writeFile(file, JSON.stringify(sealed));
    await refused(/has the schema 9999, and this release knows those up to \d+/, { of: newer, id });
  });
});

test('a database that migrations alone wrote to is empty, and no other table is among those that are let pass', async () => {
  const { pool, url } = await open();
  await runMigrations(url);
  const filled = Object.entries(await rowsOf(pool)).flatMap(([name, rows]) => (rows.startsWith('0 ') ? [] : [`public.${name}`]));
  // A start tells of its definitions there.
  expect([...filled, 'public.feature_registry', 'public.audit_log'].toSorted()).toEqual(SEEDED.toSorted());
});

describe('killed in the middle', () => {
  const env = (database: TestDatabase, temporal: TestTemporal, more: Record<string, string> = {}) => ({
    ...process.env,
    ...{ DATABASE_URL: database.url, TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace },
    ...{ KAFKA_BROKERS: process.env['TEST_KAFKA_BROKER'], KAFKA_TOPIC_PREFIX: fixture.topicPrefix, BACKUP_KEY: KEY },
    BACKUP_URL: `file:${fixture.folder}/killed`,
    BLOB_URL: `file:${fixture.folder}/blobs`,
    ...more,
  });
  function job(request: BackupRequest, environment: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [path.join(PROJECT_ROOT, 'dist', 'jobs', 'backups.js'), JSON.stringify(request)], {
      env: environment,
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, out, err }));
    /** Kills it as soon as it says that it has done something of this kind. */
    const killAt = (said: string) => child.stderr.on('data', () => err.includes(said) && child.kill('SIGKILL'));
    return { ended, killAt };
  }

  test('what goes wrong is told in its words, whatever it is', async () => {
    const [of, at] = [path.join(fixture.folder, 'a file'), path.join(fixture.folder, 'a file', 'below')];
    await writeFile(of, '');
    for (const [url, words] of [['nonsense', 'nonsense'] as const, [`file:${at}`, 'ENOTDIR'] as const]) {
      const { code, out } = await job({ task: 'take', url }, env(fixture.database, fixture.temporal)).ended;
      expect([code, JSON.parse(out)]).toEqual([1, { failure: expect.stringContaining(words) }]);
    }
  });

  test('a backup is none, those before it stay, and the next one removes what is left', async () => {
    const killed = fixture.place(KEY, 'killed');
    const first = await fixture.take(killed);
    const { ended, killAt } = job({ task: 'take' }, env(fixture.database, fixture.temporal));
    killAt('"table"');
    expect(await ended).toMatchObject({ signal: 'SIGKILL', out: '' });
    expect((await listBackups(killed)).map((one) => one.backupId)).toEqual([first]);
    const [left] = await listUnfinished(killed);
    expect(left).toMatch(/^\d{8}T\d{9}Z-[0-9a-f]{8}$/);
    await expect(readManifest(killed, left!)).rejects.toThrow(/there is no backup/);
    await waitFor('its sessions to be gone', async () => (await fixture.database.pool.query(LOCKS)).rowCount === 0);
    const second = await fixture.take(killed);
    expect((await listBackups(killed)).map((one) => one.backupId)).toEqual([second, first]);
    expect(await listUnfinished(killed)).toEqual([]);
    expect((await verifyBackup(killed, first, UNDER_WAY)).faults).toEqual([]);
  });

  test('a restore left nothing that looks restored; again it restores all, and has the erasures repeated', async () => {
    const [database, temporal] = [await open(), await createTestTemporal()];
    const environment = env(database, temporal, { BACKUP_URL: `file:${fixture.folder}/backups`, BLOB_URL: `file:${fixture.folder}/again` });
    const request = { task: 'restore', backup: backupId } as const;
    const killed = job(request, environment);
    killed.killAt('"rows"');
    expect(await killed.ended).toMatchObject({ signal: 'SIGKILL', out: '' });
    expect((await database.pool.query('select from movies')).rowCount).toBe(0);
    const again = await job(request, environment).ended;
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining(`"backup_id":"${backupId}"`) });
    expect(without(await rowsOf(database.pool), TABLES_OF_RESTORE)).toEqual(
      without(await rowsOf(fixture.database.pool), TABLES_OF_RESTORE),
    );
    const replay = await temporal.client.workflow.getHandle(`erasure-replay/after-restore-${backupId}`).describe();
    expect(replay).toMatchObject({ type: 'erasureReplay', status: { name: 'RUNNING' } });
    await temporal.close();
  });

  test('a restore after its rows are there goes on with what is left; once it is done, the database is in use', async () => {
    const database = await open();
    let isAway = true;
    const target = targetOf(database, {
      startAfterwards: async () => {
        if (isAway) throw new Error('Temporal is away');
      },
    });
    await expect(restoreBackup(place, backupId, target, UNDER_WAY)).rejects.toThrow('Temporal is away');
    isAway = false;
    expect(await restoreBackup(place, backupId, target, UNDER_WAY)).toMatchObject({ backup_id: backupId, blobs: 0 });
    expect(without(await rowsOf(database.pool), TABLES_OF_RESTORE)).toEqual(
      without(await rowsOf(fixture.database.pool), TABLES_OF_RESTORE),
    );
    await expect(restoreBackup(place, backupId, target, UNDER_WAY)).rejects.toThrow(/in use/);
  });
});

test('whoever was erased after a backup is known after its restore, and what is known there is not set back', async () => {
  const later = `erasures/${'cd'.repeat(32)}.json`;
  const erasures = fixture.place(KEY, 'erasures');
  const before = await fixture.take(erasures);
  await fixture.source.blobs.put(later, Buffer.from('{"erased_before":"2026-02-01T00:00:00.000Z"}'));
  await fixture.take(erasures);
  const database = await open();
  const target = targetOf(database);
  const earlier = `erasures/${'ab'.repeat(32)}.json`;
  await target.blobs.put(earlier, Buffer.from('{"erased_before":"2026-03-01T00:00:00.000Z"}'));
  await restoreBackup(erasures, before, target, UNDER_WAY);
  expect((await target.blobs.get(`blob:${later}`)).toString()).toContain('2026-02-01');
  expect((await target.blobs.get(`blob:${earlier}`)).toString()).toContain('2026-03-01');
  await fixture.source.blobs.remove(`blob:${later}`);
});

test('files alone are brought back where they are missing, and those that are there stay', async () => {
  const blobs = createBlobStore(`file:${fixture.folder}/some`);
  await blobs.put('runs/training/a/report.json', Buffer.from('[]'));
  expect(await restoreFiles(place, backupId, blobs, UNDER_WAY)).toBe(3);
  expect((await blobs.get('blob:runs/training/a/report.json')).toString()).toBe('[]');
  expect(await restoreFiles(place, backupId, blobs, UNDER_WAY)).toBe(0);
});

test('old backups go with the files that they alone had, and the newest stays however old it is', async () => {
  const old = fixture.place(KEY, 'old');
  await fixture.source.blobs.put('runs/of-the-old/report.json', Buffer.from('only then'));
  const first = await fixture.take(old);
  await fixture.source.blobs.remove('blob:runs/of-the-old');
  const second = await fixture.take(old);
  const files = async () => (await entriesBelow(path.join(fixture.folder, 'old', 'blobs'))).filter((entry) => entry.isFile()).length;
  expect(await files()).toBe(4);
  const { signal } = UNDER_WAY;
  expect(await removeOldBackups(old, { before: new Date(0), signal })).toEqual([]);
  expect(await removeOldBackups(old, { before: new Date(Date.now() + 60_000), signal })).toEqual([first]);
  expect(await files()).toBe(3);
  expect((await listBackups(old)).map((one) => one.backupId)).toEqual([second]);
  expect((await verifyBackup(old, second, UNDER_WAY)).faults).toEqual([]);
});

test.each<[string, (folder: string, kept: string) => Promise<unknown>]>([
  ['the manifest of one that stays is cut off', (folder, kept) => truncate(path.join(folder, kept, 'manifest.json'), 100)],
  ['the names of its files are', (folder, kept) => truncate(path.join(folder, kept, 'used.jsonl'), 10)],
  [
    'another one is being written',
    (folder) => cp(path.join(folder, 'blobs'), path.join(folder, '20200101T000000000Z-00000000'), { recursive: true }),
  ],
])('no file goes while nobody knows who needs it: %s', async (what, spoil) => {
  const folder = path.join(fixture.folder, what);
  const spoilt = fixture.place(undefined, what);
  const first = await fixture.take(spoilt);
  const second = await fixture.take(spoilt);
  await writeFile(path.join(folder, 'blobs', 'aa-unknown'), 'x');
  await spoil(folder, second);
  const bounds = { before: new Date(Date.now() + 60_000), signal: UNDER_WAY.signal };
  expect(await removeOldBackups(spoilt, bounds)).toEqual([first]);
  expect(await readdir(path.join(folder, 'blobs'))).toContain('aa-unknown');
});

describe('a drill', () => {
  const deps = () => ({
    pool: fixture.database.pool,
    databaseUrl: fixture.database.url,
    openScratch: (url: string) => openBackupPool({ url }, silentLog),
  });
  const scratches = async () =>
    (await fixture.database.pool.query(`select from pg_database where datname = current_database() || '_drill'`)).rowCount;

  test('restores the newest backup into a database of its own, finds it equal, and leaves nothing', async () => {
    await fixture.database.pool.query(`create database ${new URL(fixture.database.url).pathname.slice(1)}_drill`); // as a killed drill leaves it
    const [newest] = await listBackups(place);
    const result = await drillRestore(place, deps(), UNDER_WAY);
    expect(result).toMatchObject({ backup_id: newest!.backupId, tables: manifest.tables.length, blobs: newest!.manifest!.blobs.count });
    expect(result.restore_s).toBeGreaterThan(0);
    expect(await scratches()).toBe(0);
  });

  test('fails where there is no backup, and where what is restored is another', async () => {
    await expect(drillRestore(fixture.place(KEY, 'nowhere'), deps(), UNDER_WAY)).rejects.toThrow('there is no backup');
    for (const change of [`delete from ratings where user_id = 'shop:5'`, `update ratings set rating = 5 where user_id = 'shop:5'`]) {
      const drilled = { ...deps(), openScratch: (url: string) => changing(openBackupPool({ url }, silentLog), change) };
      await expect(drillRestore(place, drilled, UNDER_WAY)).rejects.toThrow(/not what was backed up: public.ratings_of_shop/);
    }
    expect(await scratches()).toBe(0);
  });

  /** As of a server on which rows are others after they were written. */
  function changing(pool: Pool, change: string): Pool {
    const connect = pool.connect.bind(pool) as unknown as () => Promise<{ query: (...args: unknown[]) => Promise<unknown> }>;
    const changed = async () => {
      const connection = await connect();
      const query = connection.query.bind(connection);
      connection.query = (...args) => (args[0] === 'commit' ? query(change).then(() => query(...args)) : query(...args));
      return connection;
    };
    return Object.assign(pool, { connect: changed });
  }
});

test('in S3 a backup is taken, verified and restored as on a disk', async () => {
  const s3 = await startTestS3();
  try {
    const inS3 = openPlace(createBlobStore(`s3://${BUCKET}/backups`, s3.access), KEY);
    const id = await fixture.take(inS3);
    expect((await verifyBackup(inS3, id, UNDER_WAY)).faults).toEqual([]);
    const database = await open();
    await restoreBackup(inS3, id, targetOf(database), UNDER_WAY);
    expect(without(await rowsOf(database.pool), TABLES_OF_RESTORE)).toEqual(
      without(await rowsOf(fixture.database.pool), TABLES_OF_RESTORE),
    );
  } finally {
    await s3.stop();
  }
});

test('the worker makes their schedules, takes a backup, drills it, and tells when as metrics', async () => {
  const [temporal, [port = 0]] = await Promise.all([createTestTemporal(), freePorts(1)]);
  const env = {
    ...{ DATABASE_URL: fixture.database.url, TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: temporal.namespace },
    ...{ KAFKA_BROKERS: engine('TEST_KAFKA_BROKER'), KAFKA_TOPIC_PREFIX: fixture.topicPrefix, BLOB_URL: `file:${fixture.folder}/blobs` },
    ...{ DATA_DIR: `${fixture.folder}/data`, STATE_DIR: `${fixture.folder}/state`, WORKER_CONTROL_METRICS_PORT: String(port) },
  };
  const scheduled = async () => (await createTemporalSchedules(temporal.client).list()).map(({ schedule_id }) => schedule_id);
  const worker = await startProcess('workers/control', port, { ...env, BACKUP_URL: `file:${fixture.folder}/by-worker`, BACKUP_KEY: KEY });
  try {
    await waitFor('the schedules of backups', async () => {
      const found = await scheduled();
      return ['backup', 'restore-drill'].every((id) => found.includes(id));
    });
    const run = async <T>(workflow: 'backup' | 'restoreDrill', id: string): Promise<T> =>
      (await temporal.client.workflow.execute(workflow, { taskQueue: TASK_QUEUES.control, workflowId: id, args: [{}] })) as T;
    const taken = await run<BackupResult>('backup', 'backup/by-hand');
    expect(taken).toMatchObject({ is_encrypted: true, lacks: [], removed: [] });
    expect(await run('restoreDrill', 'restore-drill/by-hand')).toMatchObject({ backup_id: taken.backup_id, rows: taken.rows });
    const gauges = await waitFor('both to be told', async () => {
      const text = await (await fetch(`${worker.url}/metrics`)).text();
      const lines = [...text.matchAll(/^(backup_\w+)\{.*\} (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)] as const);
      const told: Record<string, number> = Object.fromEntries(lines);
      return told['backup_drill_last_success_timestamp_seconds'] !== undefined && told;
    });
    expect(gauges).toMatchObject({ backup_last_success_timestamp_seconds: Date.parse(taken.taken_at) / 1_000, backup_bytes: taken.bytes });
  } finally {
    await worker.end();
    await temporal.close();
  }
});

test('`mlops restore` needs nothing that runs: it starts the engines of this machine, restores, and ends them', async () => {
  const settings = await createStackSettings();
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [path.join(PROJECT_ROOT, 'cli', 'mlops.mjs'), ...args], {
      env: { ...process.env, ...settings.env, BACKUP_KEY: KEY, BACKUP_URL: `file:${fixture.folder}/backups` },
    }).then(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);
  try {
    expect(await run('restore', backupId, '--json')).toMatchObject({
      backup_id: backupId,
      tables: manifest.tables.length,
      blobs: 4,
      schedules: 1,
    });
    expect(await filesOf(path.join(settings.folder, 'models'))).toEqual(await filesOf(path.join(fixture.folder, 'blobs')));
    expect(await readdir(path.join(settings.folder, 'state'))).not.toContain('supervisor.lock');
    const left = await Promise.all(Object.values(settings.ports).map((port) => isListened(port)));
    expect(left).not.toContain(true);
  } finally {
    await removeOwnedFolder(path.join(settings.env['STATE_DIR']!, 'postgres'));
    await rm(settings.folder, { recursive: true, force: true });
  }
});

test('the model server answers from what was restored as it did from what was backed up', async () => {
  const [database, restored] = [await open(createTestDatabase), await open()];
  const blobs = createBlobStore(`file:${fixture.folder}/of models`);
  await database.pool.query(
    `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) id`,
    [TINY_MOVIES],
  );
  await promoteModel(database.pool, await trainTinyModel({ blobs, tf: loadTensorflow('cpu').tf }, 'ials'), 'training/backed-up/ials');
  const ofModels = fixture.place(KEY, 'with models');
  const { backup_id } = await takeBackup({ ...fixture.source, pool: database.pool, blobs }, ofModels, UNDER_WAY);
  await restoreBackup(ofModels, backup_id, targetOf(restored), UNDER_WAY);
  const before = await recommendFrom(database.url, 'of models');
  expect(before).toMatchObject({ model: { name: 'ials', version: '1' } });
  expect(await recommendFrom(restored.url, `restored-${targets}`)).toEqual(before);
});

/** What a model server of its own recommends. @param files the folder of the fixture that its blob store is */
async function recommendFrom(databaseUrl: string, files: string): Promise<Pick<RecommendAnswer, 'model' | 'recommendations'>> {
  const [port = 0] = await freePorts(1);
  const serving = await startProcess('serving', port, {
    ...{ DATABASE_URL: databaseUrl, BLOB_URL: `file:${fixture.folder}/${files}`, SERVING_PORT: String(port), SERVING_PROCESSES: '1' },
    STATE_DIR: `${fixture.folder}/serving ${files}`,
  });
  try {
    const body = JSON.stringify({ user_id: 'u5', k: 5 });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${serving.url}/recommend`, { method: 'POST', headers, body });
    const { model, recommendations } = (await answer.json()) as RecommendAnswer;
    return { model, recommendations };
  } finally {
    await serving.end();
  }
}

const isListened = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('connect', () => socket.destroy());
    socket.once('error', () => resolve(false));
  });

test('the steps of the workflows say what is not set', async () => {
  const config = {
    backup: { url: undefined, key: undefined, keptDays: 30 },
    blobUrl: `file:${fixture.folder}/blobs`,
    s3: undefined,
    database: { url: fixture.database.url, poolSize: 5, external: true },
  };
  const { blobs, kafka, schedules, release } = fixture.source;
  const steps = (url: string | undefined) =>
    createBackupActivities({
      ...{ blobs, kafka, schedules, release, log: silentLog },
      config: { ...config, backup: { ...config.backup, url } },
    });
  await expect(inActivity('backup/a', () => steps(undefined).takeBackup())).rejects.toThrow('BACKUP_URL is not set');
  await expect(inActivity('backup/a', () => steps(`${config.blobUrl}/backups`).takeBackup())).rejects.toThrow('would lie among the files');
});
