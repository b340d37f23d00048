import express, { type RequestHandler, type Router } from 'express';
import { createArtifacts } from '../../domain/artifacts/artifacts.ts';
import { createPartUploads } from '../../domain/artifacts/partUploads.ts';
import type { ApiDeps } from '../deps.ts';
import { createArtifactCalls, createGetArtifact } from './artifacts/ofOwners.ts';
import { createPartUploadCalls, createPartUploadStreams } from './artifacts/parts.ts';
import { createProxy, createUploads } from './artifacts/proxy.ts';
import { mountCalls, type MlflowCall } from './call.ts';
import { createExperimentCalls } from './experiments.ts';
import { MlflowFault } from './faults.ts';
import { createLoggedModelCalls } from './loggedModels.ts';
import { createMetricCalls } from './metrics.ts';
import { createModelSearchCalls } from './modelSearch.ts';
import { createModelVersionCalls } from './modelVersions.ts';
import { ARTIFACT_PREFIXES, REST_3_PREFIXES, REST_PREFIXES } from './paths.ts';
import { createGraphql } from './page/graphql.ts';
import { createPageCalls, PAGE_CALLS_3 } from './page/pageCalls.ts';
import { createRegisteredModelCalls } from './registeredModels.ts';
import { createLoggingCalls } from './runLogging.ts';
import { createRunCalls } from './runs.ts';
import { SERVER_INFO_CALLS } from './serverInfo.ts';
import { createWebhookCalls } from './webhooks.ts';

/** Every call of MLflow's REST API that is served, subject by subject. */
export const createCalls = (deps: Pick<ApiDeps, 'pool' | 'blobs' | 'webhooks'>): MlflowCall[] => [
  ...createArtifactCalls({ pool: deps.pool, artifacts: createArtifacts(deps) }),
  ...createExperimentCalls(deps.pool),
  ...createRunCalls(deps.pool),
  ...createLoggingCalls(deps.pool),
  ...createMetricCalls(deps.pool),
  ...createLoggedModelCalls(deps.pool),
  ...createRegisteredModelCalls(deps),
  ...createModelVersionCalls(deps),
  ...createModelSearchCalls(deps),
  ...createWebhookCalls(deps),
  ...createPageCalls(deps.pool),
];

/** MLflow's REST API and artifact proxy, at both of their addresses. */
export function createMlflowRoutes(deps: ApiDeps): Router {
  const artifacts = createArtifacts(deps);
  const parts = createPartUploadCalls(createPartUploads({ blobs: deps.blobs, artifacts }));
  return express
    .Router()
    .use(REST_PREFIXES, mountCalls(createCalls(deps)), refuseOthers)
    .use(REST_3_PREFIXES, mountCalls([...SERVER_INFO_CALLS, ...PAGE_CALLS_3]), refuseOthers)
    .use(ARTIFACT_PREFIXES, createProxy(artifacts), parts, refuseOthers);
}

/** What takes files of any size. */
export function createMlflowStreams(deps: ApiDeps): Router {
  const artifacts = createArtifacts(deps);
  const parts = createPartUploadStreams(createPartUploads({ blobs: deps.blobs, artifacts }));
  return express.Router().use(ARTIFACT_PREFIXES, createUploads(artifacts), parts);
}

/** What the web page asks on the port that is MLflow's alone. */
export const createPageRoutes = (deps: ApiDeps): Router =>
  express.Router().use(createGetArtifact({ pool: deps.pool, artifacts: createArtifacts(deps) }), createGraphql(createCalls(deps)));

const refuseOthers: RequestHandler = (req) => {
  throw new MlflowFault('ENDPOINT_NOT_FOUND', `There is no ${req.method} ${req.originalUrl.split('?')[0]} here`);
};
