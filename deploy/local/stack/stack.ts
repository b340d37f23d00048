import path from 'node:path';
import type { Config } from '../../../platform/config.ts';
import { ENGINE_RANK, isExternal, type EngineName } from '../engines/engine.ts';
import { KAFKA_ENDING, startKafka } from '../engines/kafka.ts';
import { POSTGRES_ENDING, startPostgres } from '../engines/postgres.ts';
import { startTemporal } from '../engines/temporal.ts';
import { defineMonitors } from '../monitoring/monitors.ts';
import { MONITOR_NAMES } from '../monitoring/programs.ts';
import type { ProcessIdentity } from '../supervision/processIdentity.ts';
import { endByRank } from '../supervision/lifetime.mjs';
import { logFile } from '../supervision/logFile.ts';
import { endingOf, PARTS, PROCESSES, startProcess, type Part } from './processes.ts';
import { prepareDatabase } from './prepare.ts';
import type { Progress } from './progress.ts';
import type { Service, ServiceDefinition } from '../supervision/service.ts';

/**
 * The engines that are not somebody else's, our processes, and who watches them; of a part of the stack its processes, the engines that they need, and who
 * watches where that is the part.
 */
export function defineServices(config: Config, part?: Part): ServiceDefinition[] {
  const wanted = PROCESSES.filter(({ name }) => part === undefined || (PARTS[part] as readonly string[]).includes(name));
  const processes = wanted.map((definition): ServiceDefinition => {
    const { name, rank, port } = definition;
    const start = (inPlaceOf?: ProcessIdentity) => startProcess(definition, config, logFile(config, name), inPlaceOf);
    return { name, kind: 'process', port: config.ports[port], rank, start, ending: endingOf(config) };
  });
  const needed = wanted.flatMap(({ needs }) => needs);
  const engines = defineEngines(config).filter(({ name }) => needed.includes(name as EngineName));
  const isWatched = part === undefined || part === 'monitoring';
  const names = processes.map(({ name }) => name);
  return [...engines, ...processes, ...(isWatched ? defineMonitors(config, names) : [])];
}

function defineEngines(config: Config): ServiceDefinition[] {
  const { ports, stateDir, cacheDir } = config;
  const place = (name: EngineName) => ({ dataDir: path.join(stateDir, name), cacheDir, logFile: logFile(config, name) });
  const engine = (name: EngineName, port: number, start: ServiceDefinition['start'], ending = {}): ServiceDefinition => ({
    name,
    kind: 'engine',
    port,
    rank: ENGINE_RANK[name],
    start,
    ending,
  });
  const all: Record<EngineName, ServiceDefinition> = {
    postgres: engine(
      'postgres',
      ports.POSTGRES_PORT,
      () => startPostgres({ ...place('postgres'), port: ports.POSTGRES_PORT }),
      POSTGRES_ENDING,
    ),
    kafka: engine(
      'kafka',
      ports.KAFKA_PORT,
      () => startKafka({ ...place('kafka'), port: ports.KAFKA_PORT, controllerPort: ports.KAFKA_CONTROLLER_PORT }),
      KAFKA_ENDING,
    ),
    temporal: engine('temporal', ports.TEMPORAL_PORT, () =>
      startTemporal({
        ...place('temporal'),
        port: ports.TEMPORAL_PORT,
        uiPort: ports.TEMPORAL_UI_PORT,
        metricsPort: ports.TEMPORAL_METRICS_PORT,
        namespace: config.temporal.namespace,
      }),
    ),
  };
  const external = isExternal(config);
  return Object.values(all).filter(({ name }) => !external[name as EngineName]);
}

/**
 * Brings everything up: engines side by side, the database to this release as soon as Postgres answers, each of our processes as soon as the engines
 * are there that it needs. Who watches comes up beside them, and all goes on without it where it does not.
 * @throws when one does not come up, with the end of its log
 */
export async function bringUp(services: readonly Service[], progress: Progress): Promise<void> {
  const up = async (name: string) => {
    const service = services.find((candidate) => candidate.name === name);
    if (service) await progress.step(name, () => service.up());
  };
  const engines: Record<EngineName, Promise<unknown>> = {
    postgres: up('postgres').then(() => progress.step('migrations', () => prepareDatabase())),
    kafka: up('kafka'),
    temporal: up('temporal'),
  };
  const processes = PROCESSES.map(async ({ name, needs }) => {
    // Its failure is thrown once, from the list below.
    const there = await Promise.allSettled(needs.map((engine) => engines[engine]));
    if (there.every(({ status }) => status === 'fulfilled')) await up(name);
  });
  const monitors = MONITOR_NAMES.map((name) =>
    up(name).catch((error: unknown) =>
      progress.note(`${error instanceof Error ? error.message : String(error)}\nThe stack goes on without.`),
    ),
  );
  await untilAllSettled([...Object.values(engines), ...processes, ...monitors]);
}

/** Ends everything, rank by rank. */
export async function bringDown(services: readonly Service[], progress: Progress): Promise<void> {
  await endByRank(services, async (service) => {
    if (service.status().state !== 'stopped') await progress.step(`stop ${service.name}`, () => service.down());
  });
}

/** Like Promise.all, but waits for all before it throws the first failure. */
async function untilAllSettled(promises: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(promises);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}
