import express, { type Express } from 'express';
import type { Registry } from 'prom-client';
import type { FeatureDefinitions } from '../../domain/features/definitions.ts';
import type { OnlineStore } from '../../domain/features/online/store.ts';
import type { BlobStore } from '../../platform/blobs.ts';
import type { Access } from '../../platform/config.ts';
import type { Health } from '../../platform/health.ts';
import { createHttpApp } from '../../platform/http/app.ts';
import type { Logger } from '../../platform/log.ts';
import type { Pool } from '../../platform/postgres.ts';
import type { TemporalRuns } from '../../platform/temporal/runs.ts';
import type { TemporalSchedules } from '../../platform/temporal/schedules.ts';
import { docsRoutes } from './docs.ts';
import { mountEndpoints, type Endpoint } from './endpoint.ts';
import { createDataSetEndpoints } from './dataSets.ts';
import { createEventEndpoints } from './events.ts';
import { createModelEndpoints } from './models.ts';
import type { ModelServer } from '../modelServer.ts';
import { createOnlineFeatureEndpoints } from './features/online.ts';
import { createFeatureRegistryEndpoints } from './features/registry.ts';
import { createMovieEndpoints } from './movies.ts';
import { describeApi } from './openapi.ts';
import { createQualityEndpoints } from './quality.ts';
import { createRecommendationEndpoints } from './recommendations.ts';
import { createRunEndpoints } from './runs.ts';
import { createScheduleEndpoints } from './schedules.ts';
import { createUserEndpoints } from './users.ts';
import { createWorkflowEndpoints } from './workflows.ts';

export interface ApiDeps {
  readonly log: Logger;
  readonly metrics: Registry;
  readonly showsMetrics?: boolean;
  readonly health: Health;
  readonly access: Access;
  readonly pool: Pool;
  /** For what reads whole tables */
  readonly reportPool: Pool;
  readonly blobs: BlobStore;
  readonly runs: TemporalRuns;
  readonly schedules: TemporalSchedules;
  readonly modelServer: ModelServer;
  readonly onlineStore: OnlineStore;
  readonly definitions: FeatureDefinitions;
  readonly version: string;
}

/** Every endpoint of the REST API, subject by subject. */
export function createEndpoints(deps: ApiDeps): Endpoint[] {
  const subjects = [
    createRecommendationEndpoints,
    createEventEndpoints,
    createWorkflowEndpoints,
    createRunEndpoints,
    createScheduleEndpoints,
    createModelEndpoints,
    createMovieEndpoints,
    createUserEndpoints,
    createQualityEndpoints,
    createDataSetEndpoints,
    createFeatureRegistryEndpoints,
    createOnlineFeatureEndpoints,
  ];
  return subjects.flatMap((create) => create(deps));
}

/** The REST API of the platform, with the document that describes it. */
export function createApi(deps: ApiDeps): Express {
  const endpoints = createEndpoints(deps);
  const document = describeApi(
    endpoints.map(({ description }) => description),
    deps.version,
  );
  return createHttpApp({ ...deps, routes: express.Router().use(mountEndpoints(endpoints), docsRoutes(document)) });
}
