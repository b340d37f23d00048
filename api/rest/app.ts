import express, { type Express } from 'express';
import { createHttpApp } from '../../platform/http/app.ts';
import { consoleRoutes, PAGE } from '../console/routes.ts';
import type { ApiDeps } from '../deps.ts';
import { answerAsMlflow } from '../mlflow/faults.ts';
import { createMlflowRoutes, createMlflowStreams } from '../mlflow/routes.ts';
import { docsRoutes } from './docs.ts';
import { mountEndpoints, type Endpoint } from './endpoint.ts';
import { createAlertEndpoints } from './alerts.ts';
import { createAuditEndpoints } from './audit.ts';
import { createBackupEndpoints } from './backups.ts';
import { createCallerEndpoints } from './callers.ts';
import { createCanaryEndpoints } from './canaries.ts';
import { createChangeEndpoints } from './changes.ts';
import { createDataSetEndpoints } from './dataSets.ts';
import { createDeadLetterEndpoints } from './deadLetters.ts';
import { createErasureEndpoints } from './erasures.ts';
import { createEventEndpoints } from './events.ts';
import { createDriftEndpoints } from './drift.ts';
import { createExperimentEndpoints } from './experiments.ts';
import { createKeyEndpoints } from './keys.ts';
import { createModelEndpoints } from './models.ts';
import { createOnlineFeatureEndpoints } from './features/online.ts';
import { createFeatureRegistryEndpoints } from './features/registry.ts';
import { createMonitoringEndpoints } from './monitoring.ts';
import { createMovieEndpoints } from './movies.ts';
import { describeApi } from './openapi.ts';
import { createOutcomeEndpoints } from './outcomes.ts';
import { createQualityEndpoints } from './quality.ts';
import { noteRefusedSignIns } from './refusedSignIns.ts';
import { createRecommendationEndpoints } from './recommendations.ts';
import { createRegistryEndpoints } from './registry.ts';
import { createAbTestEndpoints } from './abTests.ts';
import { createRetentionEndpoints } from './retention.ts';
import { createRouteEndpoints } from './routes.ts';
import { createRunEndpoints } from './runs.ts';
import { createScalingEndpoints } from './scaling.ts';
import { createScheduleEndpoints } from './schedules.ts';
import { createSessionEndpoints } from './session.ts';
import { createServingRuleEndpoints } from './servingRules.ts';
import { createSystemEndpoints } from './system.ts';
import { createTopicEndpoints } from './topics.ts';
import { createUserEndpoints } from './users.ts';
import { createWebhookEndpoints } from './webhooks.ts';
import { createWorkflowEndpoints } from './workflows.ts';

/** Every endpoint of the REST API, subject by subject. */
export function createEndpoints(deps: ApiDeps): Endpoint[] {
  const subjects = [
    createCallerEndpoints,
    createSessionEndpoints,
    createChangeEndpoints,
    createRecommendationEndpoints,
    createEventEndpoints,
    createTopicEndpoints,
    createDeadLetterEndpoints,
    createWorkflowEndpoints,
    createRunEndpoints,
    createScheduleEndpoints,
    createModelEndpoints,
    createRegistryEndpoints,
    createExperimentEndpoints,
    createRouteEndpoints,
    createServingRuleEndpoints,
    createAbTestEndpoints,
    createOutcomeEndpoints,
    createCanaryEndpoints,
    createScalingEndpoints,
    createAlertEndpoints,
    createMonitoringEndpoints,
    createDriftEndpoints,
    createWebhookEndpoints,
    createMovieEndpoints,
    createUserEndpoints,
    createErasureEndpoints,
    createRetentionEndpoints,
    createQualityEndpoints,
    createDataSetEndpoints,
    createFeatureRegistryEndpoints,
    createOnlineFeatureEndpoints,
    createKeyEndpoints,
    createAuditEndpoints,
    createBackupEndpoints,
    createSystemEndpoints,
  ];
  return subjects.flatMap((create) => create(deps));
}

/** The REST API of the platform, with the document that describes it, and the page to look at it all. */
export function createApi(deps: ApiDeps): Express {
  const endpoints = createEndpoints(deps);
  const document = describeApi(
    endpoints.map(({ description }) => description),
    deps.version,
  );
  const routes = express.Router().use(mountEndpoints(endpoints), docsRoutes(document), createMlflowRoutes(deps));
  return createHttpApp({
    ...deps,
    pages: express.Router().use(noteRefusedSignIns(deps), consoleRoutes()),
    signInAt: PAGE,
    streams: createMlflowStreams(deps),
    routes,
    answerFaults: answerAsMlflow(deps.log),
  });
}
