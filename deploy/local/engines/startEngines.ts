import { rm } from 'node:fs/promises';
import path from 'node:path';
import { freePorts } from './freePorts.ts';
import { startGuard } from '../supervision/guard.ts';
import { logFile } from '../supervision/logFile.ts';
import { ENGINE_NAMES, ENGINE_RANK, type Engine, type EngineName } from './engine.ts';
import { startKafka } from './kafka.ts';
import { startPostgres } from './postgres.ts';
import { startTemporal } from './temporal.ts';
import { removeOwnedFolder } from './unprivileged.ts';

export interface EngineOptions {
  /** Holds the engines' data and logs */
  readonly stateDir: string;
  readonly cacheDir: string;
  readonly which?: readonly EngineName[];
}

export interface Engines {
  readonly addresses: Readonly<Record<EngineName, string>>;
  stop(): Promise<void>;
  /** Stops them and removes their data. */
  remove(): Promise<void>;
}

/**
 * Starts engines on free ports for a test or a benchmark and waits until they answer; they end with this process, however it ends.
 * @returns addresses; that of an engine that was not asked for is empty
 */
export async function startEngines({ stateDir, cacheDir, which = ENGINE_NAMES }: EngineOptions): Promise<Engines> {
  const [postgresPort = 0, kafkaPort = 0, controllerPort = 0, temporalPort = 0] = await freePorts(4);
  const place = (name: EngineName) => ({ dataDir: path.join(stateDir, name), cacheDir, logFile: logFile({ stateDir }, name) });
  const starts: Record<EngineName, () => Promise<Engine>> = {
    postgres: async () => startPostgres({ ...place('postgres'), port: postgresPort }),
    kafka: async () => startKafka({ ...place('kafka'), port: kafkaPort, controllerPort }),
    temporal: async () => startTemporal({ ...place('temporal'), port: temporalPort }),
  };

  const guard = startGuard({ logFile: logFile({ stateDir }, 'guard') });
  const running: Engine[] = [];
  async function stop() {
    await Promise.all(running.map((engine) => engine.stop()));
    await guard.release();
  }
  async function start(name: EngineName) {
    const engine = await starts[name]();
    running.push(engine);
    const { pid, startTime, stopSignal: signal } = engine;
    guard.watch({ name, pid, startTime, signal, rank: ENGINE_RANK[name] });
    await engine.ready;
    return engine;
  }
  const outcomes = await Promise.allSettled(which.map(start));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const address = (name: EngineName) => running.find((engine) => engine.name === name)?.address ?? '';
  return {
    addresses: { postgres: address('postgres'), kafka: address('kafka'), temporal: address('temporal') },
    stop,
    async remove() {
      await stop();
      await removeOwnedFolder(path.join(stateDir, 'postgres'));
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}
