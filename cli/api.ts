import { z } from 'zod';
import {
  entitySchema,
  featurePlanSchema,
  featureReportSchema,
  featuresAppliedSchema,
  featureServiceSchema,
  featureViewSchema,
  registryVersionSchema,
} from '../contracts/featureRegistry.ts';
import { entityFeaturesSchema, featurePushedSchema } from '../contracts/onlineFeatures.ts';
import { problemSchema } from '../contracts/problem.ts';
import { qualityPageSchema, qualityReportSchema } from '../contracts/quality.ts';
import { recommendationsAnswerSchema } from '../contracts/recommendations.ts';
import { registeredModelSchema } from '../contracts/registry.ts';
import { runDetailSchema, runLogLineSchema, runPageSchema, runSchema } from '../contracts/runs.ts';
import { backfillProgressSchema, scheduleSchema } from '../contracts/schedules.ts';
import type { StartableWorkflow } from '../contracts/workflows.ts';
import { Refused, Unusable } from './failure.ts';

export interface StartRun {
  readonly workflow: StartableWorkflow;
  readonly run?: string | undefined;
  readonly input: Readonly<Record<string, unknown>>;
}

const modelListSchema = z.object({ models: z.array(registeredModelSchema) });
const logLinesSchema = z.object({ lines: z.array(runLogLineSchema) });

export type Api = ReturnType<typeof createApi>;

/**
 * The API's endpoints that the commands use.
 * @throws Refused with the API's problem body; Unusable when there is no such API at that address
 */
export function createApi({ url, apiKey }: { url: string; apiKey?: string | undefined }) {
  const call = async <S extends z.ZodType>(schema: S, path: string, { query = {}, body, method }: Request = {}): Promise<z.output<S>> => {
    const address = new URL(path, url);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) address.searchParams.set(name, value);
    const response = await send(address, { body, method }, apiKey);
    const answer = await readJson(response, address);
    if (!response.ok) throw new Refused(problemSchema.parse({ ...plainProblem(response), ...asObject(answer) }));
    const parsed = schema.safeParse(answer);
    if (!parsed.success)
      throw new Unusable(`${address.href} answered with something else than this command knows; is it this version's API?`);
    return parsed.data;
  };
  return {
    startRun: (run: StartRun) => call(runDetailSchema, '/api/v1/runs', { body: run }),
    listRuns: (query: Query) => call(runPageSchema, '/api/v1/runs', { query }),
    showRun: (runId: string) => call(runDetailSchema, `/api/v1/runs/${pathOf(runId)}`),
    readLogs: (runId: string) => call(logLinesSchema, `/api/v1/runs/${pathOf(runId)}/logs`, { query: { limit: '1000' } }),
    cancelRun: (runId: string) => call(runSchema, `/api/v1/runs/${pathOf(runId)}/cancel`, { body: {} }),
    listModels: () => call(modelListSchema, '/api/v1/models'),
    /** Where a version's evaluation is shown as a page. */
    reportPage: (name: string, version: string) =>
      new URL(`/api/v1/models/${encodeURIComponent(name)}/versions/${version}/report.html`, url).href,
    listSchedules: () => call(z.object({ schedules: z.array(scheduleSchema) }), '/api/v1/schedules'),
    putSchedule: (id: string, body: unknown) => call(scheduleSchema, schedulePath(id), { method: 'PUT', body }),
    deleteSchedule: (id: string) => call(z.object({}), schedulePath(id), { method: 'DELETE' }),
    changeSchedule: (id: string, action: 'pause' | 'unpause' | 'trigger', body: unknown) =>
      call(scheduleSchema, schedulePath(id, action), { body }),
    startBackfill: (id: string, body: unknown) => call(runDetailSchema, schedulePath(id, 'backfill'), { body }),
    listBackfills: (id: string) => call(z.object({ backfills: z.array(backfillProgressSchema) }), schedulePath(id, 'backfills')),
    listQuality: (query: Query) => call(qualityPageSchema, '/api/v1/data/quality', { query }),
    showQuality: (runId: string) => call(qualityReportSchema, `/api/v1/data/quality/${pathOf(runId)}`),
    listEntities: () => call(z.object({ entities: z.array(entitySchema) }), '/api/v1/features/entities'),
    listFeatureViews: () => call(z.object({ views: z.array(featureViewSchema) }), '/api/v1/features/views'),
    showFeatureView: (name: string) => call(featureViewSchema, `/api/v1/features/views/${encodeURIComponent(name)}`),
    listFeatureServices: () => call(z.object({ services: z.array(featureServiceSchema) }), '/api/v1/features/services'),
    planFeatures: () => call(featurePlanSchema, '/api/v1/features/plan'),
    applyFeatures: (body: { confirm: boolean }) => call(featuresAppliedSchema, '/api/v1/features/apply', { body }),
    listFeatureVersions: () => call(z.object({ versions: z.array(registryVersionSchema) }), '/api/v1/features/history'),
    reportFeatures: () => call(featureReportSchema, '/api/v1/features/report'),
    getFeatures: (entity: string, id: string) =>
      call(entityFeaturesSchema, `/api/v1/features/${encodeURIComponent(entity)}/${encodeURIComponent(id)}`),
    pushFeatures: (body: unknown) => call(featurePushedSchema, '/api/v1/features/push', { body }),
    recommend: (query: Query) => call(recommendationsAnswerSchema, '/api/v1/recommendations', { query }),
  };
}

type Query = Readonly<Record<string, string | undefined>>;
interface Request {
  readonly query?: Query;
  readonly body?: unknown;
  /** POST where there is a body, else GET, when missing */
  readonly method?: 'PUT' | 'DELETE' | undefined;
}

const schedulePath = (id: string, action?: string) => `/api/v1/schedules/${encodeURIComponent(id)}${action ? `/${action}` : ''}`;
const pathOf = (runId: string) => runId.split('/').map(encodeURIComponent).join('/');

/** The API itself answers within a few seconds; reports on whole tables take longest. */
const ANSWER_TIMEOUT_MS = 60_000;

async function send(address: URL, { body, method }: Pick<Request, 'body' | 'method'>, apiKey: string | undefined): Promise<Response> {
  const headers = { accept: 'application/json', ...(apiKey && { 'x-api-key': apiKey }) };
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    if (body === undefined) return await fetch(address, { headers, signal, ...(method && { method }) });
    return await fetch(address, {
      method: method ?? 'POST',
      signal,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch (error) {
    throw new Unusable(
      `No API answers at ${address.origin} (${reasonOf(error)}). Start the platform with \`npm start\`, or name another with --api.`,
    );
  }
}

/** What `fetch` hides in the cause: https://undici.nodejs.org/#/docs/api/Errors */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: string; message?: string }; message: string };
  return cause?.code ?? cause?.message ?? message;
}

async function readJson(response: Response, address: URL): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Unusable(`${address.origin} answered ${response.status} without JSON; is it the API of movie-mlops?`);
  }
}

/** What is said of an error answer that is no whole problem body. */
const plainProblem = ({ status, statusText }: Response) => ({
  type: 'about:blank',
  title: statusText || 'Error',
  status,
  detail: `status ${status}`,
});
const asObject = (value: unknown) => (typeof value === 'object' && value !== null ? value : {});
