import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from '../platform/config.ts';
import { listenHttp } from '../platform/http/app.ts';
import { createPool } from '../platform/postgres.ts';
import { runProcess } from '../platform/process.ts';
import { checkTemporal, createTemporalClient } from '../platform/temporal.ts';
import { createTemporalRuns } from '../platform/temporalRuns.ts';
import { createTemporalSchedules } from '../platform/temporalSchedules.ts';
import { createApi } from './app.ts';
import { createModelServer } from './modelServer.ts';

/** The REST API. It starts and stays up whatever engines are down; what needs one answers 503 meanwhile. */
await runProcess('api', async (context) => {
  const { config, log, health, metrics, onShutdown } = context;
  const pool = createPool({ ...config.database, log });
  onShutdown('postgres', () => pool.end());
  const temporal = createTemporalClient(config.temporal);
  onShutdown('temporal', () => temporal.connection.close());
  const modelServer = createModelServer(config.servingUrl);

  health.add('postgres', () => pool.query('select 1').then(() => 'answers'));
  health.add('temporal', () => checkTemporal(temporal));
  health.add('serving', () => modelServer.check());

  const { version } = JSON.parse(await readFile(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as { version: string };
  const app = createApi({
    log,
    metrics,
    health,
    access: config.access,
    pool,
    runs: createTemporalRuns(temporal),
    schedules: createTemporalSchedules(temporal),
    modelServer,
    version,
  });
  const server = await listenHttp(app, { host: config.host, port: config.ports.API_PORT });
  onShutdown('http', () => server.close());
  log.info({ port: server.port }, 'listening');
});
