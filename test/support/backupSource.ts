import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { putScheduleBodySchema } from '../../contracts/schedules.ts';
import { runId, TASK_QUEUES } from '../../contracts/workflows.ts';
import { openPlace, type BackupPlace } from '../../domain/backup/place.ts';
import { takeBackup, type BackupSource } from '../../domain/backup/takeBackup.ts';
import { DEFINITIONS } from '../../domain/features/definitions.ts';
import { applyDefinitions } from '../../domain/features/registry/apply.ts';
import { reserveRun } from '../../domain/runs/reserveRun.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { createKafka, type Kafka } from '../../platform/kafka/kafka.ts';
import type { Pool } from '../../platform/postgres.ts';
import { createTemporalSchedules, type TemporalSchedules } from '../../platform/temporal/schedules.ts';
import { createTestDatabase, silentLog, type TestDatabase } from './database.ts';
import { engine } from './engines.ts';
import { createTestTemporal, type TestTemporal } from './temporal.ts';

export const UNDER_WAY = { signal: new AbortController().signal, onProgress: () => undefined };
/** What COPY writes otherwise than it stands there. */
const ODD = 'a\tb\\N\nc\r"d" \\. ünï ☃';

export interface BackupFixture {
  readonly database: TestDatabase;
  readonly temporal: TestTemporal;
  readonly kafka: Kafka;
  readonly topicPrefix: string;
  readonly schedules: TemporalSchedules;
  readonly source: BackupSource;
  /** Holds `blobs` and `backups`, and whatever a test puts there */
  readonly folder: string;
  place(key?: string, name?: string): BackupPlace;
  take(place: BackupPlace): Promise<string>;
  stop(): Promise<void>;
}

/** A database with something of every kind that a backup has to know, a few blobs, a topic with a consumer, and a schedule. */
export async function openBackupFixture(): Promise<BackupFixture> {
  const topicPrefix = `${randomBytes(4).toString('hex')}.`;
  const [database, temporal, folder] = await Promise.all([
    createTestDatabase(),
    createTestTemporal(),
    mkdtemp(path.join(tmpdir(), 'mlops backup ')),
  ]);
  const kafka = createKafka({ brokers: [engine('TEST_KAFKA_BROKER')], topicPrefix, clientId: 'test', log: silentLog });
  const schedules = createTemporalSchedules(temporal.client);
  const blobs = createBlobStore(`file:${folder}/blobs`);
  const source = { pool: database.pool, blobs, kafka, schedules, release: '1.2.3' };
  await fillDatabase(database.pool);
  await blobs.put('runs/training/a/report.json', Buffer.from('{}'));
  await blobs.put('artifacts/1/twice.bin', randomBytes(3_000_000));
  await blobs.put('artifacts/2/twice.bin', await blobs.get('blob:artifacts/1/twice.bin'));
  await blobs.put(`erasures/${'ab'.repeat(32)}.json`, Buffer.from('{"erased_before":"2026-01-01T00:00:00.000Z"}'));
  await kafka.ensureTopics([{ name: 'user-events', partitions: 1 }]);
  const producer = kafka.createProducer();
  await producer.send(
    'user-events',
    ['1', '2', '3'].map((value) => ({ key: 'k', value, headers: {} })),
  );
  await producer.close();
  await kafka.setOffsets('ingest', 'user-events', [{ partition: 0, offset: '2' }]);
  const nightly = putScheduleBodySchema.parse({
    workflow: 'blobCleanup',
    cron: '0 3 * * MON',
    timezone: 'Asia/Seoul',
    paused: true,
    note: 'why',
  });
  await schedules.put('nightly', { ...nightly, workflowId: runId('blobCleanup', 'nightly'), taskQueue: TASK_QUEUES.control });
  const place = (key?: string, name = 'backups') => openPlace(createBlobStore(`file:${folder}/${name}`), key);
  return {
    ...{ database, temporal, kafka, topicPrefix, schedules, source, folder, place },
    take: async (into) => (await takeBackup(source, into, UNDER_WAY)).backup_id,
    async stop() {
      await temporal.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fillDatabase(pool: Pool): Promise<void> {
  await applyDefinitions(pool, DEFINITIONS, { by: 'test' });
  await pool.query(`insert into movies (movie_id, title, source) select n, 'Movie ' || n, 'test' from generate_series(1, 20) n`);
  await pool.query('update movies set title = $1 where movie_id = 3', [ODD]);
  await pool.query(`
    create table ratings_of_shop partition of ratings for values from ('shop:') to ('shop;');
    insert into ratings (user_id, movie_id, rating, rated_at, source)
      select 'shop:' || n, 1 + n % 20, 0.5 + n % 4, timestamptz '2026-01-01' + n * interval '1.001 second', 'shop' from generate_series(1, 500) n
      union all select n::text, 1 + n % 20, 3.3, timestamptz '1995-01-01 00:00:00.123456', 'test' from generate_series(1, 500) n;
    delete from ratings where movie_id = 7;
    create table staging.of_a_run (n integer default 4 check (n > 0), at timestamptz primary key, part text not null);
    create index on staging.of_a_run (part);
    insert into staging.of_a_run values (1, now(), 'x'), (null, 'infinity', '');
    select nextval('own_movie_id_seq'), nextval('own_movie_id_seq')`);
  await pool.query(`insert into ${DEFINITIONS.views[0]!.offlineTable} (entity_id, event_timestamp) values ('1', '2026-01-01 10:00+00')`);
  const id = runId('movieTrainingPipeline', 'under-way');
  await reserveRun(pool, { runId: id, workflow: 'movieTrainingPipeline', input: { note: 'ünï "d" \n' }, startedBy: 'somebody' });
}

/** What every table has, wherever its rows lie: how many, and a hash over all of them. */
export async function rowsOf(pool: Pool): Promise<Record<string, string>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = relnamespace
     where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  const found: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await pool.query<{ rows: string }>(
      `select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) as rows from ${name} t`,
    );
    found[name] = rows[0]!.rows;
  }
  return found;
}
