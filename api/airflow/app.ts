import express, { type ErrorRequestHandler, type Express } from 'express';
import { Failure, type FailureKind } from '../../contracts/failures.ts';
import type { ProblemKind } from '../../contracts/problem.ts';
import { createHttpApp } from '../../platform/http/app.ts';
import { toProblemOf } from '../../platform/http/problems.ts';
import type { ApiDeps } from '../deps.ts';
import { sendBrowsersTo } from '../console/sendBrowsers.ts';
import { clearRoutes } from './clear.ts';
import { dagRunRoutes } from './dagRuns.ts';
import { dagRoutes } from './dags.ts';
import { healthRoutes, monitoringRoutes } from './monitoring.ts';
import { taskInstanceRoutes } from './taskInstances.ts';
import { xcomRoutes } from './xcoms.ts';

/** The stable REST API v1 of Airflow 2.10, for its own clients: DAGs are our workflows, DAG runs the runs of the ledger. docs/airflow.md has what is served. */
export function createAirflowApi(deps: ApiDeps): Express {
  const v1 = express.Router().use(
    monitoringRoutes(deps),
    dagRoutes(deps),
    dagRunRoutes(deps),
    clearRoutes(deps),
    xcomRoutes(deps), // before those of a task's map_index, which takes any name
    taskInstanceRoutes(deps),
    refuseAsAirflow,
  );
  const routes = express
    .Router()
    .get('/', (_req, res) => void res.json({ name: 'movie-mlops', airflow_api: '/api/v1', docs: 'docs/airflow.md' }))
    .use('/api/v1', v1);
  return createHttpApp({ ...deps, probes: healthRoutes(deps), pages: sendBrowsersTo(deps.consolePlace, '/console/pipelines'), routes });
}

/** Airflow knows no 422: what is wrong in a request is a bad request. */
const PROBLEM_OF: Record<FailureKind, ProblemKind> = {
  missing: 'missing',
  conflict: 'conflict',
  invalid: 'badRequest',
  unavailable: 'unavailable',
  permanent: 'permanent',
};
const refuseAsAirflow: ErrorRequestHandler = (error: unknown, _req, _res, next) => {
  const isSaid = error instanceof Failure && error.kind !== 'permanent';
  next(isSaid ? toProblemOf(error, PROBLEM_OF[error.kind]) : error);
};
