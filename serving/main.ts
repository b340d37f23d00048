import { followRegistry } from '../domain/serving/followRegistry.ts';
import { createBlobStore } from '../platform/blobs.ts';
import { listenHttp } from '../platform/http/app.ts';
import { createPool } from '../platform/postgres.ts';
import { runProcess } from '../platform/process.ts';
import { loadTensorflow } from '../platform/tensorflow.ts';
import { createServingApp } from './app.ts';

/** Requests go on without the database, so none waits long for it. */
const QUERY_TIMEOUT_MS = 1_000;

await runProcess('serving', async (context) => {
  const { config, log, metrics, health } = context;
  const { url, poolSize } = config.database;
  const pool = createPool({ url, poolSize, log, queryTimeoutMs: QUERY_TIMEOUT_MS });
  context.onShutdown('database pool', () => pool.end());
  const tensorflow = loadTensorflow(config.tfBackend);
  const blobs = createBlobStore(config.blobUrl);
  const { app, shelf } = createServingApp({ pool, blobs, tensorflow, log, metrics, health, access: config.access });
  context.onShutdown('models', async () => shelf.dispose());
  const following = followRegistry({ url, refresh: () => shelf.refresh(), log });
  context.onShutdown('registry', () => following.stop());
  const server = await listenHttp(app, { host: config.host, port: config.ports.SERVING_PORT });
  context.onShutdown('http', () => server.close());
  log.info({ host: config.host, port: server.port, tensorflow: tensorflow.backend }, 'model server listens');
});
