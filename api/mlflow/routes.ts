import express, { type RequestHandler, type Router } from 'express';
import type { ApiDeps } from '../deps.ts';
import { mountCalls, type MlflowCall } from './call.ts';
import { createExperimentCalls } from './experiments.ts';
import { MlflowFault } from './faults.ts';
import { createLoggedModelCalls } from './loggedModels.ts';
import { createMetricCalls } from './metrics.ts';
import { REST_PREFIXES } from './paths.ts';
import { createLoggingCalls } from './runLogging.ts';
import { createRunCalls } from './runs.ts';

/** Every call of MLflow's REST API that is served, subject by subject. */
const createCalls = ({ pool }: ApiDeps): MlflowCall[] => [
  ...createExperimentCalls(pool),
  ...createRunCalls(pool),
  ...createLoggingCalls(pool),
  ...createMetricCalls(pool),
  ...createLoggedModelCalls(pool),
];

/** MLflow's REST API at both of its addresses. */
export const createMlflowRoutes = (deps: ApiDeps): Router =>
  express.Router().use(REST_PREFIXES, mountCalls(createCalls(deps)), refuseOthers);

const refuseOthers: RequestHandler = (req) => {
  throw new MlflowFault('ENDPOINT_NOT_FOUND', `There is no ${req.method} ${req.originalUrl.split('?')[0]} here`);
};
