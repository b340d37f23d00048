import { createApi } from '../../api/app.ts';
import { createModelServer } from '../../api/modelServer.ts';
import type { Access } from '../../platform/config.ts';
import { createHealth } from '../../platform/health.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { createPool } from '../../platform/postgres.ts';
import { checkTemporal, createTemporalClient } from '../../platform/temporal.ts';
import { createTemporalRuns } from '../../platform/temporalRuns.ts';
import { createTemporalSchedules } from '../../platform/temporalSchedules.ts';
import { silentLog } from './database.ts';

export const OPEN_ACCESS: Access = { host: '127.0.0.1', credentials: [], allowedHosts: [], allowedOrigins: [] };
/** Nothing listens on port 1, so what stands there is down. */
export const NOWHERE = {
  databaseUrl: 'postgres://mlops@127.0.0.1:1/mlops',
  temporalAddress: '127.0.0.1:1',
  servingUrl: 'http://127.0.0.1:1',
};

export interface ApiAnswer {
  status: number;
  headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each test says what it expects in it
  body: any;
}

export interface TestApi {
  url: string;
  app: ReturnType<typeof createApi>;
  temporal: ReturnType<typeof createTemporalClient>;
  /** @param init `json` is sent as a JSON body, `text` as it is */
  call(method: string, path: string, init?: { json?: unknown; text?: string; headers?: Record<string, string> }): Promise<ApiAnswer>;
  stop(): Promise<void>;
}

/** The API in this process, as api/main.ts puts it together, on a port of its own. */
export async function startTestApi({
  databaseUrl,
  temporalAddress,
  servingUrl,
  access = OPEN_ACCESS,
}: typeof NOWHERE & { access?: Access }): Promise<TestApi> {
  const pool = createPool({ url: databaseUrl, poolSize: 4, log: silentLog });
  const temporal = createTemporalClient({ address: temporalAddress, namespace: 'default' });
  const modelServer = createModelServer(servingUrl);
  const health = createHealth();
  health.add('postgres', () => pool.query('select 1').then(() => 'answers'));
  health.add('temporal', () => checkTemporal(temporal));
  health.add('serving', () => modelServer.check());
  const app = createApi({
    log: silentLog,
    metrics: createMetrics('api'),
    health,
    access,
    pool,
    runs: createTemporalRuns(temporal),
    schedules: createTemporalSchedules(temporal),
    modelServer,
    version: '0.0.0',
  });
  const server = await listenHttp(app, { host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    app,
    temporal,
    async call(method, path, { json, text, headers = {} } = {}) {
      const body = json === undefined ? text : JSON.stringify(json);
      const type = json === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await fetch(url + path, { method, headers: { ...type, ...headers }, ...(body !== undefined && { body }) });
      const content = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json');
      return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(content) : content };
    },
    async stop() {
      await server.close();
      await temporal.connection.close();
      await pool.end();
    },
  };
}
