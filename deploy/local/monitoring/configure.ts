import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { alerts } from '../../../contracts/endpoints/alerts.ts';
import { SURFACE_PORTS, type Config } from '../../../platform/config.ts';
import { leastSecret } from '../../../platform/leastSecret.ts';
import { localUrl } from '../../../platform/localUrl.ts';
import { alertmanagerConfig, type Receivers } from '../../prometheus/alertmanager.ts';
import { rules } from '../../prometheus/rules.ts';
import { prometheusConfig, type Targets } from '../../prometheus/scrape.ts';
import { yamlFile, type Yaml } from '../../prometheus/yaml.ts';
import { PROCESSES } from '../stack/processes.ts';
import { makeFolder } from '../../../platform/makeFolder.ts';

const HEAD = ['Written at each start; deploy/prometheus/ has what it is made from.'];
/** Of the folder's files alone their owner reads: they hold secrets. */
const PRIVATE = { mode: 0o600 };

/** Who is asked for metrics on this machine. @param names of our processes that run */
export function targetsOf(config: Config, names: readonly string[], withAlertmanager: boolean): Targets {
  const { ports, surfaces, temporal } = config;
  const shown = (port: (typeof PROCESSES)[number]['port']) => (port === 'API_PORT' ? SURFACE_PORTS[surfaces[0]!] : port);
  const services = PROCESSES.filter(({ name }) => names.includes(name)).map(({ name, port }) => [
    name,
    new URL(localUrl(config, shown(port), '')).host,
  ]);
  return {
    services: Object.fromEntries(services) as Record<string, string>,
    temporal: temporal.external ? undefined : `127.0.0.1:${ports.TEMPORAL_METRICS_PORT}`,
    prometheus: `127.0.0.1:${ports.PROMETHEUS_PORT}`,
    alertmanager: withAlertmanager ? `127.0.0.1:${ports.ALERTMANAGER_PORT}` : undefined,
  };
}

/** Writes what Prometheus reads. @returns the file */
export async function configurePrometheus(folder: string, config: Config, targets: Targets): Promise<string> {
  await makeFolder(folder);
  const secretFile = await writeSecret(folder, 'scrape-key', leastSecret(config.access, 'viewer'));
  await writeYaml(folder, 'rules.yml', rules());
  return writeYaml(folder, 'prometheus.yml', prometheusConfig({ targets, rulesFile: 'rules.yml', secretFile }));
}

/** Writes what Alertmanager reads. @returns the file */
export async function configureAlertmanager(folder: string, config: Config): Promise<string> {
  await makeFolder(folder);
  const { slackUrl, webhookUrl, mail } = config.monitoring.told;
  const [secretFile, slack, password] = [
    await writeSecret(folder, 'api-key', leastSecret(config.access, 'operator')),
    await writeSecret(folder, 'slack-url', slackUrl),
    await writeSecret(folder, 'smtp-password', mail?.password),
  ];
  const receivers: Receivers = {
    api: { url: localUrl(config, 'API_PORT', alerts.receive.path), secretFile },
    slack: slack === undefined ? undefined : { urlFile: slack },
    webhook: webhookUrl === undefined ? undefined : { url: webhookUrl },
    mail: mail && { to: mail.to, from: mail.from, smarthost: mail.smarthost, username: mail.username, passwordFile: password },
  };
  return writeYaml(folder, 'alertmanager.yml', alertmanagerConfig(receivers));
}

async function writeSecret(folder: string, name: string, secret: string | undefined): Promise<string | undefined> {
  if (secret === undefined) return undefined;
  const file = path.join(folder, name);
  await writeFile(file, secret, PRIVATE);
  return file;
}

async function writeYaml(folder: string, name: string, value: Yaml): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, yamlFile(HEAD, value), PRIVATE);
  return file;
}
