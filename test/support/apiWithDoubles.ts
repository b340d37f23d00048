import { startTestApi, type TestApi } from './api.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createTestTemporal, type TestTemporal } from './temporal.ts';
import { startWorkerOfDoubles } from './workerOfDoubles.ts';

export interface ApiWithDoubles {
  readonly api: TestApi;
  readonly database: TestDatabase;
  readonly temporal: TestTemporal;
  readonly stop: () => Promise<void>;
}

/** The API on a real database and a real Temporal, with a worker whose workflows do as the test tells them. */
export async function startApiWithDoubles(settings: Parameters<typeof startTestApi>[0] = {}): Promise<ApiWithDoubles> {
  const [database, temporal] = await Promise.all([createTestDatabase(), createTestTemporal()]);
  const stopWorker = await startWorkerOfDoubles(temporal, database.pool);
  const api = await startTestApi({
    ...settings,
    database: { url: database.url, poolSize: 4, external: true },
    temporal: { address: temporal.address, namespace: temporal.namespace, external: true },
  });
  return {
    api,
    database,
    temporal,
    async stop() {
      await api.stop();
      await stopWorker();
      await temporal.close();
      await database.drop();
    },
  };
}
