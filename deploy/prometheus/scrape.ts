import type { Yaml } from './yaml.ts';

/** Who is asked for metrics, as `host:port`. */
export interface Targets {
  /** Our processes, by their names */
  readonly services: Readonly<Record<string, string>>;
  /** Temporal's own; none where it shows none */
  readonly temporal?: string | undefined;
  readonly prometheus: string;
  readonly alertmanager?: string | undefined;
}

interface Surroundings {
  readonly targets: Targets;
  readonly rulesFile: string;
  /** Of the secret that our processes are asked with, where callers must be known */
  readonly secretFile?: string | undefined;
}

const SCRAPE_EVERY = '5s';

const job = (name: string, target: string): Yaml => ({ job_name: name, static_configs: [{ targets: [target] }] });

/** The configuration of Prometheus. */
export function prometheusConfig({ targets, rulesFile, secretFile }: Surroundings): Yaml {
  const { services, temporal, prometheus, alertmanager } = targets;
  return {
    global: { scrape_interval: SCRAPE_EVERY, scrape_timeout: '4s', evaluation_interval: '15s' },
    rule_files: [rulesFile],
    ...(alertmanager !== undefined && { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
    scrape_configs: [
      {
        job_name: 'mlops',
        ...(secretFile !== undefined && { authorization: { credentials_file: secretFile } }),
        static_configs: Object.entries(services).map(([service, target]) => ({ targets: [target], labels: { service } })),
      },
      ...(temporal === undefined ? [] : [job('temporal', temporal)]),
      job('prometheus', prometheus),
      ...(alertmanager === undefined ? [] : [job('alertmanager', alertmanager)]),
    ],
  };
}
