import type { Express } from 'express';
import { createApi } from '../../api/rest/app.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { connectApi, type ApiSettings } from '../../api/connect.ts';
import type { ProblemBody } from '../../contracts/problem.ts';
import { createHealth } from '../../platform/health.ts';
import { listenHttp } from '../../platform/http/app.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { silentLog } from './database.ts';

export const OPEN_ACCESS: ApiSettings['access'] = { host: '127.0.0.1', credentials: [], allowedHosts: [], allowedOrigins: [] };

/** Nothing listens on port 1, so every engine is down. */
export const NOWHERE: ApiSettings = {
  features: { movieAttributes: [] },
  database: { url: 'postgres://mlops@127.0.0.1:1/mlops', poolSize: 4, external: true },
  temporal: { address: '127.0.0.1:1', namespace: 'default', external: true },
  kafka: { brokers: ['127.0.0.1:1'], ssl: undefined, sasl: undefined, topicPrefix: '', external: true },
  redisUrl: undefined,
  servingUrl: 'http://127.0.0.1:1',
  access: OPEN_ACCESS,
  blobUrl: 'file:/nowhere',
  webhooks: { allowedHosts: [], allowsHttp: false, secretKey: undefined },
  allowRegistryReset: false,
  servedKeptDays: 90,
  retention: { healthDays: 7, outcomesDays: 400, runLogsDays: 180, rejectsDays: 180, auditDays: 400 },
  backup: { keptDays: 30 },
  quality: { maxRejectShare: 0.05, maxVolumeDrop: 0.2, volumeRuns: 5, maxAgeDays: undefined },
};

export interface ApiRequest {
  json?: unknown;
  /** A body sent as it is */
  text?: string;
  headers?: Record<string, string>;
}

export interface TestApi {
  url: string;
  app: Express;
  call<T = ProblemBody>(method: string, path: string, request?: ApiRequest): Promise<{ status: number; headers: Headers; body: T }>;
  stop(): Promise<void>;
}

/**
 * A surface in this process, put together as api/main.ts does, on a port of its own.
 * @param create the surface; the REST API when missing
 */
export async function startTestApi(settings: Partial<ApiSettings> = {}, create: (deps: ApiDeps) => Express = createApi): Promise<TestApi> {
  const context = { log: silentLog, metrics: createMetrics('api'), health: createHealth() };
  const api = await connectApi({ ...NOWHERE, ...settings }, context);
  const app = create(api.deps);
  const server = await listenHttp(app, { host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    app,
    async call<T>(method: string, path: string, { json, text, headers = {} }: ApiRequest = {}) {
      const body = json === undefined ? text : JSON.stringify(json);
      const type = json === undefined ? {} : { 'content-type': 'application/json' };
      // A connection that is kept may be closed by the server, which is in this thread too, in the moment that it is used again.
      const answer = await fetch(url + path, {
        method,
        headers: { connection: 'close', ...type, ...headers },
        ...(body !== undefined && { body }),
      });
      const content = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json');
      return { status: answer.status, headers: answer.headers, body: (isJson ? JSON.parse(content) : content) as T };
    },
    async stop() {
      await server.close();
      await api.close();
    },
  };
}
