import { statSync } from 'node:fs';
import type { Config } from '../../../platform/config.ts';
import { isExternal } from '../engines/engine.ts';
import { freeMb, nearestFolder } from '../setup/freeMb.mjs';
import { StartError } from '../supervision/startError.ts';

interface Need {
  readonly what: string;
  readonly folder: string;
  readonly mb: number;
}

/** A disk that holds some of our folders, and whether it has the room that they need. */
export interface DiskRoom {
  readonly isEnough: boolean;
  readonly text: string;
}

/**
 * A first start with its main job writes 340 MB of state, nearly all of it Postgres', 50 MB of models and 10 MB of data. The rest is for what Postgres'
 * write-ahead log grows to under load (`max_wal_size` lets it keep 1 GB) and for logs. An engine whose disk is full ends.
 */
const needsOf = (config: Config): Need[] => [
  { what: 'state', folder: config.stateDir, mb: isExternal(config).postgres ? 250 : 1_000 },
  { what: 'data', folder: config.dataDir, mb: 50 },
  ...(config.blobUrl.startsWith('file:') ? [{ what: 'models', folder: config.blobUrl.slice('file:'.length), mb: 150 }] : []),
];

/** Looks at each disk that the stack writes to. */
export async function lookAtDisks(config: Config): Promise<DiskRoom[]> {
  const byDisk = new Map<number, Need[]>();
  for (const need of needsOf(config)) {
    const { dev } = statSync(nearestFolder(need.folder));
    byDisk.set(dev, [...(byDisk.get(dev) ?? []), need]);
  }
  return Promise.all(
    [...byDisk.values()].map(async (needs) => {
      const free = await freeMb(needs[0]?.folder ?? config.stateDir);
      const needMb = needs.reduce((sum, { mb }) => sum + mb, 0);
      const of = needs.map(({ what, folder }) => `${what} in ${folder}`).join(', ');
      return { isEnough: free >= needMb, text: `${gb(free)} GB free of the ${gb(needMb)} GB needed (${of})` };
    }),
  );
}

export const MAKE_ROOM = 'make room there, or give STATE_DIR, DATA_DIR or BLOB_URL another disk';

/** @throws StartError that says what each disk has and needs */
export async function refuseFullDisks(config: Config): Promise<void> {
  const full = (await lookAtDisks(config)).filter(({ isEnough }) => !isEnough);
  if (full.length > 0) throw new StartError(`The stack cannot start:\n${full.map(({ text }) => `  ${text}: ${MAKE_ROOM}`).join('\n')}`);
}

const gb = (mb: number) => (mb / 1024).toFixed(1);
