import { createClient } from '../../../client/index.ts';
import type { Config, PortName } from '../../../platform/config.ts';
import { localUrl } from '../../../platform/localUrl.ts';
import { startedMonitors } from '../monitoring/programs.ts';
import { columns } from './columns.ts';

/** Where everything is, and a request to paste, which asks for this user. */
export function overview(config: Config, shownUser: string): string {
  const at = (port: PortName, path = '') => localUrl(config, port, path);
  const monitors = startedMonitors(config);
  const rows = [
    ['Console', at('API_PORT', '/console'), 'to look at it all, and try recommendations'],
    ['API', at('API_PORT'), `documentation ${at('API_PORT', '/docs')}`],
    ['Airflow API', at('AIRFLOW_PORT', '/api/v1'), 'for apache-airflow-client'],
    ['Model registry', at('MLFLOW_PORT'), 'for MLFLOW_TRACKING_URI'],
    ['Feast server', at('FEAST_PORT'), "for Feast's remote online store"],
    ['Model server', at('SERVING_PORT'), `metrics ${at('SERVING_PORT', '/metrics')}`],
    ...(config.temporal.external ? [] : [['Temporal UI', `http://127.0.0.1:${config.ports.TEMPORAL_UI_PORT}`, 'runs and their histories']]),
    ...(monitors.has('prometheus')
      ? [['Prometheus', config.monitoring.prometheusUrl, `alerts at http://127.0.0.1:${config.ports.ALERTMANAGER_PORT}`]]
      : []),
    ...(monitors.has('grafana') ? [['Grafana', config.monitoring.grafanaUrl, 'dashboards']] : []),
    ['Temporal', config.temporal.address, `namespace ${config.temporal.namespace}`],
    ['Postgres', withoutPassword(config.database.url), ''],
    ['Kafka', config.kafka.brokers.join(','), ''],
    ['Logs', `${config.stateDir}/logs`, 'or: npx mlops logs -f'],
  ];
  const { recommendations } = createClient({ url: at('API_PORT') });
  return `${columns(rows)}\n\nTry:\n  curl '${recommendations.get.url({ query: { k: 10, user_id: shownUser } })}'\n`;
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== '' && shown.password !== 'mlops') shown.password = '…';
  return shown.href;
}
