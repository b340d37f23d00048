/** Where MLflow's clients and its web page look for its REST API. */
export const REST_PREFIXES = ['/api/2.0/mlflow', '/ajax-api/2.0/mlflow'];
/** Where they look for the third version of it. */
export const REST_3_PREFIXES = ['/api/3.0/mlflow', '/ajax-api/3.0/mlflow'];
/** Where they look for the artifact proxy. */
export const ARTIFACT_PREFIXES = REST_PREFIXES.map((prefix) => `${prefix}-artifacts`);

/** Where MLflow's web page gets the files that it shows, and asks by GraphQL, on the port that is MLflow's alone. */
const OF_PAGE = ['/get-artifact', '/model-versions/get-artifact', '/graphql'];

const isAt = (path: string, prefix: string) => path === prefix || path.startsWith(`${prefix}/`);

/** Whether an address is MLflow's, so that what is wrong there is said in its words. */
export const isMlflowPath = (path: string): boolean =>
  [...REST_PREFIXES, ...REST_3_PREFIXES, ...ARTIFACT_PREFIXES, ...OF_PAGE].some((prefix) => isAt(path, prefix));
