import express, { type RequestHandler, type Router } from 'express';
import type { ApiDeps } from '../deps.ts';
import { mountCalls, type MlflowCall } from './call.ts';
import { createExperimentCalls } from './experiments.ts';
import { MlflowFault } from './faults.ts';
import { createLoggedModelCalls } from './loggedModels.ts';
import { createMetricCalls } from './metrics.ts';
import { createModelSearchCalls } from './modelSearch.ts';
import { createModelVersionCalls } from './modelVersions.ts';
import { REST_PREFIXES } from './paths.ts';
import { createRegisteredModelCalls } from './registeredModels.ts';
import { createLoggingCalls } from './runLogging.ts';
import { createRunCalls } from './runs.ts';

/** Every call of MLflow's REST API that is served, subject by subject. */
const createCalls = (deps: ApiDeps): MlflowCall[] => [
  ...createExperimentCalls(deps.pool),
  ...createRunCalls(deps.pool),
  ...createLoggingCalls(deps.pool),
  ...createMetricCalls(deps.pool),
  ...createLoggedModelCalls(deps.pool),
  ...createRegisteredModelCalls(deps),
  ...createModelVersionCalls(deps),
  ...createModelSearchCalls(deps),
];

/** MLflow's REST API at both of its addresses. */
export const createMlflowRoutes = (deps: ApiDeps): Router =>
  express.Router().use(REST_PREFIXES, mountCalls(createCalls(deps)), refuseOthers);

const refuseOthers: RequestHandler = (req) => {
  throw new MlflowFault('ENDPOINT_NOT_FOUND', `There is no ${req.method} ${req.originalUrl.split('?')[0]} here`);
};
