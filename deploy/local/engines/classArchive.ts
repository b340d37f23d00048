import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../../../platform/replaceFile.ts';
import type { Child } from '../supervision/child.ts';

/** JVM options that use an archive of loaded classes, or make one. */
export interface ClassArchive {
  readonly options: readonly string[];
  /** Keeps the archive that the JVM made at its end. */
  keepFrom(child: Child): void;
}

/**
 * Most of a JVM's start is spent on reading and checking classes. The first orderly end of a broker leaves what it loaded as an archive
 * (JEP 350); every later start maps that, and takes a third of the processor time. One for each Java and class path, since it fits no other.
 */
export function useClassArchive(options: { program: string; jars: string; dataDir: string; cacheDir: string }): ClassArchive {
  const { program, jars, dataDir, cacheDir } = options;
  const java = realpathSync(program);
  const fits = [jars, java, statSync(java).mtimeMs, statSync(jars).mtimeMs].join('\n');
  const archive = path.join(cacheDir, `classes-${createHash('sha256').update(fits).digest('hex').slice(0, 16)}.jsa`);
  if (existsSync(archive)) return { options: [`-XX:SharedArchiveFile=${archive}`], keepFrom: () => undefined };
  const made = path.join(dataDir, 'classes.jsa');
  return {
    options: [`-XX:ArchiveClassesAtExit=${made}`],
    keepFrom(child) {
      // A killed JVM may have written half of it. Where it cannot be kept, the next end makes another.
      child.ended.then((how) => (how.startsWith('code') ? keep(made, archive) : undefined)).catch(() => undefined);
    },
  };
}

async function keep(made: string, archive: string): Promise<void> {
  if (!existsSync(made)) return;
  await replaceFile(archive, (aside) => copyFile(made, aside));
  await rm(made);
}
