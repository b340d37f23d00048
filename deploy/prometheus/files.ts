import { alerts } from '../../contracts/endpoints/alerts.ts';
import { alertmanagerConfig } from './alertmanager.ts';
import { rules } from './rules.ts';
import { prometheusConfig } from './scrape.ts';
import { yamlFile } from './yaml.ts';

const MADE = 'Made by `npm run prometheus-config` from the code beside it.';

/** The files of this folder for a Prometheus and an Alertmanager of your own, of a stack at its usual ports. */
export const prometheusFiles = (): Readonly<Record<string, string>> => ({
  'prometheus.yml': yamlFile(
    [MADE, 'Where callers must be known, add `authorization: {credentials_file: …}` to the job mlops: the secret of a viewer.'],
    prometheusConfig({
      rulesFile: 'rules.yml',
      targets: {
        services: {
          api: 'localhost:8000',
          serving: 'localhost:8001',
          'worker-control': 'localhost:9464',
          'worker-training': 'localhost:9465',
          'worker-ingest': 'localhost:9466',
        },
        temporal: 'localhost:9467',
        prometheus: 'localhost:9090',
        alertmanager: 'localhost:9093',
      },
    }),
  ),
  'prometheus.compose.yml': yamlFile(
    [MADE, 'For the containers of deploy/docker/.'],
    prometheusConfig({
      rulesFile: 'rules.yml',
      targets: {
        services: {
          api: 'api:8000',
          serving: 'serving:8001',
          airflow: 'airflow:8080',
          mlflow: 'mlflow:5000',
          feast: 'feast:6566',
          'worker-control': 'worker-control:9464',
          'worker-training': 'worker-training:9465',
          'worker-ingest': 'worker-ingest:9466',
        },
        temporal: 'temporal:9467',
        prometheus: 'localhost:9090',
        alertmanager: 'alertmanager:9093',
      },
    }),
  ),
  'alertmanager.compose.yml': yamlFile(
    [MADE, 'For the containers of deploy/docker/.'],
    alertmanagerConfig({ api: { url: `http://api:8000${alerts.receive.path}` } }),
  ),
  'rules.yml': yamlFile([MADE, 'Objectives stand in objectives.ts; docs/runbooks.md says what to do.'], rules()),
  'alertmanager.yml': yamlFile(
    [MADE, 'Remove the ways that you have not, and put the secrets into the files.'],
    alertmanagerConfig({
      api: { url: `http://localhost:8000${alerts.receive.path}`, secretFile: '/etc/alertmanager/secrets/api-key' },
      slack: { urlFile: '/etc/alertmanager/secrets/slack-url' },
      webhook: { url: 'https://example.org/alerts' },
      mail: {
        to: 'on-call@example.org',
        from: 'mlops@example.org',
        smarthost: 'mail.example.org:587',
        username: 'mlops',
        passwordFile: '/etc/alertmanager/secrets/smtp-password',
      },
    }),
  ),
});
