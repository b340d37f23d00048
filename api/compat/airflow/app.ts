import type { Express } from 'express';
import { createHttpApp } from '../../../platform/http/app.ts';
import type { ApiDeps } from '../../app.ts';

/** The stable REST API v1 of Airflow, for its own clients. */
export const createAirflowApi = (deps: ApiDeps): Express => createHttpApp(deps);
