import type { Config } from '../../../platform/config.ts';
import { makeFolderSync } from '../../../platform/makeFolder.ts';
import { startGuard } from '../supervision/guard.ts';
import { logFile } from '../supervision/logFile.ts';
import { createService } from '../supervision/service.ts';
import { findPortConflicts, portsOf } from './ports.ts';
import { defineServices } from './stack.ts';
import { lockFile, releaseLock, takeLock } from './stackLock.ts';
import { StartError } from '../supervision/startError.ts';

/** Runs `body` while the engines of this machine run and no process of the platform does. Those that are somebody else's are taken as they are. */
export async function withEnginesAlone<T>(config: Config, say: (line: string) => void, body: () => Promise<T>): Promise<T> {
  const { stateDir } = config;
  makeFolderSync(stateDir);
  await takeLock(stateDir, say);
  const guard = startGuard({ logFile: logFile(config, 'guard'), filesToRemove: [lockFile(stateDir)] });
  const engines = defineServices(config)
    .filter(({ kind }) => kind === 'engine')
    .map((definition) => createService(definition, { guard, say, changed: () => undefined }));
  try {
    const taken = await findPortConflicts(portsOf(config).filter(({ port }) => engines.some((engine) => engine.port === port)));
    if (taken.length > 0) throw new StartError(`The engines cannot start:\n${taken.map((line) => `  ${line}`).join('\n')}`);
    await Promise.all(
      engines.map(async (engine) => {
        say(`${engine.name} starts`);
        await engine.up();
      }),
    );
    return await body();
  } finally {
    await Promise.all(engines.map((engine) => engine.down()));
    await guard.release();
    releaseLock(stateDir);
  }
}
