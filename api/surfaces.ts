import type { Express } from 'express';
import type { SurfaceName } from '../platform/config.ts';
import { createApi, type ApiDeps } from './rest/app.ts';
import { createAirflowApi } from './airflow/app.ts';
import { createFeastApi } from './feast/app.ts';

/** How each surface is made; all of them stand on the same engines. */
export const SURFACES: Readonly<Record<SurfaceName, (deps: ApiDeps) => Express>> = {
  api: createApi,
  airflow: createAirflowApi,
  feast: createFeastApi,
};
