import { createServer } from 'node:net';
import { SURFACE_PORTS, type Config, type PortName } from '../../../platform/config.ts';
import { startedMonitors, type MonitorName } from '../monitoring/programs.ts';
import { PROCESSES } from './processes.ts';
import { findListener } from '../../../platform/proc.mjs';

/** A port that the stack listens on. */
export interface UsedPort {
  readonly name: PortName;
  readonly what: string;
  readonly port: number;
  readonly host: string;
}

const MONITOR_PORTS = {
  prometheus: 'PROMETHEUS_PORT',
  alertmanager: 'ALERTMANAGER_PORT',
  grafana: 'GRAFANA_PORT',
} as const satisfies Record<MonitorName, PortName>;

/** Every port that a start with this configuration uses; those of somebody else's engines are not among them. */
export function portsOf(config: Config): UsedPort[] {
  const engines: { name: PortName; what: string; external: boolean }[] = [
    { name: 'POSTGRES_PORT', what: 'Postgres', external: config.database.external },
    { name: 'KAFKA_PORT', what: 'Kafka', external: config.kafka.external },
    { name: 'KAFKA_CONTROLLER_PORT', what: "Kafka's controller", external: config.kafka.external },
    { name: 'TEMPORAL_PORT', what: 'Temporal', external: config.temporal.external },
    { name: 'TEMPORAL_UI_PORT', what: 'the Temporal Web UI', external: config.temporal.external },
    { name: 'TEMPORAL_METRICS_PORT', what: "Temporal's metrics", external: config.temporal.external },
  ];
  const monitors = [...startedMonitors(config).keys()].map((name) => ({
    ...{ name: MONITOR_PORTS[name], what: name, port: config.ports[MONITOR_PORTS[name]], host: '127.0.0.1' },
  }));
  return [
    ...engines.filter(({ external }) => !external).map(({ name, what }) => ({ name, what, port: config.ports[name], host: '127.0.0.1' })),
    ...portsOfProcesses(config),
    ...monitors,
  ];
}

const portsOfProcesses = (config: Config): UsedPort[] => [
  ...PROCESSES.map(({ name, port }) => ({ name: port, what: name, port: config.ports[port], host: config.host })),
  ...config.surfaces
    .filter((surface) => surface !== 'api')
    .map((surface) => ({
      name: SURFACE_PORTS[surface],
      what: `the ${surface} surface`,
      port: config.ports[SURFACE_PORTS[surface]],
      host: config.host,
    })),
];

/**
 * Ports that our processes would listen on and somebody else has, as `findPortConflicts` tells them.
 * @param pids of our processes that run
 */
export function findForeignPorts(config: Config, pids: readonly number[]): Promise<string[]> {
  const isOurs = ({ port }: UsedPort) => pids.includes(findListener(port)?.pid ?? 0);
  return findPortConflicts(portsOfProcesses(config).filter((used) => !isOurs(used)));
}

/** @returns a line for each port that cannot be listened on, with what it is for and what changes it; and for two that are the same */
export async function findPortConflicts(used: readonly UsedPort[]): Promise<string[]> {
  const lines = await Promise.all(
    used.map(async ({ name, what, port, host }, index) => {
      const twin = used.slice(0, index).find((other) => other.port === port);
      if (twin) return `port ${port} is wanted for both ${twin.what} (${twin.name}) and ${what} (${name})`;
      const reason = await whyNotFree(port, host);
      return reason && `port ${port}, for ${what}, ${reason}: set ${name}, or PORT_OFFSET to move all ports`;
    }),
  );
  return lines.filter((line) => line !== undefined);
}

function whyNotFree(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRINUSE' ? `is in use by ${describeListener(port)}` : `cannot be listened on (${error.message})`),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** What is ours has been ended before a start looks at its ports, so this is somebody else's. */
function describeListener(port: number): string {
  const listener = findListener(port);
  return listener ? `process ${listener.pid} (${listener.name}), which is not of this stack` : 'a program of another account';
}
