import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ModelKind } from '../../contracts/models.ts';
import { createBlobStore } from '../../platform/blobs/createBlobStore.ts';
import { createHealth } from '../../platform/health.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { loadTensorflow } from '../../platform/tensorflow.ts';
import { connectServing } from '../../serving/connect.ts';
import { createTestDatabase, silentLog, type TestDatabase } from './database.ts';
import { promoteModel, TINY_MOVIES, trainTinyModel } from './tinyTraining.ts';
import { waitFor } from './waitFor.ts';
import { scoringHere } from './scoringHere.ts';

export interface TinyServing {
  readonly url: string;
  readonly database: TestDatabase;
  /** Trains a version and makes it champion. @returns its number */
  promote(kind: ModelKind): Promise<string>;
  stop(): Promise<void>;
}

/** The real model server in this process, over a database of its own with the tiny catalogue, with these champions loaded. */
export async function startTinyServing(champions: readonly ModelKind[]): Promise<TinyServing> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(path.join(tmpdir(), 'mlops serving '));
  const blobUrl = `file:${folder}`;
  const tensorflow = loadTensorflow('cpu');
  await database.pool.query(
    `insert into movies (movie_id, title, source) select id::int, 'Movie ' || id, 'test' from unnest($1::text[]) as id`,
    [TINY_MOVIES],
  );
  let origins = 0;
  const promote = async (kind: ModelKind) => {
    const trained = await trainTinyModel({ blobs: createBlobStore(blobUrl), tf: tensorflow.tf }, kind);
    return promoteModel(database.pool, trained, `training/tiny-${(origins += 1)}/${kind}`);
  };
  for (const kind of champions) await promote(kind);
  const settings = {
    ...{ database: { url: database.url, poolSize: 5, external: true }, blobUrl, stateDir: folder, tensorflow },
    access: { host: '127.0.0.1', credentials: [], allowedHosts: [], allowedOrigins: [] },
  };
  const context = { log: silentLog, metrics: createMetrics('serving'), health: createHealth() };
  const serving = connectServing(settings, context, scoringHere(settings));
  const server = await listenHttp(serving.app, { host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${server.port}`;
  const loaded = async () => ((await (await fetch(url)).json()) as { models: { name: string }[] }).models.map(({ name }) => name);
  await waitFor('the champions to be loaded', async () => {
    const names = await loaded();
    return champions.every((kind) => names.includes(kind));
  });
  return {
    url,
    database,
    promote,
    async stop() {
      await server.close();
      await serving.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
