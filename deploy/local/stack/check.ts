import { PROJECT_ROOT, type Config } from '../../../platform/config.ts';
import { checkSystems, type SystemCheck } from '../../../platform/systemCheck.ts';
import { localUrl } from './processes.ts';

export type { SystemCheck };

/** Asks the nine systems of the stack that this configuration describes. */
export function runCheck(config: Config): Promise<SystemCheck[]> {
  const { apiKey } = config.client;
  const at = (port: Parameters<typeof localUrl>[1]) => localUrl(config, port, '');
  const places = {
    ...{ airflow: at('AIRFLOW_PORT'), feast: at('FEAST_PORT'), mlflow: at('MLFLOW_PORT'), serving: at('SERVING_PORT') },
    ...{ api: at('API_PORT'), prometheus: config.monitoring.prometheusUrl, grafana: config.monitoring.grafanaUrl, folder: PROJECT_ROOT },
  };
  return checkSystems(places, apiKey === undefined ? {} : { 'x-api-key': apiKey });
}
