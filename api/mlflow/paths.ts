/** Where MLflow's clients and its web page look for its REST API. */
export const REST_PREFIXES = ['/api/2.0/mlflow', '/ajax-api/2.0/mlflow'];
/** Where they look for the third version of it. */
export const REST_3_PREFIXES = ['/api/3.0/mlflow', '/ajax-api/3.0/mlflow'];
/** Where they look for the artifact proxy. */
export const ARTIFACT_PREFIXES = REST_PREFIXES.map((prefix) => `${prefix}-artifacts`);

/** Where MLflow's web page gets the files that it shows, on the port that is MLflow's alone. */
const GET_ARTIFACT = '/get-artifact';

const isAt = (path: string, prefix: string) => path === prefix || path.startsWith(`${prefix}/`);

/** Whether an address is MLflow's, so that what is wrong there is said in its words. */
export const isMlflowPath = (path: string): boolean =>
  [...REST_PREFIXES, ...REST_3_PREFIXES, ...ARTIFACT_PREFIXES, GET_ARTIFACT].some((prefix) => isAt(path, prefix));
