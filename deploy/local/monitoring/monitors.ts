import path from 'node:path';
import type { Config } from '../../../platform/config.ts';
import { startChild, untilReady, type Child } from '../supervision/child.ts';
import { logFile } from '../supervision/logFile.ts';
import type { ServiceDefinition } from '../supervision/service.ts';
import { configureAlertmanager, configurePrometheus, targetsOf } from './configure.ts';
import { configureGrafana, grafanaHome } from './grafana.ts';
import { startedMonitors, unpackedPages, type MonitorName } from './programs.ts';
import { makeFolder } from '../../../platform/makeFolder.ts';

/** Ended first: what they would see of an end is no news. */
const RANK = 0;

/**
 * Prometheus, Alertmanager and Grafana, as far as their programs are here and nobody else's are used.
 * @param processes names of our processes that run, which they watch
 */
export function defineMonitors(config: Config, processes: readonly string[]): ServiceDefinition[] {
  const monitors = startedMonitors(config);
  const { PROMETHEUS_PORT, ALERTMANAGER_PORT, GRAFANA_PORT } = config.ports;
  const withAlertmanager = monitors.has('alertmanager');
  const starts: Record<
    MonitorName,
    Pick<ServiceDefinition, 'port'> & { start: (program: string) => ReturnType<ServiceDefinition['start']> }
  > = {
    prometheus: { port: PROMETHEUS_PORT, start: (program) => startPrometheus(program, config, { processes, withAlertmanager }) },
    alertmanager: { port: ALERTMANAGER_PORT, start: (program) => startAlertmanager(program, config) },
    grafana: { port: GRAFANA_PORT, start: (program) => startGrafana(program, config) },
  };
  return [...monitors].map(([name, program]) => {
    const { port, start } = starts[name];
    return { name, kind: 'engine', port, rank: RANK, start: () => start(program) };
  });
}

interface Watched {
  readonly processes: readonly string[];
  readonly withAlertmanager: boolean;
}

async function startPrometheus(program: string, config: Config, { processes, withAlertmanager }: Watched) {
  const folder = path.join(config.stateDir, 'prometheus');
  const file = await configurePrometheus(folder, config, targetsOf(config, processes, withAlertmanager));
  const address = `127.0.0.1:${config.ports.PROMETHEUS_PORT}`;
  const pages = unpackedPages(program, 'web');
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${path.join(folder, 'data')}`,
    `--storage.tsdb.retention.time=${config.monitoring.keptDays}d`,
    `--web.listen-address=${address}`,
    '--log.level=warn',
    ...(pages === undefined ? [] : [`--web.local-assets=${pages}`]),
  ];
  const child = await startChild({ command: program, args, cwd: folder, logFile: logFile(config, 'prometheus') });
  return withReady(child, `http://${address}/-/ready`);
}

async function startAlertmanager(program: string, config: Config) {
  const folder = path.join(config.stateDir, 'alertmanager');
  await makeFolder(folder);
  const file = await configureAlertmanager(folder, config);
  const address = `127.0.0.1:${config.ports.ALERTMANAGER_PORT}`;
  const pages = unpackedPages(program, 'alertmanager', 'ui');
  const args = [
    `--config.file=${file}`,
    `--storage.path=${path.join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=', // one alone, and its usual port is that of Kafka's controller
    '--log.level=warn',
    ...(pages === undefined ? [] : [`--web.ui-path=${pages}`]),
  ];
  const child = await startChild({ command: program, args, cwd: folder, logFile: logFile(config, 'alertmanager') });
  return withReady(child, `http://${address}/-/ready`);
}

async function startGrafana(program: string, config: Config) {
  const folder = path.join(config.stateDir, 'grafana');
  const file = await configureGrafana(folder, config);
  const args = ['server', `--config=${file}`, ...(await grafanaHome(program)).map((home) => `--homepath=${home}`)];
  const child = await startChild({ command: program, args, cwd: folder, logFile: logFile(config, 'grafana') });
  return withReady(child, `http://127.0.0.1:${config.ports.GRAFANA_PORT}/api/health`);
}

function withReady(child: Child, url: string): Child & { readonly ready: Promise<void> } {
  const ready = untilReady(child, async () => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  });
  ready.catch(() => undefined); // whoever waits for it is told
  return { ...child, ready };
}
