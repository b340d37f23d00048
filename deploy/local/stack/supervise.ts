import type { Config } from '../../../platform/config.ts';
import { untilAborted } from '../../../platform/untilAborted.ts';
import { ENGINE_NAMES, isExternal } from '../engines/engine.ts';
import { startGuard, type Guard } from '../supervision/guard.ts';
import { logFile } from '../supervision/logFile.ts';
import { identify } from '../supervision/processIdentity.ts';
import { createService, type Service, type ServiceDefinition } from '../supervision/service.ts';
import type { Progress } from './progress.ts';
import { bringDown } from './stack.ts';
import { lockFile, releaseLock } from './stackLock.ts';
import { keepState, serviceRowOf, stateFile, toRow, type ServiceRow } from './stackState.ts';

interface Supervision {
  readonly config: Config;
  readonly progress: Progress;
  readonly definitions: readonly ServiceDefinition[];
  /** The exit code where a signal ends it */
  readonly codeWhenTold: () => number;
}

/**
 * Watches over services, by whoever has the lock of the state folder, until `body` ends or a signal comes; then ends them all in order and gives back the lock.
 * @returns the exit code
 */
export async function supervise(
  { config, progress, definitions, codeWhenTold }: Supervision,
  body: (services: readonly Service[], signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const { stateDir } = config;
  const guard = startGuard({ logFile: logFile(config, 'guard'), filesToRemove: [stateFile(stateDir), lockFile(stateDir)] });
  const state = keepState(stateDir, progress.note);
  const services = createServices({ config, guard, progress, state }, definitions);
  const interruption = catchSignals(() => forceDown(services));
  try {
    const { signal } = interruption;
    return await Promise.race([body(services, signal), untilAborted(signal).then(codeWhenTold)]);
  } catch (error) {
    if (interruption.signal.aborted) return codeWhenTold();
    throw error;
  } finally {
    interruption.abort();
    await bringDown(services, progress);
    await guard.release();
    state.remove();
    releaseLock(stateDir);
  }
}

interface Surroundings {
  readonly config: Config;
  readonly guard: Guard;
  readonly progress: Progress;
  readonly state: ReturnType<typeof keepState>;
}

function createServices({ config, guard, progress, state }: Surroundings, definitions: readonly ServiceDefinition[]): Service[] {
  const external = isExternal(config);
  const externalRows = ENGINE_NAMES.filter((name) => external[name]).map(externalRow);
  const supervisor = toRow(identify(process.pid));
  const changed = () =>
    state.write({
      ...{ supervisor, guard: toRow(guard.identity()), ports: config.ports },
      services: [...externalRows, ...services.map(serviceRowOf)],
    });
  const services = definitions.map((definition) => createService(definition, { guard, say: progress.note, changed }));
  return services;
}

const externalRow = (name: string): ServiceRow => ({
  name,
  kind: 'engine',
  state: 'external',
  port: null,
  pid: null,
  start_time: null,
  started_at: null,
  restarts: 0,
  last_exit: null,
});

/** One Ctrl-C reaches us twice when npm passes it on too. */
const SAME_SIGNAL_MS = 500;

/** The first signal asks for an orderly end, a second one for an end now. */
function catchSignals(endNow: () => void): AbortController {
  const interruption = new AbortController();
  let firstAt: number | undefined;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      firstAt ??= Date.now();
      if (Date.now() - firstAt > SAME_SIGNAL_MS) endNow();
      interruption.abort();
    });
  }
  return interruption;
}

/** The guard is not released: it sees to what a kill here misses, and removes the lock. */
function forceDown(services: readonly Service[]): never {
  for (const service of services) service.kill();
  process.exit(130);
}
