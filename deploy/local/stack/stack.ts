import path from 'node:path';
import pino from 'pino';
import type { Config } from '../../../platform/config.ts';
import { createKafka } from '../../../platform/kafka/kafka.ts';
import { runMigrations } from '../../../platform/migrate.ts';
import { ALL_TOPICS } from '../../../domain/events/topics.ts';
import { DEFINITIONS } from '../../../domain/features/definitions.ts';
import { applyAtStart } from '../../../domain/features/registry/apply.ts';
import { createPool, POOL_WAITS } from '../../../platform/postgres.ts';
import { ENGINE_RANK, isExternal, type EngineName } from '../engines/engine.ts';
import { startKafka } from '../engines/kafka.ts';
import { startPostgres } from '../engines/postgres.ts';
import { startTemporal } from '../engines/temporal.ts';
import { logFile } from '../supervision/logFile.ts';
import { PROCESSES, startProcess } from './processes.ts';
import type { Progress } from './progress.ts';
import type { Service, ServiceDefinition } from '../supervision/service.ts';

/** The engines that are not somebody else's, and our processes. */
export function defineServices(config: Config): ServiceDefinition[] {
  const processes = PROCESSES.map((definition): ServiceDefinition => {
    const { name, rank, port } = definition;
    const start = () => startProcess(definition, config, logFile(config, name));
    return { name, kind: 'process', port: config.ports[port], rank, start };
  });
  return [...defineEngines(config), ...processes];
}

function defineEngines(config: Config): ServiceDefinition[] {
  const { ports, stateDir, cacheDir } = config;
  const place = (name: EngineName) => ({ dataDir: path.join(stateDir, name), cacheDir, logFile: logFile(config, name) });
  const engine = (name: EngineName, port: number, start: ServiceDefinition['start']): ServiceDefinition => ({
    name,
    kind: 'engine',
    port,
    rank: ENGINE_RANK[name],
    start,
  });
  const all: Record<EngineName, ServiceDefinition> = {
    postgres: engine('postgres', ports.POSTGRES_PORT, () => startPostgres({ ...place('postgres'), port: ports.POSTGRES_PORT })),
    kafka: engine('kafka', ports.KAFKA_PORT, () =>
      startKafka({ ...place('kafka'), port: ports.KAFKA_PORT, controllerPort: ports.KAFKA_CONTROLLER_PORT }),
    ),
    temporal: engine('temporal', ports.TEMPORAL_PORT, () =>
      startTemporal({
        ...place('temporal'),
        port: ports.TEMPORAL_PORT,
        uiPort: ports.TEMPORAL_UI_PORT,
        namespace: config.temporal.namespace,
      }),
    ),
  };
  const external = isExternal(config);
  return Object.values(all).filter(({ name }) => !external[name as EngineName]);
}

/**
 * Brings everything up: engines side by side, the schema as soon as Postgres answers, the topics as soon as Kafka does, each of our processes as
 * soon as the engines are there that it needs.
 * @throws when one does not come up, with the end of its log
 */
export async function bringUp(services: readonly Service[], config: Config, progress: Progress): Promise<void> {
  const up = async (name: string) => {
    const service = services.find((candidate) => candidate.name === name);
    if (service) await progress.step(name, () => service.up());
  };
  const engines: Record<EngineName, Promise<unknown>> = {
    postgres: up('postgres').then(() => progress.step('migrations', () => migrate(config))),
    kafka: up('kafka').then(() => progress.step('topics', () => makeTopics(config))),
    temporal: up('temporal'),
  };
  const processes = PROCESSES.map(async ({ name, needs }) => {
    // Its failure is thrown once, from the list below.
    const there = await Promise.allSettled(needs.map((engine) => engines[engine]));
    if (there.every(({ status }) => status === 'fulfilled')) await up(name);
  });
  await settleAll([...Object.values(engines), ...processes]);
}

/** Ends everything, rank by rank. */
export async function bringDown(services: readonly Service[], progress: Progress): Promise<void> {
  const ranks = [...new Set(services.map(({ rank }) => rank))].sort((a, b) => a - b);
  for (const rank of ranks) {
    const running = services.filter((service) => service.rank === rank && service.status().state !== 'stopped');
    await Promise.all(running.map((service) => progress.step(`stop ${service.name}`, () => service.down())));
  }
}

async function migrate({ database }: Config): Promise<string | undefined> {
  const applied = await runMigrations(database.url);
  const pool = createPool({ ...database, log: pino({ level: 'silent' }), waits: POOL_WAITS.step });
  const features = await applyAtStart(pool, DEFINITIONS).finally(() => pool.end());
  const told = [
    applied.length > 0 && `applied ${applied.join(', ')}`,
    features.applied && `feature definitions ${features.version}`,
    !features.applied && features.plan.takes_away && 'feature definitions wait for `mlops features apply`',
  ];
  return told.filter((line) => typeof line === 'string').join('; ') || undefined;
}

async function makeTopics(config: Config): Promise<string | undefined> {
  const kafka = createKafka({ ...config.kafka, clientId: 'start', log: pino({ level: 'silent' }) });
  const created = await kafka.ensureTopics(ALL_TOPICS);
  return created.length > 0 ? `created ${created.join(', ')}` : undefined;
}

/** Like Promise.all, but waits for all before it throws the first failure. */
async function settleAll(promises: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(promises);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}
