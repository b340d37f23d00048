import type { SurfaceName } from '../platform/config.ts';
import type { HttpApp } from '../platform/http/app.ts';
import { createApi } from './rest/app.ts';
import type { ApiDeps } from './deps.ts';
import { createAirflowApi } from './airflow/app.ts';
import { createFeastApi } from './feast/app.ts';
import { createMlflowApi } from './mlflow/app.ts';

/** How each surface is made; all of them stand on the same engines. */
export const SURFACES: Readonly<Record<SurfaceName, (deps: ApiDeps) => HttpApp>> = {
  api: createApi,
  airflow: createAirflowApi,
  mlflow: createMlflowApi,
  feast: createFeastApi,
};
