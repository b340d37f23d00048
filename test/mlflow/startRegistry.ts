import path from 'node:path';
import { createMlflowApi } from '../../api/mlflow/app.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** This platform's registry for MLflow's clients, on a database of its own. @param folder where its files lie, in `blobs` */
export async function startRegistry(folder: string): Promise<Pick<TestApi, 'url' | 'stop'> & { database: TestDatabase; blobUrl: string }> {
  const database = await createTestDatabase();
  const blobUrl = `file:${path.join(folder, 'blobs')}`;
  const api = await startTestApi({ database: { url: database.url, poolSize: 4, external: true }, blobUrl }, createMlflowApi);
  const stop = async () => {
    await api.stop();
    await database.drop();
  };
  return { url: api.url, database, blobUrl, stop };
}
