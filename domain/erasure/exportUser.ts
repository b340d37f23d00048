import type { TopicMessage } from '../../contracts/topics.ts';
import type { BlobStore } from '../../platform/blobs/store.ts';
import type { Kafka } from '../../platform/kafka/kafka.ts';
import type { Pool } from '../../platform/postgres.ts';
import { toMessage } from '../events/messageText.ts';
import type { FeatureDefinitions } from '../features/definitions.ts';
import type { OnlineStore } from '../features/online/store.ts';
import { partsWith, rowsOf } from './batches.ts';
import { modelsWith, snapshotsWith, countSnapshotRows } from './learnt.ts';
import { reportsWith } from './reports.ts';
import type { Pass, Whose } from './store.ts';
import { offlineRowsOf, USER_TABLES, type UserRows } from './tables.ts';
import { present, userMessages } from './topics.ts';

interface ExportParts {
  /** Whose statements may take longer than a request's */
  readonly reportPool: Pool;
  readonly blobs: BlobStore;
  readonly kafka: Pick<Kafka, 'browse'>;
  readonly onlineStore: Pick<OnlineStore, 'read'>;
  readonly definitions: FeatureDefinitions;
}

interface Exported {
  readonly store: string;
  readonly row: unknown;
}

/**
 * All that is kept of a user, store by store, a line of JSON each; the last says how many there were. Some thousand rows are in memory at a time, however many there are.
 * What is made of all users' data has the places alone: a snapshot how many rows, a model that it has a row; so has a message that mentions the user among others.
 */
export async function* exportUser(parts: ExportParts, userId: string, signal: AbortSignal): AsyncGenerator<string> {
  let rows = 0;
  for await (const exported of everything(parts, { userId, before: new Date(LATEST) }, signal)) {
    yield JSON.stringify(exported);
    rows += 1;
  }
  yield JSON.stringify({ store: 'end', row: { rows } } satisfies Exported);
}

/** Postgres' own `infinity` is no time here. */
const LATEST = Date.UTC(9999, 0);
const MESSAGE_BYTES = 2 * 1024 * 1024;

async function* everything(parts: ExportParts, whose: Whose, signal: AbortSignal): AsyncGenerator<Exported> {
  const { reportPool, blobs, kafka, onlineStore, definitions } = parts;
  const { userId } = whose;
  const how = { signal, onProgress: () => undefined };
  for (const [store, tables] of Object.entries(USER_TABLES)) for (const one of tables) yield* rowsIn(reportPool, store, one, whose, signal);
  const offline = offlineRowsOf(definitions).filter(({ table }) => table !== 'feature_fingerprints');
  for (const one of offline) yield* rowsIn(reportPool, 'features_offline', one, whose, signal);
  const views = definitions.views.filter(({ entity }) => entity.name === 'user');
  const online = await onlineStore.read(views.map(({ name }) => ({ view: name, entityId: userId })));
  for (const [at, row] of online.entries())
    if (row)
      yield {
        store: 'features_online',
        row: { view: views[at]!.name, event_timestamp: new Date(row.eventMs).toISOString(), values: row.text },
      };
  for await (const key of partsWith(blobs, userId, how))
    for (const row of await rowsOf(blobs, key, userId)) yield { store: 'batches', row: { file: key, ...row } };
  for await (const { key, asked } of reportsWith(blobs, userId, how)) yield { store: 'reports', row: { file: key, questions: asked } };
  for await (const snapshot of snapshotsWith(blobs, whose, how))
    yield { store: 'snapshots', row: { snapshot, rows: await countSnapshotRows(blobs, snapshot, whose) } };
  for await (const model of modelsWith(blobs, userId, how)) yield { store: 'models', row: { model } };
  for await (const row of exportMessages(kafka, whose, how)) yield { store: 'topics', row };
}

/** Messages that name the user, on all topics. What only mentions them may be of others: where it lies is said. */
export async function* exportMessages(kafka: Pick<Kafka, 'browse'>, whose: Whose, how: Pick<Pass, 'signal' | 'onProgress'>) {
  for (const topic of await present(kafka))
    for await (const { partition, message, naming } of userMessages(kafka, topic, whose, how)) {
      const row = toMessage(partition, message, MESSAGE_BYTES);
      yield { topic, naming, ...(naming === 'theirs' ? row : placeOf(row)) };
    }
}

const placeOf = ({ partition, offset, timestamp, value_bytes }: TopicMessage) => ({ partition, offset, timestamp, value_bytes });

const ROWS_OF_FETCH = 1_000;

async function* rowsIn(
  pool: Pool,
  store: string,
  { table, where }: UserRows,
  { userId, before }: Whose,
  signal: AbortSignal,
): AsyncGenerator<Exported> {
  const connection = await pool.connect();
  let broken: Error | undefined;
  try {
    await connection.query('begin read only');
    await connection.query(`declare exported no scroll cursor for select to_jsonb(t) - 'digest' as row from ${table} t where ${where}`, [
      userId,
      before,
    ]);
    for (;;) {
      signal.throwIfAborted();
      const { rows } = await connection.query<{ row: unknown }>(`fetch ${ROWS_OF_FETCH} from exported`);
      for (const { row } of rows) yield { store, row };
      if (rows.length < ROWS_OF_FETCH) break;
    }
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    await connection.query('rollback').catch((error: Error) => (broken ??= error));
    connection.release(broken);
  }
}
